import { Option, type Command } from 'commander';

/** `--format table|json`, for verbs that have a result. */
export const addFormat = (command: Command, first = 'table', ...others: string[]): Command =>
  command.addOption(
    new Option('--format <format>', 'how the result is printed').choices([first, ...others, 'json']).default(first),
  );

export const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

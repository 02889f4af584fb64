/** The flags that say what a machine is: of `init`, and of `up` and `plan` over the file. */
import { Option, type Command } from 'commander';
import type { Given } from '../app/context.ts';
import { AGENTS, type Settings } from '../app/settings.ts';

export type SettingOptions = Omit<Settings, 'port'> & { readonly port?: readonly string[] | false };

const collect = (value: string, before: readonly string[] | undefined): string[] => [...(before ?? []), value];

/** `--port` and such, which may be given several times. */
export const repeatable = (flags: string, description: string): Option =>
  new Option(flags, description).argParser<readonly string[] | undefined>(collect);

export function addSettings(command: Command): Command {
  return command
    .option('-r, --ram <size>', 'memory: 8 is 8 GiB')
    .option('-c, --cpu <count>', 'virtual CPUs')
    .option('-s, --storage <size>', 'size of the disk: 50 is 50 GiB')
    .option('--name <machine>', 'the machine’s name')
    .addOption(repeatable('-p, --port <port>', 'forward a port: [ADDRESS:]HOST:GUEST[/udp]; repeatable'))
    .addOption(repeatable('--share-rw <path>', 'share a directory, read and write: HOST[:GUEST]; repeatable'))
    .addOption(repeatable('--share-ro <path>', 'share a directory, read only; repeatable'))
    .addOption(repeatable('--agent <agent>', `a coding agent: ${AGENTS.join(', ')}; repeatable`))
    .addOption(repeatable('--package <package>', 'a package of the distribution; repeatable'))
    .option('--overlay', 'a clean state at every boot')
    .option('--no-overlay', 'keep what is written to the disk')
    .option('--audio [driver]', 'sound: pa, pipewire, alsa, wav or none')
    .option('--no-audio', 'no sound')
    .option('--nested', 'let the machine run machines of its own')
    .option('--no-nested', 'do not')
    .option('--desktop [resolution]', 'a graphical desktop, such as 1920x1080')
    .option('--no-desktop', 'no desktop');
}

/** What was given. */
export function settingsOf(options: SettingOptions): Settings {
  const { ram, cpu, storage, name, overlay, nested, audio, desktop, agent, port, shareRw, shareRo } = options;
  return {
    ...{ name, ram, cpu, storage, overlay, audio, desktop, nested },
    ...{ agent, package: options.package, port: port === false ? undefined : port, shareRw, shareRo },
  };
}

/** What was given, and for which machines: `--name` is one more way to name one. */
export function givenOf(options: SettingOptions, vms: readonly string[]): Given {
  const settings = settingsOf(options);
  return { settings, vms: settings.name === undefined ? vms : [...new Set([...vms, settings.name])] };
}

import type { HealthcheckConfig } from '../model/desired.ts';
import { parseDuration } from './durations.ts';
import type { Outcome } from './outcome.ts';
import type { Report } from './source.ts';
import { entry, scalar, showPath, toJson, type ListNode, type Node, type ScalarNode } from './tree.ts';

/** Compose's are 30s, 30s, 3 and 0s; the short interval lets a ready machine be seen soon. */
const DEFAULTS = { interval: '5s', timeout: '30s', retries: 3, start_period: '0s' } as const;

/** A test in list form as one shell command; null for NONE. An empty text when it is faulty, which has been reported. */
export function shapeTest(list: ListNode, report: Report): ScalarNode {
  const [first, ...rest] = list.items.map((item) => String(toJson(item)));
  const drawn = list.items.flatMap((item) => (item.kind === 'scalar' ? (item.drawn ?? []) : []));
  const command = (text: string): ScalarNode => ({ ...scalar(list.at, text), ...(drawn.length > 0 && { drawn }) });
  const wrong = (message: string, hint: string): ScalarNode => {
    report.error('config.value', list.at, `${showPath(list.at)}: ${message}`, hint);
    return scalar(list.at, '');
  };
  switch (first) {
    case 'NONE':
      return scalar(list.at, null);
    case 'CMD':
      return rest.length > 0 ? command(rest.map(shellQuote).join(' ')) : wrong('CMD without a command', CMD);
    case 'CMD-SHELL':
      return rest.length === 1 ? command(rest[0]!) : wrong('CMD-SHELL takes one command', SHELL);
    default:
      return wrong('a list begins with CMD, CMD-SHELL or NONE', `${CMD} Or write a shell command as plain text.`);
  }
}

const CMD = 'Such as [CMD, curl, -fs, "localhost:3001"].';
const SHELL = 'Such as [CMD-SHELL, "curl -fs localhost:3001 | grep ok"].';

/** One argument for /bin/sh; plain words stay as they are. */
const shellQuote = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** The health check of a machine; null when there is none, or when it is switched off with NONE. */
export function readHealthcheck(node: Node | undefined, report: Report): HealthcheckConfig | null {
  if (node?.kind !== 'map') return null;
  const test = entry(node, 'test');
  if (!test) {
    // A faulty one has been taken out.
    const faulty = [node.at, ['defaults', 'healthcheck']].some((at) => report.blames([...at, 'test']));
    if (!faulty)
      report.error(
        'config.missing',
        node.at,
        `${showPath(node.at)}: \`test\` is missing`,
        'Say which command tells whether the machine is healthy.',
      );
    return null;
  }
  const command = test.kind === 'scalar' ? test.value : '';
  if (command === null) return null;
  if (String(command).trim() === '') {
    if (!report.blames(test.at))
      report.error(
        'config.value',
        test.at,
        `${showPath(test.at)}: the command is empty`,
        'Remove the health check, or give it a command.',
      );
    return null;
  }
  const time = (key: 'interval' | 'timeout' | 'start_period', least: number): number => {
    const field = entry(node, key);
    const text = field?.kind === 'scalar' ? String(field.value) : DEFAULTS[key];
    return valueOr(0, parseDuration(text, least), field, report);
  };
  const retries = entry(node, 'retries');
  return {
    test: String(command),
    interval: time('interval', 100),
    timeout: time('timeout', 100),
    retries: retries?.kind === 'scalar' ? Number(retries.value) : DEFAULTS.retries,
    startPeriod: time('start_period', 0),
  };
}

/** What was read; or `fallback`, with the fault reported at its place. */
export function valueOr<T>(fallback: T, outcome: Outcome<T>, node: Node | undefined, report: Report): T {
  if ('value' in outcome) return outcome.value;
  const at = node?.at ?? [];
  const template =
    node?.kind === 'scalar' && node.template !== undefined ? ` (from ${JSON.stringify(node.template)})` : '';
  const code = / limit of /.test(outcome.fault) ? 'config.limit' : 'config.value';
  report.error(code, at, `${showPath(at)}: ${outcome.fault}${template}`, outcome.hint);
  return fallback;
}

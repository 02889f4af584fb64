/** The questions of `init`: what no flag has said. */
import * as prompts from '@clack/prompts';
import { faultOf, type Draft, type Site } from '../app/init.ts';
import { AGENTS, type Settings } from '../app/settings.ts';
import { wrap } from '../report/width.ts';
import type { Io } from './io.ts';

const PRESETS = {
  ram: { message: 'Memory', unit: 'GiB', values: ['2', '4', '8', '16', '32'], usual: '8' },
  cpu: { message: 'CPUs', unit: '', values: ['1', '2', '4', '8'], usual: '2' },
  storage: { message: 'Disk', unit: 'GiB', values: ['20', '50', '100', '200'], usual: '50' },
} as const;

const RESOLUTIONS = ['1280x800', '1920x1080', '2560x1440', '3840x2160'];

const PORTS = 'Forwarded ports, HOST:GUEST or one number for both, with commas between them';
const PACKAGES = 'Packages of Debian, with commas between them';

const OTHER = 'other';

/** Parts between commas. */
const partsOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** Shares as the file writes them: `.`, `~/reference:ro`. */
export function sharesOf(text: string | undefined): Pick<Settings, 'shareRw' | 'shareRo'> {
  const parts = partsOf(text);
  const bare = (part: string): string => part.replace(/:r[ow]$/, '');
  return {
    shareRw: parts.filter((part) => !part.endsWith(':ro')).map(bare),
    shareRo: parts.filter((part) => part.endsWith(':ro')).map(bare),
  };
}

interface Common {
  readonly input: Io['stdin'];
  readonly output: Io['stderr'];
  readonly signal: AbortSignal;
}

/** @returns why there is nothing to write: it was left with Ctrl-C, or refused at the end */
export async function wizard(
  io: Io,
  site: Site,
  given: Settings,
  make: (settings: Settings) => Promise<Draft>,
): Promise<Draft | 'left' | 'refused'> {
  const common: Common = { input: io.stdin, output: io.stderr, signal: io.signal };
  prompts.intro('ai-vm init', common);
  const nothing = 'Nothing was written.';
  try {
    const made = await make(site.kept ? given : await questions(common, site, given));
    prompts.note(made.text.trimEnd(), site.path, { ...common, format: (line) => line });
    if (await answered(prompts.confirm({ ...common, message: 'Write it?' }))) return made;
    prompts.cancel(nothing, common);
    return 'refused';
  } catch (error) {
    if (!(error instanceof Left)) throw error;
    prompts.cancel(nothing, common);
    return 'left';
  }
}

/** Left without an answer. */
class Left extends Error {}

async function answered<T>(prompt: Promise<T | typeof prompts.CANCEL_SYMBOL>): Promise<T> {
  const answer = await prompt;
  if (prompts.isCancel(answer)) throw new Left();
  return answer;
}

/** A text that is asked again until it is right. */
const text = (
  { common, site }: Asking,
  message: string,
  initialValue: string,
  settings: (answer: string) => Settings,
): Promise<string> =>
  answered(
    prompts.text({
      ...common,
      message,
      initialValue,
      validate: (answer) => faultOf(site, settings((answer ?? '').trim())),
    }),
  ).then((answer) => answer.trim());

interface Asking {
  readonly common: Common;
  readonly site: Site;
}

async function size(asking: Asking, field: keyof typeof PRESETS): Promise<string> {
  const { message, unit, values, usual } = PRESETS[field];
  const options = [
    ...values.map((value) => ({ value: value, label: `${value} ${unit}`.trim() })),
    { value: OTHER, label: 'another number' },
  ];
  const chosen = await answered(prompts.select({ ...asking.common, message, options, initialValue: usual }));
  return chosen === OTHER ? text(asking, message, '', (answer) => ({ [field]: answer })) : chosen;
}

const yes = ({ common }: Asking, message: string, initialValue: boolean): Promise<boolean> =>
  answered(prompts.confirm({ ...common, message, initialValue }));

async function desktop({ common }: Asking): Promise<string | false> {
  const none = { value: '', label: 'none' };
  const options = [none, ...RESOLUTIONS.map((value) => ({ value, label: value }))];
  const chosen = await answered(prompts.select({ ...common, message: 'Desktop', options, initialValue: '' }));
  return chosen === '' ? false : chosen;
}

async function agents({ common }: Asking): Promise<string[]> {
  const options = AGENTS.map((value) => ({ value, label: value }));
  return answered(
    prompts.multiselect({ ...common, message: 'Coding agents (space chooses)', options, required: false }),
  );
}

/** Beside the bar that runs down the left: prompts break their own texts, and not what is said between them. */
const wrapped = (text: string, { columns }: Io['stderr']): string =>
  wrap(text, Math.max(20, (columns || 80) - 4)).join('\n');

async function shares(asking: Asking): Promise<Pick<Settings, 'shareRw' | 'shareRo'>> {
  const message = 'Shared directories, with commas between them; :ro behind one is read-only';
  // They count from the file, as they will in it.
  const here = { ...asking, site: { ...asking.site, cwd: asking.site.dir } };
  const { mode, why } = asking.site.own;
  if (why !== null) prompts.log.warn(wrapped(why, asking.common.output), asking.common);
  return sharesOf(await text(here, message, mode === 'rw' ? '.' : mode === 'ro' ? '.:ro' : '', sharesOf));
}

/** In the order of the questions. */
async function questions(common: Common, site: Site, given: Settings): Promise<Settings> {
  const asking = { common, site };
  const name = given.name ?? (await text(asking, 'Name of the machine', 'dev', (answer) => ({ name: answer })));
  const ram = given.ram ?? (await size(asking, 'ram'));
  const cpu = given.cpu ?? (await size(asking, 'cpu'));
  const storage = given.storage ?? (await size(asking, 'storage'));
  const { shareRw, shareRo } = given.shareRw || given.shareRo ? given : await shares(asking);
  const port = given.port ?? partsOf(await text(asking, PORTS, '3001, 9080', (answer) => ({ port: partsOf(answer) })));
  const agent = given.agent ?? (await agents(asking));
  const packages =
    given.package ?? partsOf(await text(asking, PACKAGES, '', (answer) => ({ package: partsOf(answer) })));
  const overlay = given.overlay ?? (await yes(asking, 'A clean state at every boot?', false));
  const audio = given.audio ?? (await yes(asking, 'Sound, with the speakers and the microphone of this host?', false));
  const screen = given.desktop ?? (await desktop(asking));
  const nested = given.nested ?? (await yes(asking, 'May it run machines of its own?', true));
  return {
    ...{ name, ram, cpu, storage, overlay, audio, nested, agent, package: packages, port, shareRw, shareRo },
    ...(screen !== false && { desktop: screen }),
  };
}

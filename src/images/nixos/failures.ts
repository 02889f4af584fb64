/** What Nix says when it fails, cut to what a person can act on. Pure. */
import type { ErrorCode } from '../../model/errors.ts';

export interface Failure {
  readonly code: ErrorCode;
  readonly why: string;
  readonly fix: string;
}

/** Lines that are kept of a message, and of what a builder printed before. */
const MESSAGE = 14;
const BUILDER = 10;

const AGAIN = 'Mend what the log names and run the same command again: what is built and fetched is kept.';

/** What a message is about, and what to do, with `$1` for what is caught: the first one that fits. */
const KNOWN: readonly (readonly [RegExp, string, ErrorCode?])[] = [
  [
    /No space left on device|disk (is )?full/i,
    'Free some space (nix-collect-garbage frees what no machine needs), then run the same command again.',
    'host.space',
  ],
  [
    /group '?\w+'? specified in 'build-users-group' does not exist|build users have been set up/i,
    'Set Nix up for building as root: sudo apt-get install nix-setup-systemd (Debian), or `build-users-group =` in /etc/nix/nix.conf.',
    'host.missing',
  ],
  [
    /daemon-socket|cannot connect to (the )?(nix )?daemon/i,
    'Start the Nix daemon: sudo systemctl start nix-daemon. ai-vm doctor tells what it finds.',
    'host.missing',
  ],
  [
    /(creating|opening|locking|making) (the )?(directory|file|lock file|.*\/nix\/).*Permission denied|cannot open.*\/nix\/var.*Permission denied|\/nix.*Permission denied/i,
    'This user may not use the Nix store: start the Nix daemon, or install Nix for several users.',
    'host.missing',
  ],
  [/requires lock file changes/i, 'Run `nix flake lock` in that flake, and commit its flake.lock.'],
  [
    /is not trusted|accept-flake-config/i,
    'Put what the flake sets in `nixConfig` into your own nix.conf, if you trust it.',
  ],
  [
    /cannot find flake|does not provide attribute/i,
    'Check `image` in the file; `nix flake show` lists what a flake has.',
  ],
  [
    /(undefined variable|attribute) .*missing|undefined variable/i,
    'Check `packages` and `modules` in the file: nixpkgs knows no such name.',
  ],
  [
    /has an unfree license[^]*getName pkg\) \[\s*"([^"\s]+)"/,
    'Allow it by its name, in a module: ai-vm.unfree = [ "$1" ];',
  ],
  [/has an unfree license/i, 'Allow the package by its name, in a module: ai-vm.unfree = [ "NAME" ];'],
  [
    /Package \u2018([^\u2019\s]+)\u2019 in \S+ is marked as insecure/,
    'Take another package, or allow it in a module: nixpkgs.config.permittedInsecurePackages = [ "$1" ];',
  ],
  [
    /Could not ?resolve host|Couldn't resolve host|unable to download|Timeout was reached|Connection refused|Failed to connect|Could ?not connect/i,
    'Nix cannot fetch what the image needs. Check the network, the proxy (https_proxy) and `substituters`, then run the same command again; or declare `image: debian`.',
  ],
  [
    /required (system or )?feature|a '.*' with features .* is required/i,
    'This host cannot build that: see `system-features` in nix.conf, or name a builder.',
  ],
];

/**
 * @param messages what Nix printed as errors, in order
 * @param lines the last lines of everything that it and its builders printed
 */
export function failureOf(messages: readonly string[], lines: readonly string[]): Failure {
  const all = messages.length > 0 ? messages : lines.slice(-BUILDER);
  const found = KNOWN.find(([pattern]) => all.some((text) => pattern.test(text)));
  const caught = found && all.map((text) => found[0].exec(text)).find((match) => match !== null)?.[1];
  const main = messages.at(-1) ?? '';
  const kept = messages.length > 0 ? shortened(main) : all;
  // What failed first has a reason of its own; what needed it only says that it failed.
  const first = messages[0] ?? main;
  const whole = [...(first === main ? [] : shortened(first)), ...kept, ...builderOf(first, lines)];
  return {
    code: found?.[2] ?? 'image.build',
    why: whole.map(named).join('\n'),
    fix: found?.[1].replace('$1', () => caught ?? '') ?? AGAIN,
  };
}

/** What the builder that failed said last, where the message does not have it already. */
function builderOf(message: string, lines: readonly string[]): string[] {
  const name = /(?:builder for|Cannot build) '\S*\/[a-z0-9]{32}-(\S+?)\.drv'/.exec(message)?.[1];
  if (name === undefined || /\n\s*>/.test(message)) return [];
  return lines.filter((line) => line.startsWith(`${name}> `)).slice(-BUILDER);
}

/** Where nixpkgs begins to say how else a package may be allowed: by variables and files that a guest is not made from. */
const ELSEWHERE = /^\s*(a\) To temporarily allow|You can install it anyway by allowing)/;

/** Without the trace of how Nix came there: the message itself is at its end, and the place that it was found at. */
function shortened(text: string): string[] {
  const all = text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
  const end = all.findIndex((line) => ELSEWHERE.test(line));
  const lines = end > 0 ? all.slice(0, end) : all;
  if (lines.length <= MESSAGE) return lines;
  const last = lines.findLastIndex((line) => /^\s*error: /.test(line));
  const message = last < 0 ? lines : lines.slice(last);
  return message.length <= MESSAGE ? message : [...message.slice(0, 4), '…', ...message.slice(4 - MESSAGE)];
}

/** A file in the store as what it is a copy of. */
const named = (line: string): string =>
  line.replaceAll(/\/\S*\/[a-z0-9]{32}-source\/modules\/(?:project|\d+)\//g, '').slice(0, 400);

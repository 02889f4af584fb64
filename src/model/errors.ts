/** Errors are part of the product: a stable code, what happened, where, why, and what to do next. */

/** Exit codes of the command line. */
export const EXIT = {
  ok: 0,
  failed: 1,
  pending: 2,
  usage: 64,
  config: 65,
  host: 69,
  locked: 75,
  interrupted: 130,
} as const;

/** Every code the tool can print, with its exit code. Each has a section in docs/errors.md. */
export const ERROR_CODES = {
  'approval.needed': EXIT.failed,
  'config.exists': EXIT.failed,
  'config.invalid': EXIT.config,
  'config.not-found': EXIT.config,
  'config.unreachable': EXIT.config,
  'config.unreadable': EXIT.config,
  'copy.failed': EXIT.failed,
  'disk.missing': EXIT.failed,
  'guest.agent': EXIT.failed,
  'guest.never-ready': EXIT.failed,
  'guest.packages': EXIT.failed,
  'guest.provision': EXIT.failed,
  'guest.unhealthy': EXIT.failed,
  'host.memory': EXIT.host,
  'host.missing': EXIT.host,
  'host.path': EXIT.host,
  'host.port-taken': EXIT.failed,
  'host.space': EXIT.host,
  'image.build': EXIT.failed,
  'image.corrupt': EXIT.failed,
  'image.in-use': EXIT.failed,
  'image.source': EXIT.config,
  interrupted: EXIT.interrupted,
  internal: EXIT.failed,
  locked: EXIT.locked,
  'machine.not-running': EXIT.failed,
  'machine.unknown': EXIT.usage,
  'network.gateway': EXIT.failed,
  'plan.stale': EXIT.failed,
  'qemu.died': EXIT.failed,
  'qmp.failed': EXIT.failed,
  'qmp.timeout': EXIT.failed,
  'qmp.closed': EXIT.failed,
  'share.refused': EXIT.failed,
  'share.missing': EXIT.failed,
  usage: EXIT.usage,
  'wait.timeout': EXIT.failed,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorDetails {
  /** Why it happened, as far as it is known; may have several lines. */
  readonly why?: string;
  /** What to do next: a command where there is one. */
  readonly fix?: string;
  /** The machine that it is about. */
  readonly vm?: string;
  readonly cause?: unknown;
}

/** An error that is meant to be read: anything else that reaches the top is a bug and says so. */
export class AiVmError extends Error {
  readonly code: ErrorCode;
  readonly why: string | undefined;
  readonly fix: string | undefined;
  readonly vm: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'AiVmError';
    this.code = code;
    this.why = details.why;
    this.fix = details.fix;
    this.vm = details.vm;
  }

  get exitCode(): number {
    return ERROR_CODES[this.code];
  }
}

/** A place in a configuration file. Lines and columns count from 1, offsets are UTF-16 units from 0. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly offset: number;
  /** Length of what is underlined, at least 1. */
  readonly length: number;
}

/** One thing wrong with a configuration file. The code frame is drawn from `source` by report/frame.ts. */
export interface Diagnostic {
  /** Such as `config.syntax`, `config.unknown-key`, `config.type`, `config.limit`, `config.unsupported`. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint: string | undefined;
  readonly position: Position | undefined;
}

/**
 * All that is wrong with the configuration, at once. `sources` maps file → text, for the code frames; `looked` are files that others
 * name, also those that there are none of: what is wrong may be mended by one that comes.
 */
export class ConfigError extends AiVmError {
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
  readonly looked: readonly string[];

  constructor(
    diagnostics: readonly Diagnostic[],
    sources: ReadonlyMap<string, string>,
    looked: readonly string[] = [],
  ) {
    const errors = diagnostics.filter((d) => d.severity === 'error');
    super('config.invalid', errors.length === 1 ? errors[0]!.message : `${errors.length} errors in the configuration`);
    this.name = 'ConfigError';
    this.diagnostics = diagnostics;
    this.sources = sources;
    this.looked = looked;
  }
}

/** What anything that was thrown says, for people. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What this host can do. Everything that costs a process start is remembered, until something it depends on changes. */
import { readFile } from 'node:fs/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { findProgram } from '../host/accounts.ts';
import { readState, writeState } from '../host/files.ts';
import type { AcceleratorVerdict, Capabilities, QemuCapabilities, RunAs } from '../model/capabilities.ts';
import { AiVmError } from '../model/errors.ts';
import { acceleratorOverride, proveAccelerator } from './accelerator.ts';
import { capabilityKey } from './capabilities-key.ts';
import { probeQemu, probeVirtiofsd } from './capabilities-probe.ts';
import type { Confinement } from './capabilities-probe.ts';

export interface CapabilityOptions {
  /** Absolute path of the file that remembers. */
  readonly cache: string;
  /** `PATH`; `AI_VM_ACCEL` and `AI_VM_DISPLAY` if they are set; where the host's screen is. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly runAs: RunAs;
  /** Absolute paths of a virtiofsd or names on PATH, the preferred one first. */
  readonly virtiofsd?: readonly string[];
  /** Whether helpers can be confined here (see host/namespaces.ts). */
  readonly confinement: Confinement;
  /** Look anew at everything. */
  readonly fresh?: boolean;
  readonly signal?: AbortSignal;
}

/** The Rust one first, where both are. */
export const VIRTIOFSD_CANDIDATES = [
  '/usr/libexec/virtiofsd',
  '/usr/lib/virtiofsd',
  'virtiofsd',
  '/usr/lib/qemu/virtiofsd',
] as const;

interface Remembered {
  readonly formatVersion: 2;
  readonly key: string;
  readonly found: Pick<Capabilities, 'qemu' | 'virtiofsd'>;
  /** Null as long as AI_VM_ACCEL has made the proof needless. */
  readonly accelerator: AcceleratorVerdict | null;
}

/**
 * Rejects with `host.missing` when there is no QEMU or it does not run, with `usage` for a bad `AI_VM_ACCEL`, or with
 * the signal's reason.
 */
export async function probeCapabilities(options: CapabilityOptions): Promise<Capabilities> {
  const { cache, env, runAs, confinement, signal, virtiofsd = VIRTIOFSD_CANDIDATES } = options;
  const override = acceleratorOverride(env);
  const qemu = await findProgram('qemu-system-x86_64', env['PATH']);
  if (qemu === null) {
    throw new AiVmError('host.missing', 'QEMU is not installed', {
      why: 'qemu-system-x86_64 is not on PATH.',
      fix: 'ai-vm doctor shows the command that installs it.',
    });
  }
  const key = await capabilityKey({ qemu, runAs, virtiofsd, path: env['PATH'] });
  const before = options.fresh === true ? null : await recall(cache, key);
  const [found, accelerator] = await Promise.all([
    before?.found ?? findAll({ qemu, path: env['PATH'], virtiofsd, confinement, signal }),
    override ?? before?.accelerator ?? proveAccelerator({ qemu, env, runAs, signal }),
  ]);
  const proved = override === null ? accelerator : (before?.accelerator ?? null);
  if (before === null || before.accelerator !== proved) {
    const remember: Remembered = { formatVersion: 2, key, found, accelerator: proved };
    // Without a place to remember, everything works as well, only later.
    await writeState(cache, remember).catch(() => undefined);
  }
  const window = windowOf(found.qemu, env, runAs);
  return { ...found, accelerator, window, ...(await memory()), cpus: availableParallelism() };
}

/** Another user's QEMU may not draw on our screen, and `AI_VM_DISPLAY=vnc` wants none there. */
export function windowOf(
  { displays }: Pick<QemuCapabilities, 'displays'>,
  env: CapabilityOptions['env'],
  { drop }: Pick<RunAs, 'drop'>,
): Capabilities['window'] {
  if (drop || env['AI_VM_DISPLAY'] === 'vnc' || !(env['DISPLAY'] || env['WAYLAND_DISPLAY'])) return null;
  return (['gtk', 'sdl'] as const).find((kind) => displays.includes(kind)) ?? null;
}

async function findAll(options: {
  readonly qemu: string;
  readonly path: string | undefined;
  readonly virtiofsd: readonly string[];
  readonly confinement: Confinement;
  readonly signal: AbortSignal | undefined;
}): Promise<Remembered['found']> {
  const [qemu, virtiofsd] = await Promise.all([probeQemu(options.qemu, options.signal), probeVirtiofsd(options)]);
  return { qemu, virtiofsd };
}

async function recall(cache: string, key: string): Promise<Remembered | null> {
  const { value } = await readState(cache, isRemembered);
  return value?.key === key ? value : null;
}

/** Our own file, below a directory of the user's own: a look at its outline is enough. */
function isRemembered(value: unknown): value is Remembered {
  const it = value as Partial<Remembered> | null;
  return (
    it?.formatVersion === 2 &&
    typeof it.key === 'string' &&
    typeof it.found?.qemu.version === 'string' &&
    typeof it.found.virtiofsd.usable === 'boolean' &&
    (it.accelerator === null || typeof it.accelerator?.accelerator === 'string')
  );
}

/** Bytes, read anew every time. */
async function memory(): Promise<Pick<Capabilities, 'memoryTotal' | 'memoryAvailable'>> {
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  const field = (name: string): number | null => {
    const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
    return kibibytes === undefined ? null : Number(kibibytes) * 1024;
  };
  return {
    memoryTotal: field('MemTotal') ?? totalmem(),
    memoryAvailable: field('MemAvailable') ?? freemem(),
  };
}

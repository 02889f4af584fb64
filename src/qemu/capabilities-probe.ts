/** Asks the programs themselves what they are and what they can do. */
import { access, constants } from 'node:fs/promises';
import { execa } from 'execa';
import { findProgram } from '../host/accounts.ts';
import type { QemuCapabilities, VirtiofsdCapability } from '../model/capabilities.ts';
import { AiVmError } from '../model/errors.ts';

/** Whether helpers can be confined. Asked only when there is a helper. */
export type Confinement = () => Promise<
  { readonly usable: true } | { readonly usable: false; readonly reason: string }
>;

const PATIENCE = 10_000;

interface Output {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

async function ask(file: string, args: readonly string[], signal: AbortSignal | undefined): Promise<Output> {
  const result = await execa(file, args, {
    reject: false,
    stdin: 'ignore',
    timeout: PATIENCE,
    killSignal: 'SIGKILL',
    maxBuffer: 1024 * 1024,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  signal?.throwIfAborted();
  return { ok: result.exitCode === 0, stdout: result.stdout, stderr: result.stderr };
}

/** Rejects with `host.missing` when it does not run. */
export async function probeQemu(binary: string, signal?: AbortSignal): Promise<QemuCapabilities> {
  const [version, audio, display] = await Promise.all([
    ask(binary, ['--version'], signal),
    ask(binary, ['-audiodev', 'help'], signal),
    ask(binary, ['-display', 'help'], signal),
  ]);
  const match = /version ((\d+)\.(\d+)\.\d+)/.exec(version.stdout);
  if (match === null) {
    throw new AiVmError('host.missing', `${binary} does not run`, {
      why: version.stderr.trim().split('\n').pop() ?? '',
      fix: 'ai-vm doctor shows the command that installs QEMU.',
    });
  }
  const [, full = '', major, minor] = match;
  return {
    binary,
    version: full,
    major: Number(major),
    minor: Number(minor),
    audioDrivers: parseAudioDrivers(audio.stdout),
    displays: parseDisplays(display.stdout),
  };
}

/** From `-audiodev help`: only drivers whose modules are installed are named. */
export function parseAudioDrivers(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const start = lines.findIndex((line) => /^available audio drivers/i.test(line));
  return start === -1 ? [] : lines.slice(start + 1).filter((line) => /^[a-z0-9]+$/.test(line));
}

/** From `-display help`, likewise. */
export function parseDisplays(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const start = lines.findIndex((line) => /^available display backend types/i.test(line));
  return start === -1 ? [] : lines.slice(start + 1).filter((line) => /^[a-z0-9-]+$/.test(line));
}

/**
 * From `--version`; null when this is no virtiofsd. The two are driven by different options. The C one first gives up its
 * supplementary groups, which an ordinary user may not, and says nothing else: in its namespace it is root and can.
 */
export function parseVirtiofsdFlavour(text: string): 'c' | 'rust' | null {
  if (/^virtiofsd version \d/m.test(text) || /^setgroups\(\) failed with error=\d/m.test(text)) return 'c';
  return /^virtiofsd (backend )?\d/m.test(text) ? 'rust' : null;
}

/** The first candidate that runs, if helpers can be confined. */
export async function probeVirtiofsd(options: {
  readonly path: string | undefined;
  readonly virtiofsd: readonly string[];
  readonly confinement: Confinement;
  readonly signal: AbortSignal | undefined;
}): Promise<VirtiofsdCapability> {
  for (const candidate of options.virtiofsd) {
    const binary = candidate.startsWith('/') ? candidate : await findProgram(candidate, options.path);
    if (binary === null || !(await isExecutable(binary))) continue;
    const { stdout, stderr } = await ask(binary, ['--version'], options.signal);
    const flavour = parseVirtiofsdFlavour(`${stdout}\n${stderr}`);
    if (flavour === null) continue;
    const confined = await options.confinement();
    return confined.usable ? { usable: true, binary, flavour } : confined;
  }
  return { usable: false, reason: 'virtiofsd is not installed' };
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

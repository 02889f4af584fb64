/** `view`: the screen of a machine, as a picture or for a viewer. */
import { constants } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { findProgram } from '../host/accounts.ts';
import { AiVmError } from '../model/errors.ts';
import type { MachinePaths } from '../model/machine.ts';
import { Qmp } from '../qemu/qmp.ts';
import { observe } from '../reconcile/observe.ts';
import type { Context } from './context.ts';
import { onlyMachine } from './select.ts';

export interface Screen {
  readonly vm: string;
  /** Path of its VNC socket. */
  readonly socket: string;
  /** QEMU shows it in a window of its own. */
  readonly window: boolean;
  readonly paths: MachinePaths;
}

/** @throws AiVmError machine.not-running, usage: it has no desktop */
export async function screenOf(context: Context, name: string | undefined): Promise<Screen> {
  const vm = await onlyMachine(context, name);
  const paths = context.project.machine(vm);
  const { process, state, applied, sightings } = await observe(vm, paths);
  if (!process) throw new AiVmError('machine.not-running', `${vm} is ${state}`, { vm, fix: `ai-vm up ${vm}` });
  if (applied && !applied.config.desktop) {
    throw new AiVmError('usage', `${vm} has no desktop`, {
      vm,
      fix: 'Add `desktop: true` to the machine in the file; it needs another image, hence a new disk. Then: ai-vm up',
    });
  }
  const argv = sightings.argv ?? [];
  const display = argv[argv.indexOf('-display') + 1] ?? 'none';
  return { vm, socket: paths.vnc, window: /^(gtk|sdl)/.test(display), paths };
}

const PATIENCE = 10_000;

/** More than any screen has, as a picture: what QEMU leaves may be anything, should its guest have taken it over. */
const LARGEST = 128 * 1024 * 1024;

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * What is on the screen now, as PNG.
 * @throws AiVmError host.missing: this QEMU makes no PNG; machine.not-running
 */
export async function screenshot({ vm, paths }: Screen): Promise<Buffer> {
  const qmp = await Qmp.connect(paths.qmp.read[1], { timeout: PATIENCE });
  try {
    await qmp.execute(
      'screendump',
      { filename: paths.screenshot, device: 'gpu0', head: 0, format: 'png' },
      { timeout: PATIENCE },
    );
    return await taken(vm, paths.screenshot);
  } catch (error) {
    if (!(error instanceof AiVmError) || error.code !== 'qmp.failed') throw error;
    throw new AiVmError('host.missing', `QEMU makes no picture of the screen of ${vm}`, {
      vm,
      why: error.why ?? error.message,
      fix: 'It takes QEMU 7.1 or newer, built with PNG: ai-vm version shows which one is here.',
      cause: error,
    });
  } finally {
    qmp.close();
    await rm(paths.screenshot, { force: true });
  }
}

async function taken(vm: string, path: string): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(size, LARGEST));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    const picture = bytes.subarray(0, bytesRead);
    if (bytesRead === size && picture.subarray(0, SIGNATURE.length).equals(SIGNATURE)) return picture;
    throw new AiVmError('qmp.failed', `what QEMU made of the screen of ${vm} is no PNG`, { vm });
  } finally {
    await file.close();
  }
}

/** TigerVNC's, which takes the path of a socket. */
const VIEWERS = ['xtigervncviewer', 'vncviewer'];

/** The command that opens a viewer here; null: there is no screen, or no viewer. */
export async function viewerFor(
  { socket }: Screen,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[] | null> {
  if (!env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return null;
  for (const name of VIEWERS) {
    const program = await findProgram(name, env['PATH']);
    if (program !== null) return [program, socket];
  }
  return null;
}

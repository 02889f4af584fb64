/** `console`: the serial port of a machine, both ways. */
import { createConnection, type Socket } from 'node:net';
import { AiVmError } from '../model/errors.ts';
import type { MachinePaths } from '../model/machine.ts';
import { Qmp } from '../qemu/qmp.ts';
import { observe } from '../reconcile/observe.ts';
import type { Context } from './context.ts';
import { onlyMachine } from './select.ts';

const PATIENCE = 2000;

/** Whether somebody is connected already: QEMU serves one, and leaves a second one waiting without a word. */
async function isTaken({ qmp: { read } }: MachinePaths): Promise<boolean> {
  const qmp = await Qmp.connect(read[1], { timeout: PATIENCE });
  try {
    const chardevs = await qmp.execute('query-chardev', {}, { timeout: PATIENCE });
    const all = (Array.isArray(chardevs) ? chardevs : []) as { label?: unknown; filename?: unknown }[];
    const serial = all.find(({ label }) => label === 'serial0');
    return serial !== undefined && !String(serial.filename).startsWith('disconnected:');
  } finally {
    qmp.close();
  }
}

export interface Console {
  readonly vm: string;
  readonly socket: Socket;
}

/** @throws AiVmError machine.not-running, locked */
export async function openConsole(context: Context, name: string | undefined): Promise<Console> {
  const vm = await onlyMachine(context, name);
  const paths = context.project.machine(vm);
  const { process, state } = await observe(vm, paths);
  if (!process) throw new AiVmError('machine.not-running', `${vm} is ${state}`, { vm, fix: `ai-vm up ${vm}` });
  if (await isTaken(paths)) {
    throw new AiVmError('locked', `somebody has the console of ${vm} already`, {
      vm,
      fix: `ai-vm logs ${vm} -f shows it without taking it.`,
    });
  }
  const socket = createConnection(paths.serial);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', (cause) =>
      reject(
        new AiVmError('machine.not-running', `the console of ${vm} cannot be opened`, {
          vm,
          cause,
          why: cause.message,
        }),
      ),
    );
  });
  return { vm, socket };
}

/** A machine's QEMU as somebody with a shell on the host could talk to it, past everything of ours. */
import { createConnection } from 'node:net';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { argumentsOf } from './state.ts';

type Command = readonly [execute: string, args?: Readonly<Record<string, unknown>>];

const CONTROL = /^socket,id=qmp-control,path=([^,]+)/u;

function controlOf(pid: number): string {
  const found = argumentsOf(pid).flatMap((word) => CONTROL.exec(word)?.[1] ?? []);
  if (found[0] === undefined) throw new Error(`process ${pid} has no monitor`);
  return found[0];
}

/** The runtime directory of the machine whose QEMU this is. */
export const runtimeOf = (pid: number): string => dirname(controlOf(pid));

/** Gives commands to a QEMU by its pid, one after the other. Throws when it refuses one. @returns their replies */
export async function command(pid: number, commands: readonly Command[]): Promise<unknown[]> {
  const socket = createConnection({ path: controlOf(pid) });
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const reply = async (): Promise<Record<string, unknown>> => {
    for (;;) {
      const next: IteratorResult<string, unknown> = await lines.next();
      if (next.done) throw new Error('QEMU has hung up');
      const message = JSON.parse(next.value) as Record<string, unknown>;
      if ('event' in message) continue;
      if ('error' in message) throw new Error(next.value);
      return message;
    }
  };
  try {
    await reply();
    const replies: unknown[] = [];
    for (const [execute, args = {}] of [['qmp_capabilities'] as Command, ...commands]) {
      socket.write(`${JSON.stringify({ execute, arguments: args })}\n`);
      replies.push((await reply())['return']);
    }
    return replies.slice(1);
  } finally {
    socket.destroy();
  }
}

/** A line of the human monitor. */
export const hmp = (line: string): Command => ['human-monitor-command', { 'command-line': line }];

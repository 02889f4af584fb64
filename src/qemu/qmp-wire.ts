/** What goes over a monitor's socket: connecting, and the shapes of QMP's messages. */
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { AiVmError } from '../model/errors.ts';

export type Json = Readonly<Record<string, unknown>>;

export interface QmpVersion {
  readonly major: number;
  readonly minor: number;
  readonly micro: number;
}

/** Connects; EAGAIN (the listener's queue is full) is tried again until `timeout` is over. */
export async function openSocket(path: string, timeout: number): Promise<Socket> {
  const deadline = performance.now() + timeout;
  for (;;) {
    const socket = createConnection({ path });
    try {
      await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
      return socket;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'EAGAIN' || performance.now() > deadline) {
        throw new AiVmError('qmp.closed', `cannot connect to QEMU's monitor ${path}`, {
          why:
            code === 'ENOENT' || code === 'ECONNREFUSED' ? 'Nothing listens there: QEMU does not run.' : String(error),
          cause: error,
        });
      }
      await sleep(20);
    }
  }
}

/** Null when this is no greeting. */
export function greetingVersion(message: Json): QmpVersion | null {
  const greeting = message['QMP'];
  const version = isObject(greeting) && isObject(greeting['version']) ? greeting['version']['qemu'] : null;
  if (!isObject(version)) return null;
  const { major, minor, micro } = version;
  if (typeof major !== 'number' || typeof minor !== 'number' || typeof micro !== 'number') return null;
  return { major, minor, micro };
}

/** QEMU's own words, as `GenericError: Device 'x' not found`. */
export function refusal(command: string, error: unknown): AiVmError {
  const { class: kind, desc } = isObject(error) ? error : {};
  const words = [kind, desc].filter((word) => typeof word === 'string');
  return new AiVmError('qmp.failed', `QEMU refused ${command}`, { why: words.join(': ') });
}

/** Null when the line is no JSON object. */
export function parseObject(line: string): Json | null {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

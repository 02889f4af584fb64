/** What a guest says is checked before it is used: it may be anything. */
import { sanitise } from '../host/untrusted.ts';
import { AiVmError } from '../model/errors.ts';

export type Json = Readonly<Record<string, unknown>>;

/** Longest text of a guest that is shown (UTF-16 units). */
const SHOWN = 400;

export function nonsense(what: string): AiVmError {
  return new AiVmError('guest.agent', 'the guest agent sent what makes no sense', { why: what });
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function toObject(value: unknown, name: string): Json {
  if (!isObject(value)) throw nonsense(`${name} is no object`);
  return value;
}

export function toList(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw nonsense(`${name} is no list`);
  return value;
}

export function toInteger(value: unknown, name: string, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
    throw nonsense(`${name} is no whole number from ${min} to ${max}`);
  }
  return value;
}

export function toBoolean(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw nonsense(`${name} is neither true nor false`);
  return value;
}

/** Bytes that came as base64; what is missing is empty. */
export function toBytes(value: unknown, name: string): Buffer {
  if (value === undefined) return Buffer.alloc(0);
  if (typeof value !== 'string') throw nonsense(`${name} is no text`);
  return Buffer.from(value, 'base64');
}

/** Text that may be shown: without control sequences, one line, cut to a sensible length. */
export function toShown(value: unknown): string {
  return typeof value === 'string'
    ? sanitise(value.slice(0, 4 * SHOWN))
        .replaceAll('\n', ' ')
        .slice(0, SHOWN)
    : '';
}

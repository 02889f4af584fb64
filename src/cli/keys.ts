import type { Io } from './io.ts';

/** Ctrl-C, which a terminal in raw mode hands over as a key. */
const INTERRUPT = '\u0003';

/** Calls what belongs to a key when it is pressed on the terminal, if there is one. @returns how to stop listening */
export function onKeys({ stdin }: Io, keys: Readonly<Record<string, () => void>>): () => void {
  if (!stdin.isTTY) return () => undefined;
  const pressed = (bytes: Buffer): void => {
    for (const key of bytes.toString('utf8')) {
      if (key === INTERRUPT) process.kill(process.pid, 'SIGINT');
      else if (Object.hasOwn(keys, key)) keys[key]?.();
    }
  };
  stdin.setRawMode(true);
  stdin.on('data', pressed);
  stdin.resume();
  return () => {
    stdin.off('data', pressed);
    stdin.setRawMode(false);
    stdin.pause();
  };
}

/** One line for each thing that happened: for logs, pipes and terminals that can do no better. */
import type { Event } from '../model/events.ts';
import { eventLine, type Sink } from './lines.ts';
import type { Style } from './style.ts';

/** Between two lines of progress of one step. */
const PROGRESS_MS = 10_000;

/** `now` gives milliseconds from any origin. */
export function createPlain(write: (text: string) => void, style: Style, now: () => number): Sink {
  const told = new Map<string, { at: number; text: string }>();
  const line = (text: string): void => {
    write(`${text}\n`);
  };
  return {
    emit(event: Event): void {
      const text = eventLine(event, style);
      if (text === null) return;
      if (event.type === 'step-started') told.set(event.step.id, { at: now(), text });
      if (event.type === 'step-progress') {
        const last = told.get(event.step.id);
        if (last !== undefined && (now() - last.at < PROGRESS_MS || last.text === text)) return;
        told.set(event.step.id, { at: now(), text });
      }
      line(text);
    },
    line,
    close: () => Promise.resolve(),
  };
}

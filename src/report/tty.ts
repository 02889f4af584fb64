/** The display on a terminal: one live board, and lines that stay above it. Loaded only once there is a step to show. */
import type { Event } from '../model/events.ts';
import { Board } from './board.ts';
import { guardCursor } from './cursor.ts';
import { eventLine, type Sink } from './lines.ts';
import type { Screen } from './painter.ts';
import { Painter } from './painter.ts';
import type { Style } from './style.ts';

const FRAME_MS = 80;

/** Draws on `screen` until it is closed; `now` gives milliseconds from any origin. */
export function createDisplay(screen: Screen, style: Style, now: () => number): Sink {
  const painter = new Painter(screen, style.symbols.ellipsis);
  const board = new Board(style, now);
  const release = guardCursor(() => {
    painter.restore();
  });
  const timer = setInterval(() => {
    painter.paint(board.lines(true));
  }, FRAME_MS);

  return {
    emit(event: Event): void {
      switch (event.type) {
        case 'plan':
          board.add(event.plan.steps);
          break;
        case 'step-started':
          board.begin(event.step);
          break;
        case 'step-progress':
          board.progress(event.step, event.text, event.fraction);
          break;
        case 'step-done':
          board.done(event.step, event.ms);
          break;
        case 'step-failed':
          board.failed(event.step, event.error.message);
          break;
        case 'step-skipped':
          board.skipped(event.step, event.because);
          break;
        default: {
          const line = eventLine(event, style);
          if (line !== null) painter.log(line);
        }
      }
    },
    line(text: string): void {
      painter.log(text);
    },
    async close(): Promise<void> {
      clearInterval(timer);
      await board.close();
      painter.finish(board.lines(false));
      release();
    },
  };
}

/** The one line that each event is worth where there is no live display. */
import type { Event, WatchEvent } from '../model/events.ts';
import { formatDuration } from '../model/units.ts';
import { withVm } from './errors.ts';
import { sanitise, sanitiseLine } from './sanitise.ts';
import type { Style } from './style.ts';

/** Where events end up. `line` prints text of our own that stays. */
export interface Sink {
  emit(event: Event): void;
  line(text: string): void;
  close(): Promise<void>;
}

/** The text for `event`, without a newline at its end; null where nothing is to be said. */
export function eventLine(event: Event, style: Style): string | null {
  switch (event.type) {
    case 'step-started':
      return `${sanitiseLine(event.step.title)} ...`;
    case 'step-progress': {
      const percent = event.fraction === undefined ? '' : `${Math.round(event.fraction * 100)} % `;
      return `${sanitiseLine(event.step.title)}: ${percent}${sanitiseLine(event.text)}`;
    }
    case 'step-done':
      return `${sanitiseLine(event.step.title)}: done in ${formatDuration(event.ms)}`;
    case 'step-failed':
      return `${sanitiseLine(event.step.title)}: failed: ${sanitiseLine(event.error.message)}`;
    case 'step-skipped':
      return `${sanitiseLine(event.step.title)}: skipped: ${sanitiseLine(event.because)}`;
    case 'warning':
      return `${style.paint.yellow('warning:')} ${about(event)}`;
    case 'info':
      return about(event);
    case 'watch':
      return watchLine(event, style);
    case 'plan':
    case 'finished':
      return null;
  }
}

/** With the time of day, since nobody may have looked for hours. */
function watchLine(event: WatchEvent, { paint }: Style): string {
  const colors: Partial<Record<WatchEvent['kind'], (text: string) => string>> = {
    ...{ broken: paint.red, failed: paint.red, held: paint.yellow, waits: paint.yellow, mended: paint.green },
  };
  const kind = (colors[event.kind] ?? ((text: string): string => text))(event.kind.padEnd(7));
  const vm = event.vm === undefined ? '' : `${sanitiseLine(event.vm)}: `;
  return `${paint.dim(timeOfDay(event.at))} ${kind} ${vm}${sanitiseLine(event.message)}`;
}

function timeOfDay(at: string): string {
  const time = new Date(at);
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((n) => String(n).padStart(2, '0')).join(':');
}

function about({ message, vm }: { readonly message: string; readonly vm?: string }): string {
  return sanitise(withVm({ message, vm: vm === undefined ? undefined : sanitiseLine(vm) }));
}

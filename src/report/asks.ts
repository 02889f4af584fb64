/** What a file asks of this host, in plain words. */
import type { Ask } from '../model/approval.ts';
import { sanitiseLine } from './sanitise.ts';
import type { Style } from './style.ts';

interface Asks {
  readonly pending: readonly Ask[];
  readonly given: readonly Ask[];
}

const block = (ask: Ask, mark: string): string =>
  `  ${mark} ${sanitiseLine(ask.vm)} wants to ${sanitiseLine(ask.text)}\n      ${sanitiseLine(ask.risk)}`;

/** With a newline at its end. */
export function renderAsks({ pending, given }: Asks, style: Style): string {
  if (pending.length + given.length === 0) {
    return 'The file asks for nothing beyond its own directory and loopback ports.\n';
  }
  const sections = [
    ...(given.length > 0
      ? [`${style.paint.bold('Allowed already:')}\n${given.map((ask) => block(ask, '+')).join('\n')}`]
      : []),
    ...(pending.length > 0
      ? [`${style.paint.bold('Not allowed yet:')}\n${pending.map((ask) => block(ask, '?')).join('\n')}`]
      : []),
  ];
  return `${sections.join('\n')}\n`;
}

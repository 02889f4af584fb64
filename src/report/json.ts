/** Events for programs: one JSON object a line, each with the version of the format. */
import { AiVmError, ConfigError, messageOf } from '../model/errors.ts';
import type { Event } from '../model/events.ts';
import { safeJson } from './sanitise.ts';

const EVENTS_VERSION = 1;

/** One event as a line of JSON, without the newline. Times are not added: whoever reads a stream can take its own. */
export function eventJson(event: Event): string {
  if (!('error' in event)) return safeJson({ version: EVENTS_VERSION, ...event });
  return safeJson({ version: EVENTS_VERSION, ...event, error: errorData(event.error) });
}

/** An error that ended the command, as a line of JSON: `{version, type: "error", error: {code, message, …}}`. */
export function errorJson(error: unknown): string {
  return safeJson({ version: EVENTS_VERSION, type: 'error', error: errorData(error) });
}

/** `code`, `message`, and where there are any `why`, `fix`, `vm`, `diagnostics`. */
function errorData(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof AiVmError)) return { code: 'internal', message: messageOf(error) };
  return {
    code: error.code,
    message: error.message,
    why: error.why,
    fix: error.fix,
    vm: error.vm,
    diagnostics: error instanceof ConfigError ? error.diagnostics : undefined,
  };
}

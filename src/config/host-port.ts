import { fault, quote, type Outcome } from './outcome.ts';

export interface HostPort {
  /** In lower case, without the dot of the root. Anything that has no colon; empty where there is none. */
  readonly host: string;
  /** Null: none is said. Any number. */
  readonly port: number | null;
}

/** `github.com:22` in its two parts, as the file has it: whether either is one is another question. */
export function splitHostPort(given: unknown): HostPort {
  const text = String(given).trim().toLowerCase();
  const [, written = '', behind] = /^([^:]*)(?::(\d{1,5}))?$/.exec(text) ?? [];
  return {
    host: written.endsWith('.') ? written.slice(0, -1) : written,
    port: behind === undefined ? null : Number(behind),
  };
}

/** What is wrong with the port behind `given`; null: nothing. */
export const portFault = (given: unknown, { port }: HostPort): Outcome<never> | null =>
  port === null || (port >= 1 && port <= 65_535)
    ? null
    : fault(`${quote(given)}: ${port} is not a port number`, 'Ports are 1 to 65535.');

const NAME = /^(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{0,62}$/;

/** Whether this is a name with a dot, or `*.` and one. */
export const isHostPattern = (host: string): boolean => host.length <= 253 && NAME.test(host);

/** Puts secrets into the heads of requests, and takes them out of answers. Pure; nothing throws. */
import { EchoFilter } from './echo-filter.ts';

export interface Pair {
  readonly placeholder: string;
  readonly value: string;
}

/** As a query carries it. */
const encoded = (text: string): string => encodeURIComponent(text);
const encodedLow = (text: string): string => encoded(text).replace(/%[0-9A-F]{2}/g, (each) => each.toLowerCase());
/** As it stands within a string of JSON; as some write it that may stand in a page, too. */
const quoted = (text: string): string => JSON.stringify(text).slice(1, -1);
const quotedSlashes = (text: string): string => quoted(text).replaceAll('/', '\\/');
const quotedForPages = (text: string): string =>
  quoted(text).replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
const FORMS = [encoded, encodedLow, quoted, quotedSlashes, quotedForPages];

export class Swap {
  readonly #now: readonly Pair[];
  /** What an answer must not show → what it shows instead. */
  readonly #echoes = new Map<string, string>();

  /** @param gone values that were others before: no request gets them, and no answer shows them */
  constructor(now: readonly Pair[], gone: readonly Pair[] = []) {
    this.#now = now;
    for (const { value, placeholder } of [...gone, ...now]) {
      for (const form of FORMS) this.#echoes.set(form(value), form(placeholder));
      this.#echoes.set(value, placeholder);
    }
  }

  /** The value of a field of a request's head. */
  field(text: string): string {
    const [, scheme = '', token = ''] = /^(basic\s+)([A-Za-z0-9+/=_-]+)\s*$/i.exec(text) ?? [];
    return token === '' ? this.#put(text) : this.#basic(text, scheme, token);
  }

  /** The target of a request: its query alone, since paths end up in logs and links. */
  target(text: string): string {
    const at = text.indexOf('?');
    if (at < 0) return text;
    const query = this.#now.reduce(
      (all, { placeholder, value }) => all.replaceAll(placeholder, () => encoded(value)),
      text.slice(at),
    );
    return text.slice(0, at) + query;
  }

  /** The value of a field of an answer's head. */
  answer(text: string): string {
    return [...this.#inOrder()].reduce((all, [value, instead]) => all.replaceAll(value, () => instead), text);
  }

  /** For what an answer says beside its head. */
  filter(holds: 'end' | 'beginning' = 'end'): EchoFilter {
    return new EchoFilter(this.#inOrder(), holds);
  }

  /** What holds another goes first. */
  #inOrder(): [string, string][] {
    return [...this.#echoes].sort(([a], [b]) => b.length - a.length);
  }

  #put(text: string): string {
    return this.#now.reduce((all, { placeholder, value }) => all.replaceAll(placeholder, () => value), text);
  }

  /** A name and a password that are coded together: one of them may be a placeholder, or hold one. */
  #basic(text: string, scheme: string, token: string): string {
    const plain = Buffer.from(token, 'base64').toString('latin1');
    const put = this.#put(plain);
    if (put === plain) return this.#put(text);
    const real = Buffer.from(put, 'latin1').toString('base64');
    // A host that shows what it was sent shows it in this form.
    this.#echoes.set(real, token);
    return scheme + real;
  }
}

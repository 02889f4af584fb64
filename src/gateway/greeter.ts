/** Listens to what a connection says first, until it is known which host it is for. */
import { LONGEST_GREETING, looksLikeTls, readGreeting } from './client-hello.ts';
import { HttpGuard, looksLikeHttp } from './http-guard.ts';

export type Heard =
  /** It has not said enough yet. */
  | { readonly is: 'part' }
  | { readonly is: 'refused'; readonly why: string }
  /** `pass` may go on, and what follows through `next`. */
  | { readonly is: 'fine'; readonly pass: Buffer };

/**
 * @param names the hosts that it may be for
 * @param strict it has to be TLS or HTTP; otherwise what is neither passes as it is
 */
export class Greeter {
  readonly #names: readonly string[];
  readonly #strict: boolean;
  #held: Buffer = Buffer.alloc(0);
  #mode: 'unknown' | 'http' | 'plain' = 'unknown';
  readonly #guard: HttpGuard;

  constructor(names: readonly string[], strict: boolean) {
    this.#names = names;
    this.#strict = strict;
    this.#guard = new HttpGuard((host) => names.includes(host));
  }

  hear(data: Buffer): Heard {
    if (this.#mode === 'plain') return { is: 'fine', pass: data };
    if (this.#mode === 'http') return this.#guard.push(data);
    const held = this.#held.length === 0 ? data : Buffer.concat([this.#held, data]);
    if (held.length === 0) return PART;
    if (looksLikeTls(held)) return this.#hearTls(held);
    if (looksLikeHttp(held)) {
      // A word alone may yet become anything.
      if (!held.includes(0x20)) return this.#hold(held);
      this.#mode = 'http';
      this.#held = Buffer.alloc(0);
      return this.#guard.push(held);
    }
    if (this.#strict) return { is: 'refused', why: 'it speaks neither TLS nor HTTP' };
    this.#mode = 'plain';
    return { is: 'fine', pass: held };
  }

  #hearTls(held: Buffer): Heard {
    const greeting = readGreeting(held);
    if (greeting.is === 'part') return this.#hold(held);
    if (greeting.is === 'other' || greeting.name === null) {
      if (this.#strict) return { is: 'refused', why: 'its TLS names no host' };
    } else if (!this.#names.includes(greeting.name)) return { is: 'refused', why: `its TLS is for ${greeting.name}` };
    this.#mode = 'plain';
    return { is: 'fine', pass: held };
  }

  #hold(held: Buffer): Heard {
    if (held.length > LONGEST_GREETING + 5 * 64) return { is: 'refused', why: 'it does not say for whom it is' };
    this.#held = Buffer.from(held);
    return PART;
  }
}

const PART: Heard = { is: 'part' };

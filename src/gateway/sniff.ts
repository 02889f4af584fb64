import { looksLikeTls, readGreeting } from './client-hello.ts';
import { looksLikeHttp } from './http-guard.ts';

/**
 * Whom a connection is for, by what it says first: of TLS the one of `names` that it asks for, of HTTP in the clear any (null), since each
 * request says it. `part`: there has to be more of it; `other`: it is neither, or for somebody else.
 */
export function sniff(
  held: Buffer,
  clear: boolean,
  names: readonly string[],
): 'part' | 'other' | { readonly host: string | null } {
  if (held.length === 0) return 'part';
  if (clear) {
    if (!looksLikeHttp(held)) return 'other';
    return held.includes(0x20) ? { host: null } : 'part';
  }
  if (!looksLikeTls(held)) return 'other';
  const greeting = readGreeting(held);
  if (greeting.is === 'part') return 'part';
  return greeting.is === 'tls' && greeting.name !== null && names.includes(greeting.name)
    ? { host: greeting.name }
    : 'other';
}

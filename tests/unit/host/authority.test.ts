import { X509Certificate } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { describe, expect, it } from '@jest/globals';
import { makeAuthority } from '../../../src/host/authority.ts';

/** Whether a client that trusts `ca` believes a server that shows this. */
function believes(ca: string, shown: { certificate: string; key: string }, servername: string): Promise<true | string> {
  return new Promise((resolve) => {
    const server = createServer({ cert: shown.certificate, key: shown.key });
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      const done = (what: true | string): void => {
        socket.destroy();
        server.close();
        resolve(what);
      };
      const socket = connect({ host: '127.0.0.1', port, servername, ca }, () => done(true));
      socket.once('error', (error: Error) => done(error.message));
    });
  });
}

describe('an authority', () => {
  const authority = makeAuthority(['api.example.org', 'b.example.net'], new Date());
  const leaf = authority.leaves['api.example.org']!;

  it('stands for its hosts, each by a certificate of its own', async () => {
    expect(await believes(authority.certificate, leaf, 'api.example.org')).toBe(true);
    expect(await believes(authority.certificate, leaf, 'b.example.net')).toMatch(/altnames|Hostname/);
    const other = makeAuthority(['api.example.org'], new Date());
    expect(await believes(other.certificate, leaf, 'api.example.org')).not.toBe(true);
  });

  it('is good for no other name, and its key is nowhere', () => {
    const { ca, publicKey } = new X509Certificate(authority.certificate);
    expect(ca).toBe(true);
    for (const { certificate, key } of Object.values(authority.leaves)) {
      const own = new X509Certificate(certificate);
      expect(own.ca).toBe(false);
      expect(own.verify(publicKey)).toBe(true);
      expect(key).toContain('PRIVATE KEY');
    }
    expect(authority.certificate).not.toContain('PRIVATE KEY');
    // The extension in its bytes: critical, with the two names.
    const raw = new X509Certificate(authority.certificate).raw.toString('latin1');
    expect(raw).toContain('\x55\x1d\x1e\x01\x01\xff');
    expect(raw).toContain('api.example.org');
  });
});

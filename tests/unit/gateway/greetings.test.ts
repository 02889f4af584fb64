import { Buffer } from 'node:buffer';
import { connect as connectTls } from 'node:tls';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { isHostName, readGreeting } from '../../../src/gateway/client-hello.ts';
import { Greeter } from '../../../src/gateway/greeter.ts';
import { HttpGuard, looksLikeHttp } from '../../../src/gateway/http-guard.ts';

/** What a real TLS client says first. */
function greeting(servername: string): Promise<Buffer> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (data) => {
        socket.destroy();
        server.close();
        resolve(data);
      });
    });
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      connectTls({ host: '127.0.0.1', port, servername }).on('error', () => undefined);
    });
  });
}

describe('the greeting of TLS', () => {
  it('names the host, in one piece or byte by byte, in one record or in several', async () => {
    const hello = await greeting('a.example.org');
    expect(readGreeting(hello)).toEqual({ is: 'tls', name: 'a.example.org' });
    for (let length = 1; length < hello.length; length += 1)
      expect(readGreeting(hello.subarray(0, length))).toEqual({ is: 'part' });
    const body = hello.subarray(5);
    const record = (part: Buffer): Buffer =>
      Buffer.concat([Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part]);
    const parts = Buffer.concat([record(body.subarray(0, 2)), record(body.subarray(2, 70)), record(body.subarray(70))]);
    expect(readGreeting(parts)).toEqual({ is: 'tls', name: 'a.example.org' });
  });

  it('is none where something else comes', () => {
    for (const text of ['GET / HTTP/1.1\r\n\r\n', 'SSH-2.0-x\r\n', '\x16\x02\x01\x00\x05hello'])
      expect(readGreeting(Buffer.from(text, 'latin1'))).toEqual({ is: 'other' });
    expect(readGreeting(Buffer.concat([Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])]))).toEqual({ is: 'other' });
  });

  it('has no name where there is none, or two', async () => {
    const hello = await greeting('a.example.org');
    const at = hello.indexOf('a.example.org');
    // Its extension becomes one that nobody knows.
    const nameless = Buffer.from(hello);
    nameless.writeUInt16BE(0xfafa, at - 9);
    expect(readGreeting(nameless)).toEqual({ is: 'tls', name: null });
    const strange = Buffer.from(hello);
    strange.write('a.example\0org', at, 'latin1');
    expect(readGreeting(strange)).toEqual({ is: 'tls', name: null });
  });
});

describe('requests', () => {
  const guard = (): HttpGuard => new HttpGuard((host) => host === 'a.example.org');
  const head = (...lines: string[]): Buffer => Buffer.from([...lines, '', ''].join('\r\n'));
  const refused = (bytes: Buffer): string => {
    const found = guard().push(bytes);
    return found.is === 'refused' ? found.why : 'fine';
  };

  it('pass when they are for an allowed host, one after the other, however they are cut', () => {
    const bytes = Buffer.concat([
      head('GET / HTTP/1.1', 'Host: a.example.org'),
      head('POST /x HTTP/1.1', 'host:A.example.org:80', 'Content-Length: 5'),
      Buffer.from('GET /'),
      head('PUT / HTTP/1.1', 'Host: a.example.org', 'Transfer-Encoding: chunked'),
      Buffer.from('3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n'),
      head('GET http://a.example.org/ HTTP/1.0', 'Host: a.example.org.'),
    ]);
    for (const size of [1, 2, 7, 64, bytes.length]) {
      const each = guard();
      const passed: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        const found = each.push(bytes.subarray(at, at + size));
        if (found.is !== 'fine') throw new Error(found.why);
        passed.push(Buffer.from(found.pass));
      }
      expect(Buffer.concat(passed).equals(bytes)).toBe(true);
    }
  });

  it.each([
    ['another host', ['GET / HTTP/1.1', 'Host: b.example.org'], 'it is for'],
    ['no host', ['GET / HTTP/1.1', 'Accept: x'], 'no host'],
    ['two hosts', ['GET / HTTP/1.1', 'Host: a.example.org', 'Host: a.example.org'], 'two fields'],
    ['another host in its target', ['GET http://b.example.org/ HTTP/1.1', 'Host: a.example.org'], 'two hosts'],
    ['a user before its host', ['GET / HTTP/1.1', 'Host: a.example.org@b.example.org'], 'no host'],
    ['a way through', ['CONNECT b.example.org:443 HTTP/1.1', 'Host: a.example.org'], 'elsewhere'],
    ['two lengths', ['POST / HTTP/1.1', 'Host: a.example.org', 'Content-Length: 3', 'Content-Length: 4'], 'two fields'],
    [
      'a length of two kinds',
      ['POST / HTTP/1.1', 'Host: a.example.org', 'Content-Length: 3', 'Transfer-Encoding: chunked'],
      'not clear',
    ],
    ['an odd coding', ['POST / HTTP/1.1', 'Host: a.example.org', 'Transfer-Encoding: xchunked'], 'not clear'],
    ['a negative length', ['POST / HTTP/1.1', 'Host: a.example.org', 'Content-Length: -1'], 'not clear'],
    ['a folded line', ['GET / HTTP/1.1', 'X: y', ' Host: b.example.org', 'Host: a.example.org'], 'not sound'],
    ['a space before the colon', ['GET / HTTP/1.1', 'Host : b.example.org', 'Host: a.example.org'], 'not sound'],
    ['a lone line break', ['GET / HTTP/1.1', 'X: y\nHost: b.example.org', 'Host: a.example.org'], 'not sound'],
    ['another protocol', ['GET / HTTP/1.1', 'Host: a.example.org', 'Upgrade: h2c'], 'another protocol'],
    ['HTTP/2 at once', ['PRI * HTTP/2.0', 'Host: a.example.org'], 'not sound'],
  ])('are refused with %s', (_name, lines, why) => {
    expect(refused(head(...lines))).toContain(why.replace('it is', 'is'));
  });

  it('are refused behind one that was fine, in a body that lies, and when their head never ends', () => {
    const first = head('GET / HTTP/1.1', 'Host: a.example.org');
    expect(refused(Buffer.concat([first, head('GET / HTTP/1.1', 'Host: b.example.org')]))).toContain('b.example.org');
    const chunked = head('POST / HTTP/1.1', 'Host: a.example.org', 'Transfer-Encoding: chunked');
    expect(refused(Buffer.concat([chunked, Buffer.from('0x3\r\nabc\r\n')]))).toContain('not clear');
    expect(refused(Buffer.concat([chunked, Buffer.from('0\r\nHost: b.example.org\r\n\r\n')]))).toContain(
      'behind its end',
    );
    expect(refused(Buffer.concat([Buffer.from('GET / HTTP/1.1\r\nX: '), Buffer.alloc(20_000, 'x')]))).toContain(
      'too long',
    );
  });

  it('are known by their first word', () => {
    const is = (text: string): boolean => looksLikeHttp(Buffer.from(text));
    expect([is('GE'), is('GET /'), is('BREW /'), is('SSH-2.0'), is('')]).toEqual([true, true, false, false, false]);
  });
});

describe('a greeter', () => {
  it('holds back what does not say enough, and lets the rest pass as it is', async () => {
    const hello = await greeting('a.example.org');
    const greeter = new Greeter(['a.example.org'], true);
    expect(greeter.hear(hello.subarray(0, 50))).toEqual({ is: 'part' });
    expect(greeter.hear(hello.subarray(50))).toEqual({ is: 'fine', pass: hello });
    expect(greeter.hear(Buffer.from('more'))).toEqual({ is: 'fine', pass: Buffer.from('more') });
    expect(new Greeter(['b.example.org'], false).hear(hello)).toEqual({
      is: 'refused',
      why: 'its TLS is for a.example.org',
    });
  });

  it('lets other protocols pass where a port is named, and only there', () => {
    const ssh = Buffer.from('SSH-2.0-x\r\n');
    expect(new Greeter(['a.example.org'], false).hear(ssh)).toEqual({ is: 'fine', pass: ssh });
    expect(new Greeter(['a.example.org'], true).hear(ssh)).toMatchObject({ is: 'refused' });
  });
});

it('tells host names from what is none', () => {
  expect(['a.b', 'a-b.example.org', '1.2.3.4'].map(isHostName)).toEqual([true, true, true]);
  expect(['', 'a', 'a..b', '-a.b', 'a.b/c', 'a b.c', `${'a'.repeat(64)}.b`].map(isHostName)).toEqual(
    Array<boolean>(7).fill(false),
  );
});

/** The host's side of forwarded ports. */
import { createSocket } from 'node:dgram';
import { createServer, connect } from 'node:net';
import { execa } from 'execa';

/** Below the range from which the kernel takes ports for connections of its own. */
const [FIRST, LAST] = [20_000, 30_000];

/** Host ports that nobody uses now, for TCP and UDP alike. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let tries = 0; found.size < count; tries += 1) {
    if (tries > 1000) throw new Error('there are no free ports');
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (!found.has(port) && (await listen(port, (close) => close())) && (await bind(port))) found.add(port);
  }
  return [...found];
}

/** Listens on a loopback port: what ends it, or null when it is taken by somebody else. */
export async function occupy(port: number): Promise<(() => Promise<void>) | null> {
  let end = (): Promise<void> => Promise.resolve();
  const taken = await listen(port, (close) => {
    end = close;
    return Promise.resolve();
  });
  return taken ? end : null;
}

function listen(port: number, then: (close: () => Promise<void>) => Promise<void>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    // A test that fails half-way must not be kept alive by it.
    server.unref();
    const close = (): Promise<void> => new Promise((closed) => server.close(() => closed()));
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      then(close).then(() => resolve(true), reject);
    });
  });
}

function bind(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(false));
    socket.bind({ address: '127.0.0.1', port, exclusive: true }, () => socket.close(() => resolve(true)));
  });
}

/** Sends one line to a TCP port of the loopback: what comes back until its first newline, or the end. */
export function askTcp(port: number, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${line}\n`));
    let text = '';
    socket.setEncoding('utf8');
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n')) socket.destroy();
    });
  });
}

/** Sends one datagram to a UDP port of the loopback: the answer, or null when none comes within a second. */
export function askUdp(port: number, text: string): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const done = (answer: string | null): void => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(() => done(null), 1000);
    socket.once('error', reject);
    socket.once('message', (message) => done(message.toString('utf8')));
    socket.send(text, port, '127.0.0.1');
  });
}

/** The ed25519 host key that an SSH server on the loopback shows, as base64. */
export async function hostKeyOf(port: number): Promise<string> {
  const { stdout } = await execa('ssh-keyscan', ['-T', '20', '-t', 'ed25519', '-p', String(port), '127.0.0.1']);
  const key = stdout.split('\n').find((line) => !line.startsWith('#'));
  return key?.split(' ')[2] ?? '';
}

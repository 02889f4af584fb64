/**
 * A host and an outside of its own for a scenario: two network namespaces with addresses that look public, so that a gateway
 * is tried with what it has to let through and what not, and nothing real is reached. Needs root.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const SERVER = resolve(import.meta.dirname, 'outside-server.mjs');

/** The host's own address is the first one; the others are outside. */
export const OUTSIDE = { own: '44.0.0.1', first: '44.0.0.2', second: '44.0.0.3' } as const;

const ip = (...words: string[]): void => void execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });

/** Names that were asked for, and ports that datagrams and connections have come to. */
export interface Seen {
  readonly asked: readonly string[];
  readonly datagrams: readonly number[];
  readonly connections: readonly number[];
}

const inside = (space: string, ...command: string[]): string =>
  execFileSync('ip', ['netns', 'exec', space, ...command], { encoding: 'utf8' });

export class Outside {
  readonly #host: string;
  readonly #outside: string;

  /** @param tag a few letters that no other scenario has */
  constructor(tag: string) {
    this.#host = `aivm-${tag}-h`;
    this.#outside = `aivm-${tag}-o`;
  }

  /** What runs a command on that host. */
  get within(): readonly string[] {
    return ['ip', 'netns', 'exec', this.#host];
  }

  /**
   * Makes both, and starts servers outside: HTTP on 80 and 8080, a line of text on 2222, an echo on 2223, TLS on 443 as far as a
   * greeting, datagrams on 5353 and 443, and a resolver that knows no name; and HTTP on port 7070 of the host's loopback and all its
   * cards.
   * @param names host name → address, as the host resolves them
   * @param tls directory for HTTPS on 443 in the place of that greeting, see outside-server.mjs
   */
  async open(names: Readonly<Record<string, string>>, tls?: string): Promise<void> {
    this.#remove();
    ip('netns', 'add', this.#host);
    ip('netns', 'add', this.#outside);
    const [near, far] = [`${this.#host}0`, `${this.#outside}0`].map((name) => name.slice(0, 15)) as [string, string];
    ip('link', 'add', near, 'netns', this.#host, 'type', 'veth', 'peer', 'name', far, 'netns', this.#outside);
    for (const [space, card, ...addresses] of [
      [this.#host, near, OUTSIDE.own],
      [this.#outside, far, OUTSIDE.first, OUTSIDE.second],
    ] as const) {
      for (const address of addresses) ip('-n', space, 'addr', 'add', `${address}/24`, 'dev', card);
      ip('-n', space, 'link', 'set', 'lo', 'up');
      ip('-n', space, 'link', 'set', card, 'up');
    }
    // As `ip netns exec` has them take the place of the host's.
    const etc = join('/etc/netns', this.#host);
    mkdirSync(etc, { recursive: true });
    const hosts = Object.entries({ localhost: '127.0.0.1', ...names }).map(([name, address]) => `${address} ${name}\n`);
    writeFileSync(join(etc, 'hosts'), hosts.join(''));
    writeFileSync(join(etc, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n');
    await Promise.all([this.#serve(this.#outside, tls), this.#serve(this.#host)]);
  }

  /** What has come in on the host itself, or outside. */
  seen(where: 'host' | 'outside'): Seen {
    const space = where === 'host' ? this.#host : this.#outside;
    const ask = "fetch('http://127.0.0.1:7070/seen').then((reply) => reply.text()).then(console.log)";
    return JSON.parse(inside(space, process.execPath, '-e', ask)) as Seen;
  }

  /** Pings that have arrived outside. */
  get pings(): number {
    const rows = inside(this.#outside, 'cat', '/proc/net/snmp')
      .split('\n')
      .filter((line) => line.startsWith('Icmp: '))
      .map((line) => line.split(' '));
    return Number(rows[1]?.[rows[0]?.indexOf('InEchos') ?? -1]);
  }

  close(): void {
    for (const server of this.#servers) server.kill('SIGKILL');
    this.#remove();
  }

  readonly #servers: ChildProcess[] = [];

  #serve(space: string, tls?: string): Promise<void> {
    const words = ['netns', 'exec', space, process.execPath, SERVER, ...(tls === undefined ? [] : [tls])];
    const server = spawn('ip', words, {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#servers.push(server);
    return new Promise((ready, failed) => {
      server.stdout.once('data', () => ready());
      server.once('exit', () => failed(new Error('the servers outside did not start')));
    });
  }

  #remove(): void {
    for (const space of [this.#host, this.#outside]) {
      try {
        ip('netns', 'del', space);
      } catch {
        // It is not there.
      }
    }
    rmSync(join('/etc/netns', this.#host), { recursive: true, force: true });
  }
}

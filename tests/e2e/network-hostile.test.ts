/** Ways out and ways to wear a gateway down, as root of a guest on QEMU tries them, and what has arrived outside. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, expect } from '@jest/globals';
import { asGuestRoot, machine, until } from '../support/guest.ts';
import { runtimeOf } from '../support/monitor.ts';
import { Outside, OUTSIDE } from '../support/outside.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { self } from '../support/user.ts';

const outside = new Outside('hos');
const NAMES = {
  'allowed.example.org': OUTSIDE.first,
  'other.example.org': OUTSIDE.second,
  'inside.example.org': '127.0.0.1',
  'metadata.example.org': '169.254.169.254',
};
const ALLOWED =
  '[allowed.example.org, "allowed.example.org:2223", inside.example.org, metadata.example.org, "*.deep.example.org"]';

const yaml = (egress: string): string => `
name: hostile
vms:
  dev:
    cpus: 1
    memory: 512MiB
    storage: 4GiB
    network: {egress: ${egress}}
`;

const TOOL = readFileSync(resolve(import.meta.dirname, '../support/attempts.pl'), 'utf8');

/** What came of each attempt, on one line. */
async function attempts(box: Sandbox, list: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const lines = Object.entries(list).map(
    ([name, command]) => `printf '%s\t' ${name}; { ${command}; } </dev/null 2>&1 | tr '\\n' ' '; echo`,
  );
  const said = await asGuestRoot(box, lines.join('\n'));
  const pairs = said.split('\n').filter((line) => line !== '');
  return Object.fromEntries(pairs.map((line) => line.split('\t').map((part) => part.trim()) as [string, string]));
}

const tool = (words: string): string => `timeout 100 perl /tmp/attempts.pl ${words} || echo "failed $?"`;
/** For NAME to the address of the allowed one: records of SIZE bytes, sent in pieces. */
const hello = (name: string, size: number, piece: number, pause = 0, padding = 0): string =>
  tool(`hello allowed.example.org ${name} ${size} ${piece} ${pause} ${padding}`);

interface Gateway {
  readonly pid: number;
  /** Bytes. */
  readonly memory: number;
}

async function gateway(box: Sandbox): Promise<Gateway> {
  const { pid: qemu } = await machine(box);
  const pid = Number(readFileSync(join(runtimeOf(qemu ?? 0), 'gateway.pid'), 'utf8'));
  const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  return { pid, memory: kilobytes * 1024 };
}

const reasons = async (box: Sandbox): Promise<Set<string>> => {
  const text = await box.ok(['network', 'log', 'dev', '--format', 'json']);
  return new Set(
    text.split('\n').flatMap((line) => (line === '' ? [] : (JSON.parse(line) as { reason: string }).reason)),
  );
};

const failed = expect.stringMatching(/failed|refused|broken off/u) as unknown;

// Network namespaces with addresses of our own need root.
if (self().uid === 0) {
  scenario(
    'a hostile guest behind a gateway',
    async () => {
      await outside.open(NAMES);
      return { files: { 'ai-vm.yaml': yaml(ALLOWED) }, within: outside.within };
    },
    (obligation) => {
      let before: Gateway = { pid: 0, memory: 0 };

      obligation('asks nobody about names that are not allowed, whatever the kind and the way', async (box) => {
        await box.ok(['up']);
        await asGuestRoot(box, `cat >/tmp/attempts.pl <<'END'\n${TOOL}\nEND`);
        before = await gateway(box);
        const seen = await attempts(box, {
          known: tool('dns 10.0.2.3 allowed.example.org 1 udp'),
          below: tool('dns 10.0.2.3 secret-1.other.example.org 1 udp'),
          beside: tool('dns 10.0.2.3 secret-2.allowed.example.org 1 udp'),
          text: tool('dns 10.0.2.3 secret-3.other.example.org 16 udp'),
          null: tool('dns 10.0.2.3 secret-4.other.example.org 10 udp'),
          // Below `*.` a name may be asked about, as one; texts may not.
          deep: tool('dns 10.0.2.3 secret-5.deep.example.org 16 udp'),
          wild: tool('dns 10.0.2.3 open-1.deep.example.org 1 udp'),
          tcp: tool('dns 10.0.2.3 secret-6.other.example.org 1 tcp'),
          theirs: tool(`dns ${OUTSIDE.first} secret-7.other.example.org 1 udp`),
          theirsTcp: tool(`dns ${OUTSIDE.first} secret-8.other.example.org 1 tcp`),
          loopback: 'getent hosts inside.example.org metadata.example.org || echo none',
        });
        expect(seen).toEqual({
          ...{ known: 'code 0, 1 answers', below: 'code 3, 0 answers', beside: 'code 3, 0 answers' },
          ...{ text: 'code 3, 0 answers', null: 'code 3, 0 answers', deep: 'code 0, 0 answers' },
          ...{ wild: 'code 3, 0 answers', tcp: 'refused', theirs: 'silent', theirsTcp: 'refused', loopback: 'none' },
        });
        // The host has asked about the one that may be, so the others would have been seen.
        expect(outside.seen('host').asked).toContain('open-1.deep.example.org');
        const asked = [...outside.seen('host').asked, ...outside.seen('outside').asked];
        expect(asked.filter((name) => name.includes('secret'))).toEqual([]);
        expect(outside.seen('outside').connections).toEqual([]);
      });

      obligation('sends no datagrams, pings, other protocols, parts of packets or routes of its own', async (box) => {
        const seen = await attempts(box, {
          quic: tool(`udp ${OUTSIDE.first} 443 1200`),
          fragments: tool(`udp ${OUTSIDE.first} 5353 4000`),
          icmp: tool(`icmp ${OUTSIDE.first}`),
          gre: tool(`proto ${OUTSIDE.first} 47`),
          sctp: tool(`proto ${OUTSIDE.first} 132`),
          routed: tool(`lsrr ${OUTSIDE.first} 80 ${OUTSIDE.second}`),
          routedHost: tool('lsrr 10.0.2.2 7070 127.0.0.1'),
        });
        expect(seen).toEqual({
          ...{ quic: 'silent', fragments: 'silent', icmp: 'silent', gre: 'silent', sctp: 'silent' },
          ...{ routed: 'failed', routedHost: 'failed' },
        });
        expect([outside.seen('outside').datagrams, outside.pings]).toEqual([[], 0]);
        const said = await reasons(box);
        for (const reason of [
          'it is a part of a packet',
          'it says itself how it is to travel',
          'no ping leaves',
          'only TCP leaves',
        ])
          expect([...said]).toContain(reason);
      });

      obligation('greets by TLS for the allowed name however it is cut up, and for no other', async (box) => {
        const [mine, others] = ['allowed.example.org', 'other.example.org'];
        const seen = await attempts(box, {
          whole: hello(mine, 4096, 4096),
          bytes: hello(mine, 4096, 1, 0.02),
          records: hello(mine, 7, 3, 0.02),
          othersBytes: hello(others, 4096, 1, 0.02),
          othersRecords: hello(others, 7, 3, 0.02),
          // Ten seconds are all that it has.
          slow: hello(mine, 4096, 8, 1.5),
          giant: hello(mine, 4096, 4096, 0, 40_000),
          ssh: 'timeout 40 ssh -v -o BatchMode=yes -o ConnectTimeout=20 -p 443 allowed.example.org true 2>&1 | grep -c "remote software\\|greeted"',
        });
        const fine = expect.stringMatching(/^greeted with \d+ bytes/u) as unknown;
        expect(seen).toEqual({
          ...{ whole: fine, bytes: fine, records: fine, ssh: '0' },
          ...{ othersBytes: failed, othersRecords: failed, slow: failed, giant: failed },
        });
        // Nothing else has got as far as a connection.
        expect(outside.seen('outside').connections).toEqual([443, 443, 443]);
      });

      obligation('has no heads of requests that never end', async (box) => {
        const curl = (words: string): string =>
          `timeout 40 curl -sS -m 30 ${words} http://allowed.example.org/ || echo "failed $?"`;
        await asGuestRoot(
          box,
          `head -c 20000 /dev/zero | tr '\\0' a >/tmp/giant; printf 'x-giant: ' | cat - /tmp/giant >/tmp/field`,
        );
        const seen = await attempts(box, {
          plain: curl(''),
          field: curl('-H @/tmp/field'),
          many: curl('$(for n in $(seq 900); do printf -- "-H x-%s:%s " $n aaaaaaaaaaaaaaaa; done)'),
          target: `timeout 40 curl -sS -m 30 http://allowed.example.org/$(cat /tmp/giant) || echo "failed $?"`,
        });
        expect(seen).toEqual({
          plain: expect.stringContaining('0 bytes') as unknown,
          ...{ field: failed, many: failed, target: failed },
        });
      });

      obligation('wears nothing down with 10 000 connections and frames without sense', async (box) => {
        await asGuestRoot(
          box,
          `ulimit -n 20000
           systemd-run --quiet --unit keep bash -c 'perl /tmp/attempts.pl keep allowed.example.org 2223 >/tmp/echoed'
           until [ -e /tmp/kept ]; do sleep 0.1; done
           systemd-run --quiet --unit flood -p LimitNOFILE=20000 perl /tmp/attempts.pl flood ${OUTSIDE.first} 2223 10000`,
        );
        const result = await until(
          'the end of the flood',
          async () => (await asGuestRoot(box, 'cat /tmp/flood 2>/dev/null || true')) || null,
        );
        const [open = 0, refused = 0, waiting = 0] = [...result.matchAll(/\d+/gu)].map(Number);
        expect(open + refused + waiting).toBe(10_000);
        expect(open).toBeGreaterThan(1000);
        expect(open).toBeLessThanOrEqual(2048);
        expect(waiting).toBe(0);
        const { machines } = JSON.parse(await box.ok(['network', 'ls', '--format', 'json'])) as {
          machines: { connections: number }[];
        };
        expect(machines[0]?.connections).toBeLessThanOrEqual(2048 + 256);
        const during = await gateway(box);
        expect(during.memory - before.memory).toBeLessThan(200 * 2 ** 20);
        // Forwards (this very command), names, and what was open before go on.
        const served = await attempts(box, {
          name: 'getent hosts allowed.example.org',
          kept: 'touch /tmp/say; timeout 30 sh -c "until grep -q second /tmp/echoed; do sleep 0.1; done"; cat /tmp/echoed',
          frames: tool('frames 5000'),
        });
        expect(served).toEqual({
          name: expect.stringContaining(OUTSIDE.first) as unknown,
          ...{ kept: 'first second', frames: '5000 sent' },
        });
        await asGuestRoot(box, 'touch /tmp/enough; until ! systemctl -q is-active flood; do sleep 0.2; done');
        expect(
          await attempts(box, {
            after: `for n in $(seq 30); do curl -sS -m 15 http://allowed.example.org/ && break; sleep 1; done`,
          }),
        ).toEqual({ after: expect.stringContaining('0 bytes') as unknown });
        expect((await gateway(box)).pid).toBe(before.pid);
      });

      obligation('is held to the same where every address is open, but for datagrams', async (box) => {
        box.write('ai-vm.yaml', yaml('open'));
        await box.ok(['up', '--approve']);
        const seen = await attempts(box, {
          quic: tool(`udp ${OUTSIDE.first} 443 1200`),
          fragments: tool(`udp ${OUTSIDE.first} 5353 4000`),
          icmp: tool(`icmp ${OUTSIDE.first}`),
          routed: tool(`lsrr ${OUTSIDE.first} 80 ${OUTSIDE.second}`),
          host: tool('udp 10.0.2.2 7070 10'),
          own: `timeout 9 curl -sS -m 5 http://${OUTSIDE.own}:7070/ || echo failed`,
          loopback: 'getent hosts inside.example.org metadata.example.org || echo none',
        });
        expect(seen).toEqual({
          quic: expect.stringContaining('heard q') as unknown,
          ...{ fragments: 'silent', icmp: 'silent', routed: 'failed', host: 'silent', own: failed, loopback: 'none' },
        });
        expect(outside.pings).toBe(0);
      });
    },
  );
  afterAll(() => outside.close());
}

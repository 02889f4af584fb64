/** A machine behind a gateway reaches what its file names, as root of the guest tries it, and machines reach each other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect } from '@jest/globals';
import { asGuestRoot, end, machine, until } from '../support/guest.ts';
import { runtimeOf } from '../support/monitor.ts';
import { Outside, OUTSIDE } from '../support/outside.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { self } from '../support/user.ts';

const outside = new Outside('net');
const NAMES = {
  'allowed.example.org': OUTSIDE.first,
  'www.allowed.example.org': OUTSIDE.first,
  'other.example.org': OUTSIDE.second,
  'inside.example.org': '127.0.0.1',
  'private.example.org': '192.168.7.7',
};

const yaml = (network: string, more = ''): string => `
name: net
vms:
  dev:
    cpus: 1
    memory: 512MiB
    storage: 4GiB
    network: ${network}
${more}`;

/** Services of the guest's: on 5432 one that says who calls, on 5434 one that says a word and stays. Both are up when this returns. */
const SERVE = `
cat >/tmp/serve.pl <<'END'
use IO::Socket::INET;
my ($port, $stays) = @ARGV;
my $server = IO::Socket::INET->new(LocalPort => $port, Listen => 5, ReuseAddr => 1) or die;
open(my $up, '>', "/tmp/up-$port"); close $up;
my @open;
while (my $client = $server->accept) {
  print $client 'db from ', $client->peerhost, "\\n"; $client->flush;
  if ($stays) { push @open, $client } else { close $client }
}
END
systemd-run --quiet --unit serve perl /tmp/serve.pl 5432
systemd-run --quiet --unit serve-on perl /tmp/serve.pl 5434 1
until [ -e /tmp/up-5432 ] && [ -e /tmp/up-5434 ]; do sleep 0.1; done
`;

const PEER = `  db:
    cpus: 1
    memory: 512MiB
    storage: 4GiB
    network: {egress: none}
`;

/** Each line of the script is an attempt: what it prints, or why not, on one line. */
async function attempts(
  box: Sandbox,
  list: Readonly<Record<string, string>>,
  vm = 'dev',
): Promise<Record<string, string>> {
  const lines = Object.entries(list).map(
    ([name, command]) => `printf '%s\\t' ${name}; { ${command}; } </dev/null 2>&1 | tr '\\n' ' '; echo`,
  );
  const said = await asGuestRoot(box, lines.join('\n'), vm);
  return Object.fromEntries(
    said.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t') as [string, string]])),
  );
}

const curl = (words: string): string => `timeout 20 curl -sS -m 15 ${words} || echo "failed $?"`;

/** By bash itself: a line that comes back, or why there is none. */
const tcp = (address: string, port: number, say = ''): string =>
  `timeout 15 bash -c 'exec 3<>/dev/tcp/${address}/${port} && { [ -z "${say}" ] || printf "${say}" >&3; head -n 1 <&3 | grep . || echo closed; }' || echo failed`;

interface Logged {
  readonly verdict: string;
  readonly name: string | null;
  readonly address: string | null;
  readonly port: number | null;
  readonly reason: string;
  readonly add: string | null;
}

async function log(box: Sandbox): Promise<Logged[]> {
  const text = await box.ok(['network', 'log', 'dev', '--format', 'json']);
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Logged]));
}

const gatewayOf = async (box: Sandbox, vm = 'dev'): Promise<number> => {
  const { pid } = await machine(box, vm);
  return Number(readFileSync(join(runtimeOf(pid ?? 0), 'gateway.pid'), 'utf8'));
};

// Network namespaces with addresses of our own need root.
if (self().uid === 0) {
  scenario(
    'a machine behind a gateway',
    async () => {
      await outside.open(NAMES);
      return { files: { 'ai-vm.yaml': yaml('{egress: [allowed.example.org]}') }, within: outside.within };
    },
    (obligation) => {
      let pid: number | null = null;

      obligation('lets root of the guest reach what is named and nothing else', async (box) => {
        await box.ok(['up']);
        ({ pid } = await machine(box));
        const seen = await attempts(box, {
          named: curl('http://allowed.example.org/'),
          unnamed: curl('http://other.example.org/'),
          below: curl('http://www.allowed.example.org/'),
          literal: curl(`http://${OUTSIDE.first}/`),
          fronted: curl('-H "Host: other.example.org" http://allowed.example.org/'),
          second: curl(
            `http://allowed.example.org/ --next -sS -H "Host: other.example.org" http://allowed.example.org/`,
          ),
          other: curl(`--resolve allowed.example.org:80:${OUTSIDE.second} http://allowed.example.org/`),
          port: curl('http://allowed.example.org:8080/'),
          sni: curl(`-k --connect-to other.example.org:443:allowed.example.org:443 https://other.example.org/`),
          tls: `timeout 20 curl -ksS -m 15 https://allowed.example.org/ 2>&1 | grep -c "SSL\\|TLS\\|wrong"`,
          plain443: tcp('allowed.example.org', 443, 'SSH-2.0-x\\\\r\\\\n'),
          connect: tcp(
            'allowed.example.org',
            80,
            'CONNECT other.example.org:443 HTTP/1.1\\\\r\\\\nHost: allowed.example.org\\\\r\\\\n\\\\r\\\\n',
          ),
          posted: curl('-d @/proc/cpuinfo http://allowed.example.org/ | grep -c "[1-9][0-9]* bytes"'),
          long: `timeout 60 curl -sS -m 50 http://allowed.example.org/bytes/3000000 | wc -c`,
        });
        expect(seen).toEqual({
          named: `allowed.example.org at ${OUTSIDE.first}, 0 bytes `,
          unnamed: expect.stringContaining('failed 6') as unknown,
          below: expect.stringContaining('failed 6') as unknown,
          literal: expect.stringContaining('failed') as unknown,
          fronted: expect.stringContaining('failed') as unknown,
          second: expect.stringMatching(/^allowed\.example\.org at 44\.0\.0\.2, 0 bytes .*failed/u) as unknown,
          other: expect.stringContaining('failed') as unknown,
          port: expect.stringContaining('failed 7') as unknown,
          sni: expect.stringContaining('failed') as unknown,
          tls: '1 ',
          plain443: expect.not.stringContaining('greeted') as unknown,
          connect: expect.not.stringContaining('HTTP/1.1') as unknown,
          posted: '1 ',
          long: '3000000 ',
        });
      });

      obligation('shows neither the host’s loopback nor its cards, private ranges or metadata', async (box) => {
        const seen = await attempts(box, {
          loopback: curl('http://10.0.2.2:7070/'),
          forward: tcp('10.0.2.2', 22),
          own: curl(`http://${OUTSIDE.own}:7070/`),
          metadata: curl('-m 5 http://169.254.169.254/'),
          private: curl('-m 5 http://192.168.7.7/'),
          names: 'getent hosts inside.example.org private.example.org host.internal || echo none',
          six: 'for a in fe80::2%eth0 fec0::2 fd00::2; do timeout 5 curl -sS -m 4 -g "http://[$a]:7070/" && echo reached; done; echo tried',
          spoofed: `ip addr add 44.9.9.9/32 dev eth0; timeout 5 curl -sS -m 4 --interface 44.9.9.9 http://${OUTSIDE.first}/ || echo failed; ip addr del 44.9.9.9/32 dev eth0`,
          ping: `ping -c 1 -W 2 ${OUTSIDE.first} >/dev/null || echo failed`,
          resolver: `timeout 5 bash -c 'printf x >/dev/udp/${OUTSIDE.first}/5353'; echo sent`,
        });
        expect(Object.entries(seen).filter(([, said]) => /reached|, \d+ bytes|SSH-/u.test(said))).toEqual([]);
        for (const name of ['loopback', 'forward', 'own', 'metadata', 'private', 'spoofed', 'ping'])
          expect([name, seen[name]]).toEqual([name, expect.stringContaining('failed')]);
        expect(seen['names']).toBe('none ');
      });

      obligation('says what was denied, and what to add', async (box) => {
        const lines = await log(box);
        const of = (wanted: Partial<Logged>) =>
          lines.filter((line) => Object.entries(wanted).every(([k, v]) => line[k as keyof Logged] === v));
        expect(of({ verdict: 'allowed', name: 'allowed.example.org', port: 80 })).not.toEqual([]);
        expect(of({ verdict: 'denied', name: 'other.example.org', add: 'other.example.org' })).not.toEqual([]);
        expect(of({ verdict: 'denied', port: 7070, add: 'allow_host: ["7070"]' })).not.toEqual([]);
        expect(of({ verdict: 'denied', address: '44.9.9.9' })).not.toEqual([]);
        const allowed = await box.ok(['network', 'test', 'allowed.example.org', 'dev', '--format', 'json']);
        expect(JSON.parse(allowed)).toMatchObject({ vm: 'dev', port: 443, allowed: true, add: null });
        const denied = await box.cli(['network', 'test', 'other.example.org:8080', 'dev']);
        expect(denied).toMatchObject({ code: 1, stdout: expect.stringContaining('To allow it') as unknown });
      });

      obligation('opens more only with an approval, and closes at once what is open', async (box) => {
        box.write(
          'ai-vm.yaml',
          yaml('{egress: ["allowed.example.org:2222", other.example.org], allow_host: ["7070"]}'),
        );
        expect((await box.cli(['up'])).stderr).toContain('dev wants to reach other.example.org');
        await box.ok(['up', '--approve']);
        const seen = await attempts(box, {
          line: tcp('allowed.example.org', 2222),
          host: curl('http://host.internal:7070/'),
          other: curl('http://other.example.org/'),
          gone: curl('http://allowed.example.org/'),
        });
        expect(seen).toEqual({
          line: 'SSH-2.0-outside ',
          host: 'host.internal:7070 at 127.0.0.1, 0 bytes ',
          other: `other.example.org at ${OUTSIDE.second}, 0 bytes `,
          gone: expect.stringContaining('failed 7') as unknown,
        });
        await asGuestRoot(
          box,
          `systemd-run --quiet --unit held bash -c 'exec 3<>/dev/tcp/other.example.org/80; printf "GET / HTTP/1.1\\r\\nHost: other.example.org\\r\\n\\r\\n" >&3; cat <&3 >/tmp/held; echo over >/tmp/over'
           until [ -s /tmp/held ]; do sleep 0.1; done`,
        );
        box.write('ai-vm.yaml', yaml('{egress: none}'));
        await box.ok(['up']);
        await until('the end of what was open', async () =>
          (await asGuestRoot(box, 'cat /tmp/over || true')) === 'over\n' ? true : null,
        );
        const after = await attempts(box, {
          other: curl('http://other.example.org/'),
          host: curl('http://10.0.2.2:7070/'),
          held: curl(`--resolve other.example.org:80:${OUTSIDE.second} http://other.example.org/`),
        });
        expect(Object.values(after).filter((said) => !said.includes('failed'))).toEqual([]);
        expect(await machine(box)).toMatchObject({ pid });
      });

      obligation('has no traffic without its gateway, until up starts it again', async (box) => {
        box.write('ai-vm.yaml', yaml('{egress: [allowed.example.org]}'));
        await box.ok(['up', '--approve']);
        const before = await gatewayOf(box);
        end(before);
        await until('a gateway that is gone', async () => {
          const { machines } = JSON.parse(await box.ok(['network', 'ls', '--format', 'json'])) as {
            machines: { gateway: string }[];
          };
          return machines[0]?.gateway === 'gone' || null;
        });
        expect(await box.cli(['exec', 'dev', '--', 'true'])).toMatchObject({
          code: 1,
          stderr: expect.stringContaining('its gateway does not answer') as unknown,
        });
        await box.ok(['up']);
        expect(await gatewayOf(box)).not.toBe(before);
        expect(await attempts(box, { named: curl('http://allowed.example.org/') })).toEqual({
          named: `allowed.example.org at ${OUTSIDE.first}, 0 bytes `,
        });
      });

      obligation('reaches another machine of the project by name, and is reached by it', async (box) => {
        box.write('ai-vm.yaml', yaml('{egress: none}', PEER));
        await box.ok(['up']);
        await asGuestRoot(box, SERVE, 'db');
        const seen = await attempts(box, {
          db: tcp('db', 5432),
          full: tcp('db.internal', 5432),
          closed: tcp('db', 5433),
          outside: curl('http://allowed.example.org/'),
        });
        expect(seen).toEqual({
          db: expect.stringMatching(/^db from 10\.0\.2\.\d+ $/u) as unknown,
          full: seen['db'],
          closed: expect.stringContaining('failed') as unknown,
          outside: expect.stringContaining('failed') as unknown,
        });
        expect((await attempts(box, { own: 'getent hosts dev | cut -d" " -f1' }, 'db'))['own']).toMatch(/^10\.0\.2\./u);
      });

      obligation(
        'sees a machine only while they share a network, and is cut off when one of them moves',
        async (box) => {
          const project = (dev: string, db: string): string =>
            `networks: {front: {}, back: {}}${yaml(`{egress: none}\n    networks: [${dev}]`, `${PEER}    networks: [${db}]\n`)}`;
          const pids = async () => [(await machine(box, 'dev')).pid, (await machine(box, 'db')).pid];
          const before = await pids();
          const move = async (dev: string, db: string): Promise<void> => {
            box.write('ai-vm.yaml', project(dev, db));
            await box.ok(['up']);
          };
          box.write('ai-vm.yaml', project('front, back', 'back'));
          expect(await box.ok(['plan'])).toContain('on back');
          await move('front, back', 'back');
          const address = (await attempts(box, { db: 'getent hosts db | cut -d" " -f1' }))['db']?.trim() ?? '';
          expect(address).toMatch(/^10\.0\.2\.\d+$/u);
          // One that nobody ends.
          await asGuestRoot(
            box,
            `systemd-run --quiet --unit apart bash -c 'exec 3<>/dev/tcp/db/5434; cat <&3 >/tmp/said; echo over >/tmp/apart'
           until [ -s /tmp/said ]; do sleep 0.1; done`,
          );
          await move('back', 'back');
          expect(
            await attempts(box, { address: tcp(address, 5432), mine: 'cat /tmp/apart 2>/dev/null || echo open' }),
          ).toEqual({ address: expect.stringContaining('db from') as unknown, mine: 'open ' });
          await move('front', 'back');
          expect(
            await attempts(box, {
              name: 'getent hosts db db.internal || echo none',
              address: tcp(address, 5432),
              mine: 'timeout 60 sh -c "until [ -e /tmp/apart ]; do sleep 0.1; done"; cat /tmp/apart',
            }),
          ).toEqual({ name: 'none ', address: expect.stringContaining('failed') as unknown, mine: 'over ' });
          expect(await attempts(box, { name: 'getent hosts dev || echo none' }, 'db')).toEqual({ name: 'none ' });
          expect(await box.ok(['network', 'ls'])).toMatch(/dev .*front/u);
          expect(await pids()).toEqual(before);
          await box.ok(['stop', 'db']);
        },
      );

      obligation('goes on behind a new gateway when it was suspended', async (box) => {
        box.write('ai-vm.yaml', yaml('{egress: [allowed.example.org]}'));
        await box.ok(['up', '--approve']);
        await box.ok(['suspend', 'dev']);
        await box.ok(['up']);
        expect(await attempts(box, { named: curl('http://allowed.example.org/') })).toEqual({
          named: `allowed.example.org at ${OUTSIDE.first}, 0 bytes `,
        });
      });
    },
  );
  afterAll(() => outside.close());
}

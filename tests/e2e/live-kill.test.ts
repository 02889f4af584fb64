/**
 * `kill -9` of ai-vm in the middle of a change of many fields. Each moment is one that the command itself names: the moment when
 * QEMU or the record shows that it has come so far. Whatever the file says afterwards, the machine comes to be so.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { begin } from '../support/cli.ts';
import { asGuestRoot, inGuest, machine, until } from '../support/guest.ts';
import { processesOf } from '../support/leftovers.ts';
import { freePorts } from '../support/network.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { machineDir, stateFile } from '../support/state.ts';

const ports = { first: 0, second: 0, ssh: 0 };

const few = (): string => `
name: killed-live
vms:
  dev:
    cpus: 1
    memory: 1GiB
    storage: 5GiB
    ssh: {port: ${ports.ssh}}
    shares: [./work, {path: ./docs, mode: ro}]
`;

const many = (storage = '5GiB'): string => `
name: killed-live
vms:
  dev:
    cpus: 2
    memory: 1536MiB
    storage: ${storage}
    users: [dev, ann]
    env: {COLOUR: 'it''s "red"'}
    ssh: {port: ${ports.first}}
    shares: [{path: ./work, mode: ro}, {path: ./docs, target: "/it's here", mode: ro}, ./more]
    ports: ['${ports.ssh}:8080', '${ports.second}:8081']
`;

interface Seen {
  readonly boot: string;
  readonly guest: string;
  readonly servers: readonly string[];
  readonly forwards: readonly string[];
}

/** Servers of shares on the host, by the name of their socket. */
const servers = (box: Sandbox): string[] =>
  processesOf([box.dir])
    .flatMap(({ cmdline }) => /virtiofsd .*--socket-path=\S*\/(fs\d+)\.sock/u.exec(cmdline)?.[1] ?? [])
    .sort();

const IN_GUEST = `cat /proc/sys/kernel/random/boot_id; nproc; echo "[\${COLOUR-}]"
findmnt -rn -t virtiofs -o TARGET,OPTIONS | sed 's/,.*//' | sort
sudo test -e /home/ann/.ssh/authorized_keys && echo ann; [ "$(df -B1 --output=size / | tail -n 1)" -gt 6500000000 ] && echo grown || echo small`;

/** All that there is to see, but for what a machine may have too much of, such as a disk that grew. */
async function look(box: Sandbox): Promise<Seen> {
  const [boot = '', ...rest] = (await inGuest(box, IN_GUEST)).split('\n');
  const { pid } = await machine(box);
  const listening = readFileSync('/proc/net/tcp', 'utf8');
  const forwards = Object.entries(ports).filter(([, port]) =>
    listening.includes(`0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A`),
  );
  expect(pid).not.toBeNull();
  return { boot, guest: rest.join('\n'), servers: servers(box), forwards: forwards.map(([name]) => name) };
}

async function settle(box: Sandbox): Promise<void> {
  await box.ok(['up']);
  expect(await box.ok(['plan', '--format', 'json'])).toMatch(/"changes": ?\[\]/u);
  expect(stateFile(machineDir(box, 'dev'), 'applied.json')).not.toHaveProperty('begun');
}

/** Fields that are begun, as the record has them now. */
function begun(box: Sandbox): readonly string[] {
  try {
    const list = stateFile(machineDir(box, 'dev'), 'applied.json')['begun'] as { field: string }[] | undefined;
    return (list ?? []).map(({ field }) => field);
  } catch {
    return [];
  }
}

/** Kills `up` so many milliseconds after it has begun a change of this field. False: it has ended before. */
async function cut(box: Sandbox, field: RegExp, after: number): Promise<boolean> {
  const command = begin(['up'], { cwd: box.project, env: box.env, as: box.user });
  let ended = false;
  const hasEnded = (): boolean => ended;
  void command.ended.then(() => (ended = true));
  while (!hasEnded() && !begun(box).some((each) => field.test(each))) await pause(2);
  if (hasEnded()) return false;
  await pause(after);
  command.kill('SIGKILL');
  await command.ended;
  return true;
}

/** Each with moments after its begin (milliseconds): a command of QEMU takes one of them, one of the guest a hundred. */
const MOMENTS: readonly (readonly [field: RegExp, after: readonly number[]])[] = [
  [/^shares \/mnt\/host-rw\/work$/u, [100]],
  [/^shares \/it's here$/u, [0, 250]],
  [/^shares \/mnt\/host-rw\/more$/u, [300]],
  [/^cpus$/u, [50]],
  [/^memory$/u, [0]],
  [/^ssh$/u, [0]],
  [/^users$/u, [150]],
  [/^env /u, [100]],
];

scenario(
  'a machine whose ai-vm is killed while it changes it',
  async () => {
    const [first = 0, second = 0, ssh = 0] = await freePorts(3);
    Object.assign(ports, { first, second, ssh });
    return { files: { 'ai-vm.yaml': few(), 'docs/b': 'b' }, ports: [first, second, ssh] };
  },
  (obligation) => {
    const expected: { few?: Seen; many?: Seen } = {};

    obligation('is as its file says when nobody is killed, there and back', async (box) => {
      await box.ok(['up']);
      expected.few = await look(box);
      box.write('ai-vm.yaml', many());
      await settle(box);
      expected.many = await look(box);
      expect(expected.many.guest).toContain("/it's\\x20here ro");
      expect(expected.many.boot).toBe(expected.few.boot);
      expect(await box.ok(['exec', 'dev', '--user', 'ann', '--', 'id', '-un'])).toBe('ann\n');
      box.write('ai-vm.yaml', few());
      await settle(box);
      expect(await look(box)).toEqual(expected.few);
      expect((await box.cli(['exec', 'dev', '--user', 'ann', '--', 'true'])).code).not.toBe(0);
    });

    const files = { few, many };
    let is: keyof typeof files = 'few';
    let turn = 0;
    for (const [field, moments] of MOMENTS) {
      obligation(`comes to be so, or what it was, whenever it happens at ${String(field)}`, async (box) => {
        for (const after of moments) {
          const other = is === 'few' ? 'many' : 'few';
          box.write('ai-vm.yaml', files[other]());
          expect(await cut(box, field, after)).toBe(true);
          turn += 1;
          // Somebody may have thought better of it meanwhile.
          if (turn % 3 === 0) box.write('ai-vm.yaml', files[is]());
          else is = other;
          await settle(box);
          expect(await look(box)).toEqual(expected[is]);
        }
      });
    }

    obligation(
      'has its file system grown, though it was killed before, and lets in whom it has locked out',
      async (box) => {
        box.write('ai-vm.yaml', many('7GiB'));
        expect(await cut(box, /^storage$/u, 0)).toBe(true);
        await settle(box);
        const { guest, ...rest } = await look(box);
        expect(guest).toBe(expected.many?.guest.replace('small', 'grown'));
        expect({ ...rest, guest: '' }).toEqual({ ...expected.many, guest: '' });
        expect(await box.ok(['exec', 'dev', '--user', 'ann', '--', 'id', '-un'])).toBe('ann\n');
      },
    );

    obligation('ends a server that serves nobody', async (box) => {
      box.write('ai-vm.yaml', few().replace('5GiB', '7GiB'));
      await settle(box);
      box.write('ai-vm.yaml', many('7GiB'));
      const before = servers(box).length;
      const command = begin(['up'], { cwd: box.project, env: box.env, as: box.user });
      await until('a third server', () => Promise.resolve(servers(box).length > before || null), 60_000);
      command.kill('SIGKILL');
      await command.ended;
      box.write('ai-vm.yaml', few().replace('5GiB', '7GiB'));
      await settle(box);
      expect(servers(box)).toHaveLength(2);
      await asGuestRoot(box, 'test ! -e "/it\'s here/b" && test -e /mnt/host-ro/docs/b');
      expect(readFileSync(join(box.project, 'docs/b'), 'utf8')).toBe('b');
    });
  },
);

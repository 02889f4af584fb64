/** Root of the guest does what it can to get out: through shares of both drivers, the console and the agent's port. */
import { lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { asGuestRoot, machine, uidsOf } from '../support/guest.ts';
import { processesOf } from '../support/leftovers.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario, type Obligation } from '../support/scenario.ts';
import { ordinaryUser, self, type TestUser } from '../support/user.ts';

const MiB = 1024 ** 2;
/** No longer path can be handed to the kernel. */
const LONGEST_PATH = 4000;
const SHARES = ['virtio', 'classic'] as const;

const FILE = `
name: hostile
vms:
  dev:
    memory: 1GiB
    cpus: 1
    storage: 8GiB
    shares:
      - {path: ./virtio, driver: virtiofs}
      - {path: ./classic, driver: 9p}
`;

/** A directory of the host outside the project: a link in the shares leads there, and nothing may go along it. */
const canaryOf = (box: Sandbox): string => join(box.dir, 'canary');

/** Seventeen of these in one another make a path that is longer than the kernel takes. */
const DEEP = 'd'.repeat(250);

/** Everything that a guest could plant for its host. None of it need succeed. */
const plant = (canary: string): string => `
set +e
exec 2>/dev/null
for share in ${SHARES.join(' ')}; do
  cd /mnt/host-rw/$share || exit 1
  echo here >reached
  for mode in 4755 2755 6755; do
    cp /bin/true suid-$mode; chown 0:0 suid-$mode; chmod $mode suid-$mode
    install -o 0 -g 0 -m $mode /bin/true installed-$mode
  done
  mknod block b 254 0; mknod -m 666 disk b 8 0; mknod -m 666 mem c 1 1; mknod -m 666 zero c 1 5
  mkfifo fifo
  ln -s /etc/shadow shadow
  ln -s / rootdir
  ln -s ../../../../../../../../etc up
  ln -s ${canary} canary
  mkdir -p work; ln -s /etc work/link; ln -s ${canary} work/canary
  ln /etc/hostname hard
  touch "$(printf '\\033[2J\\033]0;owned\\007')" "$(printf 'a\\nb\\rc')" -- --checkpoint-action=exec=sh '$(id)' '; id'
  mkdir locked; touch locked/in; chmod 0 locked
  truncate -s 1T huge
  cp /bin/true capable; setfattr -n security.capability -v 0x0100000280000000000000000000000000000000 capable
  mkdir deep; cd deep; for i in $(seq 17); do mkdir ${DEEP} && cd ${DEEP} || break; done
done
true
`;

/** Everything below a directory that can be reached by its path, links not followed. */
function* entries(dir: string): Generator<string> {
  let names: string[] = [];
  try {
    names = readdirSync(dir);
  } catch {
    // Too deep for a path, or locked: its content is nobody's danger.
  }
  for (const name of names) {
    const path = join(dir, name);
    if (path.length > LONGEST_PATH) continue;
    yield path;
    if (lstatSync(path).isDirectory()) yield* entries(path);
  }
}

interface Danger {
  readonly path: string;
  readonly why: string;
}

function dangers(dir: string): Danger[] {
  return [...entries(dir)].flatMap((path) => {
    const stat = lstatSync(path);
    const { uid, gid, mode } = stat;
    return [
      ...(uid === 0 || gid === 0 ? [{ path, why: `belongs to ${uid}:${gid}` }] : []),
      ...(stat.isBlockDevice() || stat.isCharacterDevice() ? [{ path, why: `device, mode ${mode.toString(8)}` }] : []),
    ];
  });
}

/** What a program that followed the link would have changed. */
function fingerprint(canary: string): unknown {
  return [canary, join(canary, 'file')].map((path) => {
    const { uid, gid, mode, ctimeNs, size } = statSync(path, { bigint: true });
    return { path, uid, gid, mode, ctimeNs, size };
  });
}

/** What the machine's logs take on the host's disk, in bytes. */
function logBytes(box: Sandbox): number {
  return [...entries(join(box.home, 'projects')), ...runtimeFiles(box)]
    .filter((path) => /\.log(\.1)?$/u.test(path))
    .reduce((sum, path) => sum + lstatSync(path).blocks * 512, 0);
}

/** The runtime directory of the machine, found by its QEMU's own arguments. */
function runtimeFiles(box: Sandbox): string[] {
  const qemu = processesOf([box.dir]).find(({ cmdline }) => cmdline.includes('-pidfile'));
  const pidfile = /-pidfile (\S+)/u.exec(qemu?.cmdline ?? '')?.[1];
  return pidfile === undefined ? [] : [...entries(join(pidfile, '..'))];
}

const CONTROL = /[^\P{Cc}\n\t]/u;

/** What comes through the console and the agent's port: the same for whoever runs the machine, so once is enough. */
function floods(obligation: Obligation): void {
  obligation('cannot steer a terminal through its console', async (box) => {
    await asGuestRoot(box, `printf '\\033]0;owned\\007\\033[2J\\033[31mmarker-one\\233\\r\\n' >/dev/ttyS0`);
    const { code, stdout } = await box.cli(['logs']);
    expect(code).toBe(0);
    expect(stdout).toContain('marker-one');
    expect(stdout).not.toContain('owned');
    expect(stdout).not.toMatch(CONTROL);
  });

  obligation('does not fill the disk by its console, which goes on after somebody has looked', async (box) => {
    await asGuestRoot(
      box,
      `for tty in /dev/ttyS0 /dev/console; do head -c ${3 * MiB} /dev/zero | tr '\\0' 'x' >$tty; done`,
    );
    // Half as much again as a log takes; an emulated serial port passes about 0.3 MiB a second.
    expect(logBytes(box)).toBeLessThan(5 * MiB);
    expect((await box.ok(['logs'])).length).toBeLessThan(6 * MiB);
    await asGuestRoot(box, `printf '\\nmarker-two\\n' >/dev/ttyS0`);
    expect(await box.ok(['logs', '-n', '20'])).toContain('marker-two');
    expect(logBytes(box)).toBeLessThan(9 * MiB);
  });

  obligation('is still seen and stopped when its agent talks rubbish without end', async (box) => {
    await asGuestRoot(
      box,
      `systemctl stop qemu-guest-agent || :
      systemd-run --quiet --unit=rubbish sh -c 'while :; do head -c 65536 /dev/urandom; printf "\\\\377{\\"return\\": ["; done >/dev/virtio-ports/org.qemu.guest_agent.0'`,
    );
    const seen = await machine(box);
    expect(seen.pid).not.toBeNull();
    expect(await box.ok(['exec', 'dev', '--', 'echo', 'here'])).toBe('here\n');
    expect((await box.cli(['up'])).stderr).not.toMatch(CONTROL);
    await box.ok(['down', '--timeout', '10']);
    expect(await machine(box)).toMatchObject({ state: 'stopped', pid: null });
  });
}

function hostile(
  title: string,
  user: () => TestUser | Promise<TestUser>,
  more: (obligation: Obligation) => void,
): void {
  let before: unknown;
  scenario(
    title,
    async () => ({ as: await user(), files: { 'ai-vm.yaml': FILE } }),
    (obligation) => {
      obligation('comes up, with nothing of it run by root', async (box) => {
        mkdirSync(canaryOf(box));
        writeFileSync(join(canaryOf(box), 'file'), 'canary\n');
        before = fingerprint(canaryOf(box));
        await box.ok(['up']);
        const all = processesOf([box.dir]).map(({ pid }) => uidsOf(pid));
        expect(all.length).toBeGreaterThanOrEqual(2);
        for (const seen of all) expect(seen?.uids).not.toContain(0);
      });

      obligation('can plant nothing of root’s and no device in a share', async (box) => {
        await asGuestRoot(box, plant(canaryOf(box)));
        for (const share of SHARES) {
          const dir = join(box.project, share);
          // The attack took place.
          expect(readFileSync(join(dir, 'reached'), 'utf8')).toBe('here\n');
          expect(lstatSync(join(dir, 'shadow')).isSymbolicLink()).toBe(true);
          expect(readdirSync(dir).some((name) => name.startsWith('suid-'))).toBe(true);
          expect(dangers(dir)).toEqual([]);
        }
      });

      obligation('is led into its own files by the links that it planted', async (box) => {
        const script = SHARES.map((share) => `cat /mnt/host-rw/${share}/canary/file 2>/dev/null || echo none`);
        expect(await asGuestRoot(box, script.join('\n'))).toBe('none\nnone\n');
      });

      obligation('leads no command of ours along what it planted', async (box) => {
        for (const args of [['ps'], ['up'], ['plan'], ['logs', '-n', '20'], ['validate'], ['config'], ['doctor']]) {
          const { code, stdout, stderr } = await box.cli(args);
          expect({ args, code: args[0] === 'doctor' ? 0 : code }).toEqual({ args, code: 0 });
          expect(stdout + stderr).not.toMatch(CONTROL);
        }
        expect(fingerprint(canaryOf(box))).toEqual(before);
      });

      obligation('gets no share through a link that it planted', async (box) => {
        const { pid } = await machine(box);
        for (const link of [
          'virtio/work/link',
          'classic/work/canary',
          'virtio/shadow',
          'virtio/up',
          'classic/rootdir',
        ]) {
          box.write(
            'ai-vm.yaml',
            FILE.replace('shares:', `shares:\n      - {path: ./${link}, target: /stolen, mode: ro}`),
          );
          const { code, stderr } = await box.cli(['up']);
          const restarted = await box.cli(['restart']);
          expect({ link, codes: [code, restarted.code] }).toEqual({ link, codes: [1, 1] });
          expect(stderr).toMatch(/approval\.needed|share\.refused|share\.missing/u);
        }
        box.write('ai-vm.yaml', FILE);
        expect((await machine(box)).pid).toBe(pid);
      });

      more(obligation);

      obligation('takes with it nothing but its own when it is removed', async (box) => {
        await box.ok(['rm', '--yes']);
        expect(await machine(box)).toMatchObject({ state: 'absent' });
        expect(fingerprint(canaryOf(box))).toEqual(before);
        expect(realpathSync(join(box.project, 'virtio/canary'))).toBe(canaryOf(box));
        expect(dangers(box.project).filter(({ path }) => SHARES.some((share) => path.includes(`/${share}/`)))).toEqual(
          [],
        );
      });
    },
  );
}

hostile(self().uid === 0 ? 'a hostile machine of root' : 'a hostile machine', self, floods);
// Whoever is no root has run just this already.
if (self().uid === 0) hostile('a hostile machine of an ordinary user', ordinaryUser, () => undefined);

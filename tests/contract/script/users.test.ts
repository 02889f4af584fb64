/** The start script for users with particular numbers, and for root among users that it cannot trust. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunAs } from '../../../src/model/capabilities.ts';
import { isRoot, Machine, makeUser, removeUser } from './machine.ts';

const LOW = 901;
let user: RunAs;
let machine: Machine | undefined;
beforeAll(() => void (user = makeUser()));
afterAll(removeUser);
afterEach(() => machine?.remove());

describe('start script', () => {
  it('maps the number of the guest’s first user to whom the machine runs as', async () => {
    machine = await Machine.make(isRoot ? 'drop' : 'user', user);
    await machine.withShares({ shared: 'rw' });
    // Only root can give a directory to a user of the system.
    const uid = isRoot ? LOW : user.uid;
    const guest = isRoot ? 1000 : user.uid;
    if (isRoot) {
      chownSync(join(machine.dir, 'shared'), LOW, LOW);
      machine.spec = { ...machine.spec, runAs: { ...machine.runAs, uid: LOW, gid: LOW } };
    }
    machine.withArguments('-S');
    expect(machine.start()).toMatchObject({ code: 0, stderr: '' });
    const helper = readFileSync(machine.spec.helperPids, 'utf8').split(' ')[0];
    const lines = readFileSync(`/proc/${helper}/uid_map`, 'utf8').trim().split('\n');
    expect(lines.map((line) => line.trim().split(/\s+/))).toEqual([
      ['0', String(machine.runAs.subUid), '1'],
      [String(guest), String(uid), '1'],
    ]);
  });
});

// An ordinary user has nobody to fear in a directory of its own.
if (isRoot) {
  describe('start script of root', () => {
    it('opens and changes nothing in the directory that it has given away', async () => {
      machine = await Machine.make('drop', user);
      await machine.withShares({ first: 'rw', second: 'ro' });
      machine.withArguments('-S');
      const victim = join(machine.dir, 'victim');
      writeFileSync(victim, 'root alone');
      chmodSync(victim, 0o600);
      // A QEMU that was taken over runs as the same user as that of the next machine.
      const swap =
        'while :; do for name in helpers qemu.log serial.log start start.in start.out; do [ -L "$1/$name" ] || ln -sfn "$2" "$1/$name"; done; done';
      const { uid } = machine.runAs;
      const run = machine.spec.runDirs.at(-1) ?? '';
      const argv = [
        '--reuid',
        String(uid),
        '--regid',
        String(uid),
        '--clear-groups',
        'sh',
        '-c',
        swap,
        'sh',
        run,
        victim,
      ];
      const attackers = [1, 2].map(() => spawn('setpriv', argv, { stdio: 'ignore' }));
      try {
        for (let times = 0; times < 3; times += 1) {
          machine.start();
          for (const pid of machine.processes()) {
            if (!attackers.some((attacker) => attacker.pid === pid)) process.kill(pid, 'SIGKILL');
          }
        }
        expect(readFileSync(victim, 'utf8')).toBe('root alone');
        expect(statSync(victim).uid).toBe(0);
      } finally {
        for (const attacker of attackers) attacker.kill('SIGKILL');
        await Promise.all(attackers.map((attacker) => once(attacker, 'exit')));
      }
    }, 120_000);
  });
}

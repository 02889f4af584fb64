/** A user whose number the guest's system needs for itself: what it writes is theirs on the host all the same. */
import { chownSync, readFileSync } from 'node:fs';
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

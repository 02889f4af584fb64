/** How each change of a machine that runs is made, as data. */
import { describe, expect, it } from '@jest/globals';
import type { ShareConfig, VmConfig } from '../../../src/model/desired.ts';
import type { LiveStep } from '../../../src/model/live.ts';
import type { Observed, SeenShare, Sightings } from '../../../src/model/observed.ts';
import type { Change } from '../../../src/model/plan.ts';
import { GiB } from '../../../src/model/units.ts';
import { changesOf } from '../../../src/reconcile/changes.ts';
import { RESOURCES } from '../../../src/resources/index.ts';
import { mountTag } from '../../../src/resources/support.ts';
import { applied, bootContext, running, vmConfig } from '../../fixtures/machines.ts';

const share = (path: string, over: Partial<ShareConfig> = {}): ShareConfig => ({
  ...{ path, target: `/mnt${path}`, mode: 'rw', driver: 'virtiofs', allowSensitive: false },
  ...over,
});
const tcp = (host: number, guest: number) => ({ bind: '127.0.0.1', host, guest, protocol: 'tcp' as const });

interface Given {
  readonly seen?: Partial<Sightings>;
  readonly observed?: Partial<Observed>;
}

const machine = (before: Partial<VmConfig>, { seen = {}, observed = {} }: Given): Observed => {
  const now = running(vmConfig(before), observed);
  return { ...now, sightings: { ...now.sightings, ...seen } };
};

const changes = (before: Partial<VmConfig>, after: Partial<VmConfig>, given: Given = {}): Change[] =>
  changesOf(RESOURCES, vmConfig(after), machine(before, given));

/** One line for each step, with what it is about. */
function line(step: LiveStep): string {
  switch (step.do) {
    case 'host':
      return `${step.title}: ${step.act.via === 'hmp' ? step.act.line : `${step.act.command} ${JSON.stringify(step.act.args)}`}`;
    case 'serve':
      return `serve ${step.helper.share.path} ${step.helper.mode} at ${step.socket} as ${step.helper.tag}`;
    case 'mount':
      return `mount ${step.mount.tag} at ${step.mount.target} ${step.mount.options.join(',')}`;
    case 'unmount':
      return `unmount ${step.target}${step.gone ? ', which nobody serves' : ''}`;
    case 'unplug':
      return `unplug ${step.device}, ${step.chardev}, ${step.socket}`;
    case 'settings':
      return `settings ${JSON.stringify(step.settings)}`;
    default:
      return step.title;
  }
}

function steps(before: Partial<VmConfig>, after: Partial<VmConfig>, given: Given = {}): string[] {
  const now = machine(before, given);
  const vm = vmConfig(after);
  const judged = new Map(vm.shares.map(({ path }) => [path, { path, identity: '1:1' }]));
  const context = {
    ...bootContext({ vm, judged, start: 'warm', sshPort: now.applied!.sshPort }),
    ...{ seen: now.sightings, applied: now.applied!.config },
  };
  return changesOf(RESOURCES, vm, now)
    .filter((change) => change.class === 'live')
    .flatMap((change) => {
      const resource = RESOURCES.find(({ name }) => name === change.resource)!;
      return [`# ${change.field}`, ...resource.steps!(change, resource.desired(vm), context).map(line)];
    });
}

const summary = (list: readonly Change[]): string[] =>
  list.map((c) => `${c.field}: ${c.before} → ${c.after} (${c.class}${c.reason === '' ? '' : `: ${c.reason}`})`);

describe('a share', () => {
  const a = share('/a');
  it('comes to the first free place', () => {
    expect(steps({ shares: [a] }, { shares: [share('/b'), a] })).toMatchInlineSnapshot(`
      [
        "# shares /mnt/b",
        "serve /b rw at /run/user/1000/ai-vm/0123abcd/dev/fs1.sock as rw188f7187-b",
        "reach the server of the share /b: chardev-add {"id":"fs1","backend":{"type":"socket","data":{"addr":{"type":"unix","data":{"path":"/run/user/1000/ai-vm/0123abcd/dev/fs1.sock"}},"server":false}}}",
        "attach the share /b: device_add {"driver":"vhost-user-fs-pci","id":"share1","chardev":"fs1","tag":"rw188f7187-b","bus":"rp2"}",
        "mount rw188f7187-b at /mnt/b rw",
      ]
    `);
  });
  it('goes with its device and its server', () => {
    expect(steps({ shares: [a, share('/b')] }, { shares: [a] })).toMatchInlineSnapshot(`
      [
        "# shares /mnt/b",
        "unmount /mnt/b",
        "unplug share1, fs1, /run/user/1000/ai-vm/0123abcd/dev/fs1.sock",
      ]
    `);
  });
  it('is another one when its mode changes', () => {
    expect(steps({ shares: [a] }, { shares: [share('/a', { mode: 'ro' })] })).toMatchInlineSnapshot(`
      [
        "# shares /mnt/a",
        "unmount /mnt/a",
        "unplug share0, fs0, /run/user/1000/ai-vm/0123abcd/dev/fs0.sock",
        "serve /a ro at /run/user/1000/ai-vm/0123abcd/dev/fs1.sock as rof0706d70-a",
        "reach the server of the share /a: chardev-add {"id":"fs1","backend":{"type":"socket","data":{"addr":{"type":"unix","data":{"path":"/run/user/1000/ai-vm/0123abcd/dev/fs1.sock"}},"server":false}}}",
        "attach the share /a: device_add {"driver":"vhost-user-fs-pci","id":"share1","chardev":"fs1","tag":"rof0706d70-a","bus":"rp2"}",
        "mount rof0706d70-a at /mnt/a ro",
      ]
    `);
  });
  it('is two changes when it moves', () => {
    expect(steps({ shares: [a] }, { shares: [share('/a', { target: '/b' })] })).toMatchInlineSnapshot(`
      [
        "# shares /b",
        "serve /a rw at /run/user/1000/ai-vm/0123abcd/dev/fs1.sock as rw148c32fb-a",
        "reach the server of the share /a: chardev-add {"id":"fs1","backend":{"type":"socket","data":{"addr":{"type":"unix","data":{"path":"/run/user/1000/ai-vm/0123abcd/dev/fs1.sock"}},"server":false}}}",
        "attach the share /a: device_add {"driver":"vhost-user-fs-pci","id":"share1","chardev":"fs1","tag":"rw148c32fb-a","bus":"rp2"}",
        "mount rw148c32fb-a at /b rw",
        "# shares /mnt/a",
        "unmount /mnt/a",
        "unplug share0, fs0, /run/user/1000/ai-vm/0123abcd/dev/fs0.sock",
      ]
    `);
  });
  it('whose server is gone is left where it is, and another one comes with another tag', () => {
    const shares: SeenShare[] = [{ place: 0, tag: mountTag(a), served: false }];
    expect(summary(changes({ shares: [a] }, { shares: [a] }, { seen: { shares } }))).toMatchInlineSnapshot(`
      [
        "shares /mnt/a: /a (rw), its server is gone → /a (rw) (live: it is not as it was left)",
      ]
    `);
    expect(steps({ shares: [a] }, { shares: [a] }, { seen: { shares } })).toMatchInlineSnapshot(`
      [
        "# shares /mnt/a",
        "unmount /mnt/a, which nobody serves",
        "serve /a rw at /run/user/1000/ai-vm/0123abcd/dev/fs1.sock as rwf0706d70.1-a",
        "reach the server of the share /a: chardev-add {"id":"fs1","backend":{"type":"socket","data":{"addr":{"type":"unix","data":{"path":"/run/user/1000/ai-vm/0123abcd/dev/fs1.sock"}},"server":false}}}",
        "attach the share /a: device_add {"driver":"vhost-user-fs-pci","id":"share1","chardev":"fs1","tag":"rwf0706d70.1-a","bus":"rp2"}",
        "mount rwf0706d70.1-a at /mnt/a rw",
      ]
    `);
  });
  it('of nobody, and what is left of one, go', () => {
    const shares: SeenShare[] = [{ place: 3, tag: "rw-it's", served: true }];
    const given = { seen: { shares, remains: [5] } };
    expect(summary(changes({}, {}, given))).toMatchInlineSnapshot(`
      [
        "shares rw-it's: attached → none (live: it is not as it was left)",
        "shares place 5: left over → none (live: it is not as it was left)",
      ]
    `);
    expect(steps({}, {}, given)).toMatchInlineSnapshot(`
      [
        "# shares rw-it's",
        "unmount rw-it's",
        "unplug share3, fs3, /run/user/1000/ai-vm/0123abcd/dev/fs3.sock",
        "# shares place 5",
        "end what is left at place 5",
      ]
    `);
  });
  it('that was begun is only mounted, if that is all that is missing', () => {
    const begun = [{ resource: 'shares', field: 'shares /mnt/a', key: '/mnt/a' }];
    const config = vmConfig({ shares: [a] });
    const given = { observed: { applied: applied(config, { begun }) } };
    expect(summary(changes({ shares: [a] }, { shares: [a] }, given))).toMatchInlineSnapshot(`
      [
        "shares /mnt/a: half changed → as declared (live: a change of it was cut off)",
      ]
    `);
    expect(steps({ shares: [a] }, { shares: [a] }, given)).toMatchInlineSnapshot(`
      [
        "# shares /mnt/a",
        "serve /a rw at /run/user/1000/ai-vm/0123abcd/dev/fs0.sock as rwf0706d70-a",
        "reach the server of the share /a: chardev-add {"id":"fs0","backend":{"type":"socket","data":{"addr":{"type":"unix","data":{"path":"/run/user/1000/ai-vm/0123abcd/dev/fs0.sock"}},"server":false}}}",
        "attach the share /a: device_add {"driver":"vhost-user-fs-pci","id":"share0","chardev":"fs0","tag":"rwf0706d70-a","bus":"rp1"}",
        "mount rwf0706d70-a at /mnt/a rw",
      ]
    `);
  });

  const ten = Array.from({ length: 10 }, (_, n) => share(`/${n}`));
  it('is the tenth, and there is no eleventh until it is restarted', () => {
    expect(summary(changes({ shares: ten.slice(0, 9) }, { shares: [...ten, a] }))).toMatchInlineSnapshot(`
      [
        "shares /mnt/9: none → /9 (rw) (live)",
        "shares /mnt/a: none → /a (rw) (reboot: no more shares can be attached until it is restarted)",
      ]
    `);
  });
  it('of ten changes at its own place, or in that of one that goes', () => {
    const [first, ...rest] = ten;
    const ro = { ...first!, mode: 'ro' as const };
    expect(steps({ shares: ten }, { shares: [ro, ...rest] })[3]).toContain('fs0.sock');
    expect(summary(changes({ shares: ten }, { shares: [...rest, a] }))).toMatchInlineSnapshot(`
      [
        "shares /mnt/0: /0 (rw) → none (live)",
        "shares /mnt/a: none → /a (rw) (live)",
      ]
    `);
  });
  it('has no place that is only free once another one changes its own', () => {
    const dead = ten.slice(0, 9).map((each, place) => ({ place, tag: mountTag(each), served: false }));
    const last = share('/9');
    const attached = [...dead, { place: 9, tag: mountTag(last), served: true }];
    const after = [a, { ...last, mode: 'ro' as const }];
    expect(summary(changes({ shares: [last] }, { shares: after }, { seen: { shares: attached } }))).toEqual([
      'shares /mnt/9: /9 (rw) → /9 (ro) (live)',
      'shares /mnt/a: none → /a (rw) (reboot: no more shares can be attached until it is restarted)',
    ]);
  });
  it('beside the root ports stays until it is restarted', () => {
    expect(summary(changes({ shares: [...ten, a] }, { shares: ten }))).toMatchInlineSnapshot(`
      [
        "shares /mnt/a: /a (rw) → none (reboot: it was attached at start, where nothing can be taken away)",
      ]
    `);
  });
  it('through 9p comes and goes at a restart', () => {
    const ninep = share('/a', { driver: '9p' });
    expect(summary(changes({}, { shares: [ninep] }))).toMatchInlineSnapshot(`
      [
        "shares /mnt/a: none → /a (rw) by 9p (reboot: 9p shares are attached at start)",
      ]
    `);
  });
});

describe('memory', () => {
  it('goes up and down', () => {
    expect(steps({ memory: 2 * GiB }, { memory: 3 * GiB })).toMatchInlineSnapshot(`
      [
        "# memory",
        "ask for 3 GiB of memory: qom-set {"path":"/machine/peripheral/memory1","property":"requested-size","value":2684354560}",
        "take all of 3 GiB of memory",
        "give back all memory over 3 GiB",
      ]
    `);
    expect(steps({ memory: 2 * GiB }, { memory: GiB })).toMatchInlineSnapshot(`
      [
        "# memory",
        "ask for 1 GiB of memory: qom-set {"path":"/machine/peripheral/memory1","property":"requested-size","value":536870912}",
        "take all of 1 GiB of memory",
        "give back all memory over 1 GiB",
      ]
    `);
  });
  it('stays within what the machine has booted with, and what there is room for', () => {
    expect(summary(changes({ memory: 2 * GiB }, { memory: GiB / 4 }))).toMatchInlineSnapshot(`
      [
        "memory: 2 GiB → 256 MiB (reboot: it has booted with 512 MiB, which cannot be taken away)",
      ]
    `);
    expect(summary(changes({ memory: 2 * GiB }, { memory: 16 * GiB }))).toMatchInlineSnapshot(`
      [
        "memory: 2 GiB → 16 GiB (reboot: there is room for 8 GiB until it is restarted)",
      ]
    `);
    expect(summary(changes({}, { memory: GiB }, { seen: { plug: null } }))).toMatchInlineSnapshot(`
      [
        "memory: 2 GiB → 1 GiB (reboot: RAM is fixed at start: the image is not made for more)",
      ]
    `);
  });
});

describe('ports', () => {
  it('come, go and move', () => {
    expect(steps({ ports: [tcp(1, 10), tcp(2, 20)] }, { ports: [tcp(2, 21), tcp(3, 30)] })).toMatchInlineSnapshot(`
      [
        "# ports 127.0.0.1:1/tcp",
        "stop forwarding 127.0.0.1:1/tcp: hostfwd_remove net0 tcp:127.0.0.1:1",
        "# ports 127.0.0.1:2/tcp",
        "stop forwarding 127.0.0.1:2/tcp: hostfwd_remove net0 tcp:127.0.0.1:2",
        "forward 127.0.0.1:2/tcp: hostfwd_add net0 tcp:127.0.0.1:2-:21",
        "# ports 127.0.0.1:3/tcp",
        "forward 127.0.0.1:3/tcp: hostfwd_add net0 tcp:127.0.0.1:3-:30",
      ]
    `);
  });
  it('never take SSH’s way, which moves before one takes its place', () => {
    const ssh = { port: 2223, declared: true };
    expect(steps({}, { ssh, ports: [tcp(2222, 80)] })).toMatchInlineSnapshot(`
      [
        "# ssh",
        "forward 127.0.0.1:2223/tcp: hostfwd_add net0 tcp:127.0.0.1:2223-:22",
        "stop forwarding 127.0.0.1:2222/tcp: hostfwd_remove net0 tcp:127.0.0.1:2222",
        "# ports 127.0.0.1:2222/tcp",
        "forward 127.0.0.1:2222/tcp: hostfwd_add net0 tcp:127.0.0.1:2222-:80",
      ]
    `);
    expect(steps({}, { ports: [tcp(2222, 80)] })).toMatchInlineSnapshot(`
      [
        "# ssh",
        "forward 127.0.0.1:2223/tcp: hostfwd_add net0 tcp:127.0.0.1:2223-:22",
        "stop forwarding 127.0.0.1:2222/tcp: hostfwd_remove net0 tcp:127.0.0.1:2222",
        "# ports 127.0.0.1:2222/tcp",
        "forward 127.0.0.1:2222/tcp: hostfwd_add net0 tcp:127.0.0.1:2222-:80",
      ]
    `);
  });
  it('are missed when SSH’s is gone', () => {
    expect(summary(changes({}, {}, { seen: { forwards: [] } }))).toMatchInlineSnapshot(`
      [
        "ssh: port 2222, not forwarded → port 2222 (live: it is not as it was left)",
      ]
    `);
    expect(steps({}, {}, { seen: { forwards: [] } })).toMatchInlineSnapshot(`
      [
        "# ssh",
        "forward 127.0.0.1:2222/tcp: hostfwd_add net0 tcp:127.0.0.1:2222-:22",
      ]
    `);
  });
});

describe('the others', () => {
  it('grow, and go online', () => {
    const before = { storage: 20 * GiB, cpus: 2 };
    expect(steps(before, { storage: 30 * GiB, cpus: 3 })).toMatchInlineSnapshot(`
      [
        "# cpus",
        "have 3 vCPUs online",
        "# storage",
        "grow the disk: block_resize {"node-name":"root","size":32212254720}",
        "grow the file system to its disk",
      ]
    `);
    expect(summary(changes(before, { cpus: 5 }))).toMatchInlineSnapshot(`
      [
        "cpus: 2 → 5 (reboot: 4 vCPUs are present until it is restarted)",
      ]
    `);
  });
  it('are users and variables', () => {
    expect(steps({ users: ['dev', 'ann'] }, { users: ['dev', 'bob'], env: { B: "it's", A: '' } }))
      .toMatchInlineSnapshot(`
      [
        "# users",
        "lock out all but dev, bob",
        "settings {"users":[{"name":"dev","uid":1000,"groups":["sudo","audio"],"sudo":true,"authorizedKeys":["ssh-ed25519 AAAAuser ai-vm"]},{"name":"bob","uid":1001,"groups":["sudo","audio"],"sudo":true,"authorizedKeys":["ssh-ed25519 AAAAuser ai-vm"]}]}",
        "let in dev, bob",
        "# env A",
        "settings {"files":[{"path":"/etc/ssh/sshd_config.d/10-ai-vm-env.conf","mode":"0600","owner":"root","group":"root","content":"SetEnv \\"A=\\" \\"B=it's\\"\\n"}]}",
        "tell sshd of it",
        "begin new sessions",
        "# env B",
        "settings {"files":[{"path":"/etc/ssh/sshd_config.d/10-ai-vm-env.conf","mode":"0600","owner":"root","group":"root","content":"SetEnv \\"A=\\" \\"B=it's\\"\\n"}]}",
        "tell sshd of it",
        "begin new sessions",
      ]
    `);
    expect(summary(changes({ users: ['dev', 'ann'] }, { users: ['ann', 'dev'] }))).toMatchInlineSnapshot(`
      [
        "users: dev, ann → ann, dev (reboot: users would get other numbers: their files stay with the old ones)",
      ]
    `);
  });
});

describe('what a change leaves in the record', () => {
  const adopted = (before: Partial<VmConfig>, after: Partial<VmConfig>) =>
    changes(before, after).reduce(
      (record, change) =>
        RESOURCES.find(({ name }) => name === change.resource)?.adopt?.(record, change, vmConfig(after)) ?? record,
      applied(vmConfig(before)),
    );

  it.each<[string, Partial<VmConfig>]>([
    ['cpus', { cpus: 3 }],
    ['memory', { memory: 3 * GiB }],
    ['storage', { storage: 30 * GiB }],
    ['ports', { ports: [tcp(3, 30), tcp(1, 11)] }],
    ['shares', { shares: [share('/b'), share('/a', { mode: 'ro' })] }],
    ['users', { users: ['dev', 'bob'] }],
    ['env', { env: { A: '1' } }],
    ['labels', { labels: { none: 'none' } }],
    ['healthcheck', { healthcheck: { test: 'true', interval: 1, timeout: 1, retries: 1, startPeriod: 0 } }],
  ])('is what was declared: %s', (_, after) => {
    const before = { ports: [tcp(1, 10)], shares: [share('/a')] };
    const declared = { ...before, ...after };
    expect(adopted(before, declared).config).toEqual(vmConfig(declared));
  });

  it('is the port that SSH has got', () => {
    expect(adopted({}, { ssh: { port: 2225, declared: true } })).toMatchObject({ sshPort: 2225 });
    expect(adopted({}, { ports: [tcp(2222, 80)] })).toMatchObject({ sshPort: 2223 });
  });
});

describe('a change', () => {
  it('by somebody else is drift; one that was refused says why; one that was cut off says so', () => {
    const config = vmConfig({ ports: [tcp(1, 10)] });
    const seen = { memory: GiB, forwards: [tcp(2222, 22)] };
    const refused = { 'ports 127.0.0.1:1/tcp': 'it is taken' };
    const record = applied(config, { refused, begun: [{ resource: 'users', field: 'users' }] });
    const found = changes({}, { ports: [tcp(1, 10)] }, { seen, observed: { applied: record } });
    expect(summary(found)).toMatchInlineSnapshot(`
      [
        "memory: 1 GiB → 2 GiB (live: it is not as it was left)",
        "ports 127.0.0.1:1/tcp: none → guest port 10 (live: it is taken)",
        "users: half changed → as declared (live: a change of it was cut off)",
      ]
    `);
    expect(found.map(({ drift }) => drift)).toEqual([true, true, undefined]);
  });

  it('that was begun is none of a machine that does not run', () => {
    const record = applied(vmConfig(), { begun: [{ resource: 'users', field: 'users' }] });
    expect(changes({}, {}, { observed: { applied: record, process: null } })).toEqual([]);
  });
});

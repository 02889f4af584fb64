import { describe, expect, it } from '@jest/globals';
import { EMPTY_LIVE, type HostCheck, type HostStep, type LivePart } from '../../../src/model/live.ts';
import { GiB } from '../../../src/model/units.ts';
import type { Qmp } from '../../../src/qemu/qmp.ts';
import { applyHost, awaitSettled, holds, joinLive, splitLive } from '../../../src/reconcile/live.ts';
import { RESOURCES } from '../../../src/resources/index.ts';
import { bootContext, vmConfig } from '../../fixtures/machines.ts';

/** A monitor that gives these answers and keeps what it was asked, one line each. */
function monitor(answers: Readonly<Record<string, unknown>> = {}) {
  const asked: string[] = [];
  const answer = (line: string): Promise<unknown> => {
    asked.push(line);
    const found = Object.entries(answers).find(([begin]) => line.startsWith(begin))?.[1];
    return found instanceof Error ? Promise.reject(found) : Promise.resolve(found);
  };
  const qmp = {
    execute: (command: string, args: unknown = {}) => answer(`${command} ${JSON.stringify(args)}`),
    hmp: async (line: string) => (await answer(line)) ?? '',
  };
  return { asked, qmp: qmp as unknown as Qmp };
}

const USERNET = '  TCP[HOST_FORWARD]  11       127.0.0.1  8080       10.0.2.15    80     0     0\r\n';
const forwards = { is: 'forwarded', protocol: 'tcp', bind: '127.0.0.1', host: 8080, guest: 80 } as const;
const port: HostStep = {
  title: 'forward 127.0.0.1:8080/tcp',
  unless: forwards,
  act: { via: 'hmp', line: 'hostfwd_add net0 tcp:127.0.0.1:8080-:80' },
};
const share: HostStep = {
  title: 'attach the share ./a',
  unless: { is: 'there', what: 'device', id: 'share0' },
  act: { via: 'qmp', command: 'device_add', args: { driver: 'vhost-user-fs-pci', id: 'share0' } },
};
const live = (over: Partial<LivePart>): LivePart => ({ ...EMPTY_LIVE, ...over });

describe('whether something is so', () => {
  it.each<[string, HostCheck, Record<string, unknown>, boolean]>([
    ['a device', share.unless, { 'qom-list {"path":"/machine/peripheral"}': [{ name: 'share0' }] }, true],
    ['no device', share.unless, { 'qom-list': [{ name: 'share1' }, { name: 'type' }] }, false],
    [
      'an object',
      { is: 'there', what: 'object', id: 'mem1' },
      { 'qom-list {"path":"/objects"}': [{ name: 'mem1' }] },
      true,
    ],
    ['a forward', port.unless, { 'info usernet': USERNET }, true],
    ['a forward that leads elsewhere', { ...forwards, guest: 22 }, { 'info usernet': USERNET }, false],
    ['a chardev', { is: 'chardev', id: 'fs0' }, { 'query-chardev': [{ label: 'fs0' }] }, true],
    ['no chardev', { is: 'chardev', id: 'fs0' }, { 'query-chardev': [{ label: 'fs01' }] }, false],
    ['enough', { is: 'at-least', path: '/p', property: 'size', value: 5 }, { 'qom-get': 5 }, true],
    ['too little', { is: 'at-least', path: '/p', property: 'size', value: 5 }, { 'qom-get': 4 }, false],
    ['no number', { is: 'at-least', path: '/p', property: 'size', value: 0 }, { 'qom-get': '9' }, false],
    [
      'a large disk',
      { is: 'block-size', node: 'root', bytes: 10 },
      { 'query-named-block-nodes': [{ 'node-name': 'other' }, { 'node-name': 'root', image: { 'virtual-size': 10 } }] },
      true,
    ],
    [
      'a small disk',
      { is: 'block-size', node: 'root', bytes: 11 },
      { 'query-named-block-nodes': [{ 'node-name': 'root', image: { 'virtual-size': 10 } }] },
      false,
    ],
    ['no disk', { is: 'block-size', node: 'root', bytes: 0 }, { 'query-named-block-nodes': [{}] }, false],
    ['a forward', port.unless, { 'info usernet': USERNET }, true],
    ['another address', { ...port.unless, bind: '0.0.0.0' } as HostCheck, { 'info usernet': USERNET }, false],
    ['another protocol', { ...port.unless, protocol: 'udp' } as HostCheck, { 'info usernet': USERNET }, false],
    ['nonsense', share.unless, { 'qom-list': [null, 5, 'share0', ['share0']] }, false],
    ['more nonsense', { is: 'chardev', id: 'fs0' }, { 'query-chardev': { label: 'fs0' } }, false],
  ])('%s', async (_, check, answers, so) => {
    expect(await holds(monitor(answers).qmp, check)).toBe(so);
  });
});

describe('what the host does', () => {
  it('is done at once on a machine that has nothing', async () => {
    const { asked, qmp } = monitor({ 'info usernet': USERNET, 'qom-list': [{ name: 'share0' }] });
    await applyHost(qmp, live({ host: [port, share] }), true);
    expect(asked).toEqual([
      'hostfwd_add net0 tcp:127.0.0.1:8080-:80',
      'device_add {"driver":"vhost-user-fs-pci","id":"share0"}',
    ]);
  });

  it('is looked for first on a machine that may have it', async () => {
    const { asked, qmp } = monitor({ 'info usernet': USERNET, 'qom-list': [] });
    await applyHost(qmp, live({ host: [port, share] }), false);
    expect(asked).toEqual([
      'info usernet',
      'qom-list {"path":"/machine/peripheral"}',
      'device_add {"driver":"vhost-user-fs-pci","id":"share0"}',
    ]);
  });

  it('stops at what QEMU refuses', async () => {
    const refusal = new Error('QEMU refused device_add');
    const { asked, qmp } = monitor({ device_add: refusal });
    await expect(applyHost(qmp, live({ host: [share, port] }), true)).rejects.toBe(refusal);
    expect(asked).toHaveLength(1);
  });

  it('says whose fault it is that a port cannot be forwarded', async () => {
    const said = "Could not set up host forwarding rule 'tcp:127.0.0.1:8080-:80'\r\n";
    await expect(applyHost(monitor({ hostfwd_add: said }).qmp, live({ host: [port] }), true)).rejects.toMatchObject({
      code: 'host.port-taken',
      message: 'could not forward 127.0.0.1:8080/tcp',
      why: said.trim(),
      fix: expect.stringContaining('ss -lnp') as unknown,
    });
    const other = "Device 'net0' not found\r\n";
    const error = await applyHost(monitor({ hostfwd_add: other }).qmp, live({ host: [port] }), true).catch(
      (each: unknown) => each,
    );
    expect(error).toMatchObject({ code: 'qmp.failed', why: other.trim(), fix: undefined });
  });
});

describe('what the guest has to follow', () => {
  const { signal } = new AbortController();
  const settled = ['memory', 'more'].map((title, n) => ({
    title: `take ${title}`,
    check: { is: 'at-least', path: `/${n}`, property: 'size', value: 5 } as const,
  }));

  it('is waited for, and not asked again once it is so', async () => {
    const answers = { 'qom-get {"path":"/0"': 5, 'qom-get {"path":"/1"': 4 };
    const { asked, qmp } = monitor(answers);
    setTimeout(() => (answers['qom-get {"path":"/1"'] = 6), 30);
    expect(await awaitSettled(qmp, live({ settled }), 5000, signal)).toEqual([]);
    expect(asked.filter((line) => line.includes('"/0"'))).toHaveLength(1);
    expect(asked.length).toBeGreaterThan(2);
  });

  it('is named when its time is over', async () => {
    expect(await awaitSettled(monitor({ 'qom-get {"path":"/0"': 5 }).qmp, live({ settled }), 20, signal)).toEqual([
      'take more',
    ]);
    expect(await awaitSettled(monitor().qmp, EMPTY_LIVE, 0, signal)).toEqual([]);
  });

  it('is given up when nobody wants it', async () => {
    const end = new AbortController();
    setTimeout(() => {
      end.abort();
    }, 20);
    await expect(awaitSettled(monitor().qmp, live({ settled }), 60_000, end.signal)).rejects.toThrow('abort');
  });
});

describe('the parts of a machine', () => {
  const shares = [
    { path: '/a', target: '/mnt/a', mode: 'rw', driver: 'auto', allowSensitive: false },
    { path: '/b', target: '/mnt/b', mode: 'ro', driver: 'auto', allowSensitive: false },
  ] as const;
  const vm = vmConfig({
    shares,
    ports: [{ bind: '127.0.0.1', host: 8080, guest: 80, protocol: 'tcp' }],
    cpus: 3,
    memory: 6 * GiB,
  });
  const judged = new Map(shares.map(({ path }) => [path, { path, identity: '1:1' }]));
  const context = bootContext({ vm, judged, start: 'warm' });
  const part = joinLive(RESOURCES.map((resource) => resource.live?.(resource.desired(vm), context) ?? {}));
  const { early, late } = splitLive(part);
  const titles = (steps: readonly { readonly title: string }[]): string[] => steps.map((step) => step.title);

  it('are all there, once', () => {
    expect([...titles(early.host), ...titles(late.host)].sort()).toEqual(titles(part.host).sort());
    expect([...titles(early.guest), ...titles(late.guest)].sort()).toEqual(titles(part.guest).sort());
    expect([early.vcpus, late.vcpus]).toEqual([null, 3]);
    expect([early.settled.length, late.settled.length]).toEqual([0, part.settled.length]);
  });

  it('keep nobody from logging in who only wants more memory', () => {
    expect(titles(early.host).sort()).toEqual([
      'attach the share /a',
      'attach the share /b',
      'forward 127.0.0.1:8080/tcp',
      'reach the server of the share /a',
      'reach the server of the share /b',
    ]);
    expect(titles(late.host)).toEqual(expect.arrayContaining(['make room for memory', 'plug in memory']));
    expect(late.settled.map(({ title, check }) => [title, 'value' in check && check.value])).toEqual([
      ['take all of 6 GiB of memory', 4 * GiB],
    ]);
  });

  it('give each device a root port of its own', () => {
    const buses = part.host.flatMap(({ act }) => (act.via === 'qmp' && act.args['bus'] ? [act.args['bus']] : []));
    expect(buses.sort()).toEqual(['rp0', 'rp1', 'rp2']);
  });

  it('are the same devices as those of a boot', () => {
    const cold = bootContext({ vm, judged });
    const argv = RESOURCES.flatMap((resource) => resource.boot(resource.desired(vm), cold).argv).join(' ');
    for (const { act } of part.host) {
      if (act.via === 'hmp') expect(argv).toContain(act.line.replace('hostfwd_add net0 ', 'hostfwd='));
      else if (act.command === 'device_add') {
        const { driver, ...rest } = act.args;
        const words = Object.entries(rest).map(([name, value]) => `${name}=${String(value)}`);
        expect(argv).toContain([driver, ...words].join(','));
      }
    }
  });
});

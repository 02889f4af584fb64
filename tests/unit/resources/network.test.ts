import { describe, expect, it } from '@jest/globals';
import { networkText, type NetworkConfig, type SeenGateway } from '../../../src/model/network.ts';
import { changesOf } from '../../../src/reconcile/changes.ts';
import { RESOURCES } from '../../../src/resources/index.ts';
import { network } from '../../../src/resources/network.ts';
import { ports } from '../../../src/resources/ports.ts';
import { bootContext, onHostNetwork, running, seenGateway, vmConfig } from '../../fixtures/machines.ts';

const none: NetworkConfig = { hostLoopback: false, allowHost: [], egress: { kind: 'only', allow: [], presets: [] } };
const changes = (desired: NetworkConfig | undefined, gateway: SeenGateway | null) => {
  const observed = running(vmConfig());
  const vm = desired ? vmConfig({ network: desired }) : onHostNetwork(vmConfig());
  return changesOf(RESOURCES, vm, { ...observed, sightings: { ...observed.sightings, gateway } })
    .filter(({ resource }) => resource === 'network')
    .map(({ before, after, class: how, reason }) => [before, after, how, reason]);
};

describe('network', () => {
  it('is wired when a machine starts', () => {
    const wired = 'the card is wired when the machine starts';
    expect(changes(undefined, null)).toEqual([]);
    expect(changes(none, null)).toEqual([['user-mode', 'host closed, egress none', 'reboot', wired]]);
    expect(changes(undefined, seenGateway(none))).toEqual([['host closed, egress none', 'user-mode', 'reboot', wired]]);
  });

  it('changes while it runs, and a gateway that has ended is started', () => {
    expect(changes(none, seenGateway(none))).toEqual([]);
    const open: NetworkConfig = { ...none, allowHost: [80, 81], egress: { kind: 'open' } };
    expect(changes(none, seenGateway(open))).toMatchObject([
      ['host 80, 81, egress open', 'host closed, egress none', 'live', ''],
    ]);
    const gone = 'its gateway has ended, and nothing goes in or out';
    expect(changes(none, { is: 'gone' })).toEqual([['no gateway', 'host closed, egress none', 'live', gone]]);
  });

  it('is one step, recorded when it is made', () => {
    const vm = vmConfig({ network: none });
    const change = { resource: 'network', field: 'network', class: 'live', before: '', after: '', reason: '' } as const;
    expect(network.steps?.(change, none, {} as never)).toMatchObject([{ do: 'gateway', network: none }]);
    const { applied } = running(vmConfig());
    expect(network.adopt?.(applied!, change, vm).config.network).toEqual(none);
  });

  it('tells every policy from every other', () => {
    const rule = (host: string, port: number | null = null) => ({ host, port });
    const texts = [
      none,
      { ...none, hostLoopback: true },
      { ...none, allowHost: [1] },
      { ...none, egress: { kind: 'open' as const } },
      ...[[rule('a.b')], [rule('a.b', 22)], [rule('*.a.b')], [rule('a.b'), rule('c.d')]].map((allow) => ({
        ...none,
        egress: { kind: 'only' as const, allow, presets: [] },
      })),
      { ...none, egress: { kind: 'only' as const, allow: [], presets: ['npm' as const] } },
    ].map(networkText);
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('puts the forwards on a card of their own that nothing leaves by', () => {
    const vm = vmConfig({ network: none });
    const { argv } = ports.boot(vm.ports, bootContext({ vm }));
    expect(argv).toMatchInlineSnapshot(`
      [
        "-netdev",
        "user,id=net0,ipv6=off,hostfwd=tcp:127.0.0.1:2222-:22",
        "-netdev",
        "stream,id=net1,server=on,addr.type=unix,addr.path=/run/user/1000/ai-vm/0123abcd/dev/guest.sock",
        "-netdev",
        "stream,id=forward0,server=on,addr.type=unix,addr.path=/run/user/1000/ai-vm/0123abcd/dev/forward.sock",
        "-netdev",
        "hubport,id=hub0,hubid=0,netdev=net0",
        "-netdev",
        "hubport,id=hub1,hubid=0,netdev=forward0",
        "-device",
        "virtio-net-pci,id=nic0,netdev=net1,mac=52:54:00:12:34:56,romfile=",
      ]
    `);
    const plain = onHostNetwork(vmConfig());
    expect(ports.boot(plain.ports, bootContext({ vm: plain })).argv.join(' ')).not.toMatch(/stream|hub/);
  });
});

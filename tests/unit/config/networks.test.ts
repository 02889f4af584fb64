import { describe, expect, it } from '@jest/globals';
import { configFile } from '../../../src/config/print.ts';
import { networkText } from '../../../src/model/network.ts';
import { faults, load } from './support.ts';

const networksOf = (text: string) =>
  Object.fromEntries(load(text).desired.vms.map(({ name, network }) => [name, network?.networks]));

describe('networks', () => {
  it('puts machines on those that they name, sorted, and all others on the default one', () => {
    const file = `
networks: {front: {}, back: null}
vms:
  web: {networks: [front, back, front]}
  db: {networks: {back: {}}}
  all: {networks: [default, back]}
  plain: {networks: [default]}
  none: {}
`;
    expect(networksOf(file)).toEqual({
      ...{ web: ['back', 'front'], db: ['back'], all: ['back', 'default'], plain: undefined, none: undefined },
    });
  });

  it('leaves what else a machine may reach as it is, and is nothing for one on the network of the host', () => {
    const vm = (more: string) => load(`networks: {back: {}}\nvms: {db: {networks: [back]${more}}}`).desired.vms[0]!;
    expect(networkText(vm(', network: {egress: none}').network!)).toBe('host closed, egress none, on back');
    expect(faults('networks: {back: {}}\nvms: {db: {network: host, networks: [back]}}')).toContain('network: host');
  });

  it('adds up what defaults and a machine say', () => {
    const file = `
networks: {front: {}, back: {}}
defaults: {networks: [back]}
vms: {web: {networks: [front]}, db: {}}
`;
    expect(networksOf(file)).toEqual({ web: ['back', 'front'], db: ['back'] });
  });

  it('is printed as it is read', () => {
    const file = 'networks: {back: {}, unused: {}}\nvms: {db: {networks: [back, default]}, web: {}}';
    const { desired } = load(file);
    const printed = configFile(desired);
    expect(printed.networks).toEqual({ back: {} });
    expect(load(JSON.stringify(printed)).desired.vms[0]!.network).toEqual(desired.vms[0]!.network);
    expect(configFile(load('vms: {db: {}}').desired).networks).toBeUndefined();
  });

  it('says which network is not there, and which is meant', () => {
    expect(faults('networks: {backend: {}}\nvms:\n  db:\n    networks: [backnd]\n')).toMatchInlineSnapshot(`
      "ai-vm.yaml:4:16  error  vms.db.networks[0]: there is no network "backnd" [config.unknown-network]
        3 |   db:
        4 |     networks: [backnd]
          |                ^^^^^^
        hint: Did you mean backend?"
    `);
    expect(faults('vms:\n  db:\n    networks: [back]\n')).toContain('hint: Declare it: `networks: {back: {}}`');
  });

  it('takes no empty list, and no settings that mean nothing here', () => {
    expect(faults('vms: {db: {networks: []}}')).toContain('at least one is needed');
    expect(faults('networks: {back: {driver: bridge}}\nvms: {db: {}}')).toContain('driver');
  });
});

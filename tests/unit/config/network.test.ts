import { describe, expect, it } from '@jest/globals';
import { parseRule } from '../../../src/config/network.ts';
import { configFile } from '../../../src/config/print.ts';
import { PRESETS, rulesOf } from '../../../src/model/network.ts';
import { faults, load } from './support.ts';

const one = (text: string) => load(text).desired.vms[0]!;
const network = (text: string) => one(`vms: {dev: {network: ${text}}}`).network;

describe('network', () => {
  const closed = { hostLoopback: false, allowHost: [], egress: { kind: 'open' } };

  it('closes the host where nothing else is said, and leaves the way out open', () => {
    expect(one('vms: {dev: {}}').network).toEqual(closed);
    for (const text of ['{}', '{egress: open}', '{host_loopback: false}']) expect(network(text)).toEqual(closed);
    expect(network('{allow_host: [5432, "80", 80]}')).toEqual({ ...closed, allowHost: [80, 5432] });
    expect(network('{host_loopback: true}')).toEqual({ ...closed, hostLoopback: true });
  });

  it('has no gateway for the network of the host', () => {
    expect(network('host')).toBeUndefined();
    expect(one('{defaults: {network: host}, vms: {dev: {network: {egress: none}}}}').network).toMatchObject({
      egress: { kind: 'only', allow: [] },
    });
    const printed = JSON.stringify(configFile(load('vms: {dev: {network: host}}').desired));
    expect(one(printed).network).toBeUndefined();
  });

  it('reads lists, presets and ports', () => {
    expect(network('{egress: none}')?.egress).toEqual({ kind: 'only', allow: [], presets: [] });
    const allow = [
      { host: 'api.example.org', port: null },
      { host: '*.example.org', port: null },
      { host: 'github.com', port: 22 },
      { host: '8.8.8.8', port: 443 },
    ];
    const list = '[API.example.org., "*.example.org", "github.com:22", "8.8.8.8:443", api.example.org]';
    expect(network(`{egress: ${list}}`)?.egress).toEqual({ kind: 'only', allow, presets: [] });
    const egress = network(`{egress: {allow: ["github.com:22"], presets: [npm, claude]}}`)!.egress;
    expect(egress).toEqual({ kind: 'only', allow: [allow[2]], presets: ['claude', 'npm'] });
    expect(rulesOf(egress)).toEqual([allow[2], ...PRESETS.claude, ...PRESETS.npm]);
  });

  it.each([
    ['none', 'or host'],
    ['{egress: closed}', 'network.egress'],
    ['{egress: ["*"]}', 'every host'],
    ['{egress: [localhost]}', 'is no host'],
    ['{egress: ["a.b:0"]}', 'not a port number'],
    ['{egress: ["https://a.b"]}', 'is no host'],
    ['{egress: ["192.168.1.1"]}', 'a private range, which is never reached'],
    ['{egress: ["169.254.169.254:80"]}', 'metadata'],
    ['{egress: {presets: [nobody]}}', 'presets'],
    ['{allow_host: ["x"]}', 'not a port number'],
  ])('says what is wrong with %s', (text, message) => {
    expect(faults(`vms: {dev: {network: ${text}}}`)).toContain(message);
  });

  it.each(['open', 'none', '[a.example.org, "b.example.org:22"]', '{presets: [git]}'])(
    'is printed as it is read: %s',
    (egress) => {
      const { desired } = load(`vms: {dev: {network: {egress: ${egress}, allow_host: ["1"]}}}`);
      const printed = JSON.stringify(configFile(desired));
      expect(one(printed).network).toEqual(desired.vms[0]!.network);
    },
  );

  it('takes no name for more than it is', () => {
    for (const text of ['*.*.org', '*.org.', 'a*.example.org', '', '1.2.3', '0x7f.1', '[::1]:80', 'a_b..c'])
      expect([text, 'value' in parseRule(text)]).toEqual([text, false]);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../../src/config/load.ts';
import { checkMachine } from '../../../src/config/names.ts';
import { parserFor } from '../../../src/config/parser.ts';
import { anyGiven, commandLine, overrides, type Settings } from '../../../src/config/settings.ts';
import { toJson } from '../../../src/config/tree.ts';
import type { Desired, VmConfig } from '../../../src/model/desired.ts';
import { ConfigError } from '../../../src/model/errors.ts';
import { GiB } from '../../../src/model/units.ts';
import { renderDiagnostic } from '../../../src/report/frame.ts';

const parse = await parserFor('ai-vm.yaml');
/** Where the command line is typed: not where the file is. */
const places = { dir: '/home/ann/shop/web', home: '/home/ann' };

function over(settings: Settings, text = 'vms: {dev: {}}', vms: readonly string[] = []): Desired {
  return loadConfig({
    files: [{ path: '/home/ann/shop/ai-vm.yaml', text, parse }],
    ...{ dir: '/home/ann/shop', env: { X: 'y' } },
    ...{ home: '/home/ann', over: overrides(settings, places, vms) },
  }).desired;
}

const dev = (settings: Settings, fields = ''): VmConfig => over(settings, `vms: {dev: {${fields}}}`).vms[0]!;

function faults(settings: Settings, text?: string): string {
  try {
    over(settings, text);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.diagnostics.map((d) => renderDiagnostic(d, error.sources, { color: false })).join('\n');
  }
  return 'no fault';
}

describe('settings as a layer', () => {
  it('is a tree of the fields that they mean', () => {
    const settings: Settings = {
      ...{ ram: '16', cpu: '8', storage: '100', overlay: true, nested: false, audio: true, agent: ['claude'] },
      ...{ package: ['jq'], port: ['8080:80'], shareRw: ['./data:/data'], shareRo: ['~/ref'] },
    };
    expect(toJson(overrides(settings, places, []).fields)).toEqual({
      ...{ cpus: '8', memory: '16', storage: '100', overlay: true, nested: false, audio: {} },
      shares: [
        { path: '/home/ann/shop/web/data', target: '/data', mode: 'rw' },
        { path: '/home/ann/ref', mode: 'ro' },
      ],
      ...{ ports: ['8080:80'], packages: ['jq'], agents: ['claude'] },
    });
  });

  it('says nothing where nothing was given', () => {
    expect(overrides({}, places, []).fields.entries.size).toBe(0);
    expect([anyGiven({}), anyGiven({ port: [] }), anyGiven({ overlay: false })]).toEqual([false, false, true]);
  });

  it('can be told as a command line', () => {
    const settings = { ram: '16', nested: false, shareRo: ['./a b', '~/ref'], audio: true };
    expect(commandLine(settings)).toBe('--ram 16 --no-nested --share-ro "./a b" --share-ro ~/ref --audio');
  });
});

describe('settings over a file', () => {
  it('beat what a machine and the defaults say', () => {
    const text = 'defaults: {cpus: 2, overlay: true}\nvms: {dev: {memory: 4GiB}}';
    const [vm] = over({ ram: '16', cpu: '3', overlay: false }, text).vms;
    expect([vm!.memory, vm!.cpus, vm!.overlay, vm!.storage]).toEqual([16 * GiB, 3, false, 50 * GiB]);
  });

  it('are for the machines that are named, or for all', () => {
    const text = 'vms: {a: {}, b: {}}';
    expect(over({ cpu: '7' }, text, ['b']).vms.map((vm) => vm.cpus)).toEqual([2, 7]);
    expect(over({ cpu: '7' }, text).vms.map((vm) => vm.cpus)).toEqual([7, 7]);
  });

  it('are added to lists, in the place of what has the same key', () => {
    const vm = dev(
      { port: ['8080:81', '9'], shareRo: ['..'], package: ['jq'] },
      "ports: ['8080:80', '7'], shares: [.]",
    );
    expect(vm.ports.map(({ host, guest }) => [host, guest])).toEqual([
      [8080, 81],
      [7, 7],
      [9, 9],
    ]);
    expect(vm.shares.map(({ path, mode }) => [path, mode])).toEqual([['/home/ann/shop', 'ro']]);
    expect(vm.image.packages).toEqual(['jq']);
  });

  it('leave the driver to the file where they only say that there is sound', () => {
    expect(dev({ audio: true }, 'audio: {driver: alsa}').audio).toEqual({ driver: 'alsa', path: null });
    expect(dev({ audio: true }, 'audio: false').audio).toEqual({ driver: 'pa', path: null });
    expect(dev({ audio: 'none' }, 'audio: {driver: alsa}').audio).toEqual({ driver: 'none', path: null });
    expect(dev({ audio: false }, 'audio: true').audio).toBe(false);
  });

  it('are no templates', () => {
    expect(dev({ shareRw: ['./$X'] }).shares[0]!.path).toBe('/home/ann/shop/web/$X');
  });
});

describe('what is wrong with a setting', () => {
  it('is told with the flag, its place and what is expected', () => {
    expect(faults({ cpu: '4', ram: '8x' })).toBe(
      [
        'command line:1:15  error  --ram: "8x" is not a size [config.value]',
        '  1 | --cpu 4 --ram 8x',
        '    |               ^^',
        '  hint: Write a whole number with a unit, such as 8GiB or 512MiB. A number alone counts GiB.',
      ].join('\n'),
    );
  });

  it.each<[Settings, string]>([
    [{ ram: '2000' }, '--ram: "2000" is above the limit of 1024 GiB'],
    [{ cpu: 'many' }, '--cpu: "many" is not a number of CPUs'],
    [{ cpu: '129' }, '--cpu: 129 is above the limit of 128 CPUs'],
    [{ storage: '0' }, '--storage: "0" is below the limit of 1 GiB'],
    [{ name: 'a b' }, '--name: "a b" is not a name for a machine'],
    [{ port: ['80', '8o'] }, '--port: "8o" is not a port number'],
    [{ shareRw: [''] }, '--share-rw: the path on the host is missing'],
    [{ shareRo: ['~bob'] }, `--share-ro: "~bob": other users' home directories have no short form`],
    [{ shareRw: ['.:/etc'] }, `--share-rw: "/etc" belongs to the guest's system`],
    [{ audio: 'pipewrie' }, '--audio: "pipewrie" is no driver'],
    [{ agent: ['clyde'] }, '--agent: "clyde" is no agent'],
    [{ package: ['A'] }, '--package: "A" is not the name of a Debian package'],
    [{ desktop: '10by10' }, '--desktop: "10by10" is not a resolution such as 1920x1080'],
  ])('%j', (settings, message) => {
    const told = faults(settings);
    expect(told).toContain(message);
    expect(told).toMatch(/^command line:1:\d+ {2}error/);
  });

  it('points at the one of several', () => {
    expect(faults({ port: ['80', '8o'] })).toMatch(/^command line:1:18 /);
  });

  it('is told beside what is wrong with the file, each in its place', () => {
    const told = faults({ ram: '8x' }, 'vms: {dev: {cpus: 0}}');
    expect(told).toMatch(/^\/home\/ann\/shop\/ai-vm.yaml:1:19 {2}error {2}vms.dev.cpus/m);
    expect(told).toMatch(/^command line:1:7 {2}error {2}--ram/m);
  });

  it('is a port that two machines would get from one flag', () => {
    const told = faults({ port: ['80'] }, 'vms: {a: {}, b: {}}');
    expect(told).toContain('--port: a and b would both have 127.0.0.1:80/tcp of the host');
    expect(told).toContain('name the one that it is for');
  });
});

describe('checkMachine', () => {
  it('says what the schema says', () => {
    const schema = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../../schemas/ai-vm.schema.json'), 'utf8'),
    ) as { properties: { vms: { patternProperties: Record<string, unknown> } } };
    const [pattern] = Object.keys(schema.properties.vms.patternProperties);
    for (const name of ['a', '-a', '_a', 'A_1-', 'x'.repeat(63), 'x'.repeat(64), '', 'a b', 'ä', 'a.b']) {
      expect('value' in checkMachine(name)).toBe(new RegExp(pattern!).test(name));
    }
  });
});

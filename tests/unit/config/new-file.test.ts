import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bareRoot } from '../../../src/config/bare.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { newFile } from '../../../src/config/new-file.ts';
import { parserFor } from '../../../src/config/parser.ts';
import { overrides, type Settings } from '../../../src/config/settings.ts';
import { writeToml } from '../../../src/config/write-toml.ts';
import { writeYaml } from '../../../src/config/write-yaml.ts';
import type { Desired } from '../../../src/model/desired.ts';
import { ConfigError } from '../../../src/model/errors.ts';

const places = { dir: '/home/ann/shop', home: '/home/ann' };
const PARSERS = { yaml: await parserFor('a.yaml'), toml: await parserFor('a.toml') };

const said = (settings: Settings): Desired =>
  loadConfig({
    files: [{ path: '/home/ann/shop/ai-vm.yaml', text: '', parse: () => bareRoot([settings.name ?? 'dev']) }],
    ...{ ...places, env: {}, over: overrides(settings, places, []) },
  }).desired;

function written(settings: Settings, name?: string): { readonly yaml: string; readonly toml: string } {
  const file = newFile({ schema: './schemas/ai-vm.schema.json', name, vms: said(settings).vms, places });
  return { yaml: writeYaml(file), toml: writeToml(file) };
}

const load = (text: string, format: 'yaml' | 'toml'): Desired => {
  const file = { path: '/home/ann/shop/ai-vm.yaml', text, parse: PARSERS[format] };
  return loadConfig({ files: [file], ...places, env: { X: 'y' } }).desired;
};

const USUAL: Settings = { shareRw: ['.'], port: ['3001', '9080'] };
const FULL: Settings = {
  ...{
    name: 'box',
    ram: '16',
    cpu: '8',
    storage: '100',
    overlay: true,
    nested: false,
    audio: 'none',
    desktop: '1920x1080',
    agent: ['claude'],
  },
  ...{ package: ['ripgrep', 'nodejs'], port: ['8080:80', '0.0.0.0:5353:53/udp'] },
  ...{ shareRw: ['.', './data:/data'], shareRo: ['~/ref', '../other', '/srv/x', "./it's $X: y"] },
};

describe('a configuration to begin with', () => {
  it('is this where nothing was said', () => {
    expect(written(USUAL).yaml).toBe(`\
# yaml-language-server: $schema=./schemas/ai-vm.schema.json
# The virtual machines of this project. \`ai-vm up\` makes them what it says here, and changes them while they run;
# \`ai-vm plan\` shows what that would be. Every field is explained in docs/config.md of ai-vm.
vms:
  dev:
    cpus: 2 # 1 to 128
    memory: 8GiB # 256MiB to 1024GiB
    storage: 50GiB # 1GiB to 10000GiB; only what is written takes room
    shares: # HOST[:GUEST][:ro], at /mnt/host-rw/NAME or /mnt/host-ro/NAME
      - .
    ports: # HOST:GUEST, or one number for both; for this host alone
      - '3001'
      - '9080'
    # packages: [nodejs, ripgrep] # of Debian
    # agents: [claude] # coding agents; \`ai-vm claude\` starts this one
    # overlay: true # a clean state at every boot
    # audio: true # speakers and microphone of this host, after \`ai-vm approve\`
    # desktop: true # a screen with a desktop; \`ai-vm view\` shows it
    # nested: false # no machines inside of this one
`);
  });

  it('is this in YAML where everything was said', () => {
    expect(written(FULL, 'shop').yaml).toMatchSnapshot();
  });

  it('is this in TOML', () => {
    expect(written(FULL, 'shop').toml).toMatchSnapshot();
  });

  it.each<[string, Settings]>([
    ['the usual', USUAL],
    ['everything', FULL],
    ['nothing', {}],
    ['a name that other files take for a number or a switch', { name: '1e3' }],
    ['a name like a switch', { name: 'no' }],
    ['two shares of one name', { shareRw: ['./a/x', './b/x', '/mnt/host-rw:/mnt/host-rw/x'] }],
    ['mount points as they would be anyway', { shareRw: ['./x:/mnt/host-rw/x'], shareRo: ['.:/mnt/host-ro/shop'] }],
  ])('loads to what was said, in both languages: %s', (_, settings) => {
    const { yaml, toml } = written(settings);
    expect(load(yaml, 'yaml').vms).toEqual(said(settings).vms);
    expect(load(toml, 'toml')).toEqual(load(yaml, 'yaml'));
  });

  it('loads to what was said, whatever the paths are called', () => {
    const part = fc
      .string({ minLength: 1, maxLength: 8, unit: 'grapheme' })
      .filter((text) => !/[\0/\r\n]|^\.\.?$/.test(text));
    const path = fc.tuple(fc.constantFrom('./', '~/', '/srv/', '../'), part).map((parts) => parts.join(''));
    fc.assert(
      fc.property(
        fc.uniqueArray(path, { maxLength: 4 }),
        fc.uniqueArray(path, { maxLength: 3 }),
        (shareRw, shareRo) => {
          let vms: Desired['vms'];
          try {
            ({ vms } = said({ shareRw, shareRo }));
          } catch (error) {
            if (!(error instanceof ConfigError)) throw error;
            // Two that are the same once `.` and `//` are gone.
            return;
          }
          const { yaml, toml } = written({ shareRw, shareRo });
          expect(load(yaml, 'yaml').vms).toEqual(vms);
          expect(load(toml, 'toml').vms).toEqual(vms);
        },
      ),
    );
  });

  it('loads to a path that ends with a space that is none', () => {
    const settings = { shareRw: ['./a\u00a0'] };
    expect(load(written(settings).yaml, 'yaml').vms).toEqual(said(settings).vms);
  });

  it('has the project’s name where it must', () => {
    expect(load(written({}, 'über$X').yaml, 'yaml').name).toBe('berx');
    expect(written({}).yaml).not.toMatch(/^name/m);
  });
});

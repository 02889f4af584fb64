import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../../src/config/load.ts';
import { printConfig } from '../../../src/config/print.ts';
import type { ImageConfig } from '../../../src/model/desired.ts';
import { configText, load, machine, machineFaults } from './support.ts';

const nixos = {
  provider: 'nixos',
  packages: [],
  agents: [],
  flake: null,
  modules: [],
  store: 'image',
  user: 'dev',
  audio: false,
  desktop: false,
};

describe('image', () => {
  it.each([
    ['image: nixos', nixos],
    [
      'image: {modules: [./my.nix, ../x/y.nix, ~/z.nix]}',
      { ...nixos, modules: ['/home/ann/shop/my.nix', '/home/ann/x/y.nix', '/home/ann/z.nix'] },
    ],
    ['image: {flake: ./nix}', { ...nixos, flake: { kind: 'local', ref: '/home/ann/shop/nix', output: null } }],
    ['image: {flake: "."}', { ...nixos, flake: { kind: 'local', ref: '/home/ann/shop', output: null } }],
    [
      'image: {flake: "github:o/r?ref=main#vm"}',
      { ...nixos, flake: { kind: 'remote', ref: 'github:o/r?ref=main', output: 'vm' } },
    ],
    ['image: {store: host}', { ...nixos, store: 'host' }],
    ['image: nixos\nusers: [ann, bob]\naudio: true', { ...nixos, user: 'ann', audio: true }],
    [
      'image: nixos\npackages: [nodejs_22, python3Packages.requests, nodejs_22]\nagents: [claude]',
      { ...nixos, packages: ['nodejs_22', 'python3Packages.requests'], agents: ['claude'] },
    ],
    ['image: nixos\npackages: {debian: [g++], nixos: [gcc]}', { ...nixos, packages: ['gcc'] }],
    [
      'image: debian\npackages: {debian: [g++], nixos: [gcc]}',
      { provider: 'debian', packages: ['g++'], agents: [], desktop: false },
    ],
    ['packages: [g++]', { provider: 'debian', packages: ['g++'], agents: [], desktop: false }],
    ['image: nixos\ndesktop: true', { ...nixos, desktop: true }],
    ['image: {}', { provider: 'debian', packages: [], agents: [], desktop: false }],
  ])('%j', (text, image) => {
    expect(machine(text).image).toEqual(image);
  });

  it('is what the host chooses where none is declared, and said to be so', () => {
    const text = 'vms:\n  a: {packages: [gcc]}\n  b: {image: debian}\n  c: {image: nixos}\n';
    const loaded = loadConfig({
      ...{ files: [configText('ai-vm.yaml', text)], dir: '/home/ann/shop', env: {}, home: '/home/ann' },
      providerOf: () => 'nixos',
    });
    expect(loaded.desired.vms.map((vm) => vm.image.provider)).toEqual(['nixos', 'debian', 'nixos']);
    expect(loaded.imageless).toEqual(['a']);
    expect(loaded.desired.vms[0]!.image.packages).toEqual(['gcc']);
  });

  it('brings the store of the host along as a share', () => {
    expect(machine('image: {store: host}\nshares: [.]').shares).toMatchObject([
      { path: '/home/ann/shop' },
      { path: '/nix/store', target: '/nix/.host-store', mode: 'ro' },
    ]);
  });

  it.each([
    'image: nixos',
    'image: {flake: "github:o/r#vm"}',
    'image: {flake: ./nix, modules: [./my.nix], store: host}\nshares: [.]\npackages: [nodejs_22]',
  ])('prints %j so that it is read again', (fields) => {
    const text = `vms:\n  dev:\n${fields.replace(/^/gmu, '    ')}\n`;
    const first = load(text).desired;
    expect(load(printConfig(first, 'yaml')).desired.vms).toEqual(first.vms);
    expect(load(printConfig(first, 'toml'), { file: 'ai-vm.toml' }).desired.vms).toEqual(first.vms);
  });

  it('says what is wrong with it', () => {
    const fields = [
      'image: {flake: nixpkgs, modules: ["github:o/r/x.nix", /nix/store/x.nix, ./dir], store: both}',
      'packages: {nixos: ["a b", "; rm -rf $${x}", --option]}',
    ];
    expect(machineFaults(fields.join('\n'))).toMatchInlineSnapshot(`
      "ai-vm.yaml:3:20  error  vms.dev.image.flake: "nixpkgs" is not a flake that can be used here [config.value]
        2 |   dev:
        3 |     image: {flake: nixpkgs, modules: ["github:o/r/x.nix", /nix/store/x.nix, ./dir], store: both}
          |                    ^^^^^^^
        hint: Write a directory such as ./nix, or github:owner/repo, with #output where the flake makes the whole guest.
      ai-vm.yaml:3:39  error  vms.dev.image.modules[0]: "github:o/r/x.nix" is not a file of this host's [config.value]
        2 |   dev:
        3 |     image: {flake: nixpkgs, modules: ["github:o/r/x.nix", /nix/store/x.nix, ./dir], store: both}
          |                                       ^^^^^^^^^^^^^^^^^^
        hint: Name a file such as ./my.nix, or a flake with \`flake\`.
      ai-vm.yaml:3:59  error  vms.dev.image.modules[1]: "/nix/store/x.nix" is not a file of this host's [config.value]
        2 |   dev:
        3 |     image: {flake: nixpkgs, modules: ["github:o/r/x.nix", /nix/store/x.nix, ./dir], store: both}
          |                                                           ^^^^^^^^^^^^^^^^
        hint: Name a file such as ./my.nix, or a flake with \`flake\`.
      ai-vm.yaml:3:77  error  vms.dev.image.modules[2]: "./dir" is not a NixOS module [config.value]
        2 |   dev:
        3 | … ["github:o/r/x.nix", /nix/store/x.nix, ./dir], store: both}
          |                                          ^^^^^
        hint: Name a file such as ./my.nix.
      ai-vm.yaml:3:92  error  vms.dev.image.store: "both" is not image or host [config.value]
        2 |   dev:
        3 | ….nix", /nix/store/x.nix, ./dir], store: both}
          |                                          ^^^^
      ai-vm.yaml:4:24  error  vms.dev.packages.nixos[0]: "a b" is not the name of a package of nixpkgs [config.value]
        3 |     image: {flake: nixpkgs, modules: ["github:o/r/x.nix", /nix/store/x.nix, ./dir], store: both}
        4 |     packages: {nixos: ["a b", "; rm -rf $\${x}", --option]}
          |                        ^^^^^
        hint: An attribute such as ripgrep, nodejs_22 or python3Packages.requests.
      ai-vm.yaml:4:31  error  vms.dev.packages.nixos[1]: "; rm -rf \${x}" is not the name of a package of nixpkgs [config.value]
        3 |     image: {flake: nixpkgs, modules: ["github:o/r/x.nix", /nix/store/x.nix, ./dir], store: both}
        4 |     packages: {nixos: ["a b", "; rm -rf $\${x}", --option]}
          |                               ^^^^^^^^^^^^^^^^
        hint: An attribute such as ripgrep, nodejs_22 or python3Packages.requests.
      ai-vm.yaml:4:49  error  vms.dev.packages.nixos[2]: "--option" is not the name of a package of nixpkgs [config.value]
        3 |     image: {flake: nixpkgs, modules: ["github:o/r/x.nix", /nix/store/x.nix, ./dir], store: both}
        4 |     packages: {nixos: ["a b", "; rm -rf $\${x}", --option]}
          |                                                 ^^^^^^^^
        hint: An attribute such as ripgrep, nodejs_22 or python3Packages.requests."
    `);
  });

  it('says what a flake that makes the whole guest leaves no room for', () => {
    const fields = 'image: {flake: "./nix#vm", modules: [./my.nix], store: image}\npackages: [jq]';
    expect(machineFaults(fields)).toMatchInlineSnapshot(`
      "ai-vm.yaml:3:32  error  vms.dev.image.modules: a flake with an output makes the whole guest by itself [config.value]
        2 |   dev:
        3 |     image: {flake: "./nix#vm", modules: [./my.nix], store: image}
          |                                ^^^^^^^
        hint: Put it into that flake, or name the flake without #output.
      ai-vm.yaml:3:53  error  vms.dev.image.store: a flake with an output makes the whole guest by itself [config.value]
        2 |   dev:
        3 |     image: {flake: "./nix#vm", modules: [./my.nix], store: image}
          |                                                     ^^^^^
        hint: Put it into that flake, or name the flake without #output.
      ai-vm.yaml:4:5  error  vms.dev.packages: a flake with an output makes the whole guest by itself [config.value]
        3 |     image: {flake: "./nix#vm", modules: [./my.nix], store: image}
        4 |     packages: [jq]
          |     ^^^^^^^^
        hint: Put it into that flake, or name the flake without #output."
    `);
  });

  it('merges with what lies below', () => {
    const text =
      'defaults:\n  image: {modules: [./a.nix]}\nvms:\n  dev: {image: {modules: [./b.nix]}}\n  old: {image: debian}\n';
    const [dev, old] = load(text).desired.vms.map((vm): ImageConfig => vm.image);
    expect(dev).toMatchObject({ modules: ['/home/ann/shop/a.nix', '/home/ann/shop/b.nix'] });
    expect(old).toMatchObject({ provider: 'debian' });
  });
});

import { describe, expect, it } from '@jest/globals';
import { faults, load } from './support.ts';

const file = 'ai-vm.toml';

describe('a TOML file', () => {
  it('says the same as its YAML twin', () => {
    const toml = `
name = "shop"
[defaults]
memory = "4GiB"
[vms.dev]
cpus = 4
shares = [".", {path = "./data", target = "/data", mode = "ro"}]
ports = [3001, "8080:80"]
agents = ["claude"]
[vms.dev.env]
EDITOR = "vim"
VERSION = 1.10
[vms."db_1"]
overlay = true
ssh.port = 2300
`;
    const yaml = `
name: shop
defaults: {memory: 4GiB}
vms:
  dev:
    cpus: 4
    shares: [., {path: ./data, target: /data, mode: ro}]
    ports: [3001, "8080:80"]
    agents: [claude]
    env: {EDITOR: vim, VERSION: 1.10}
  db_1: {overlay: true, ssh: {port: 2300}}
`;
    expect({ ...load(toml, { file }).desired, files: [] }).toEqual({ ...load(yaml).desired, files: [] });
  });

  it('has its faults in the right places', () =>
    expect(
      faults(
        '[vms.dev]\ncpus = 200\nmemmory = "4"\nports = ["x", 80]\n[vms.dev.ssh]\nport = "a"\n[[vms.dev.shares]]\npath = "."\n[[vms.dev.shares]]\nmode = "rw"\n[vms."a b"]\n[vms.c]\nenv = {"A-B" = 1}\n',
        { file },
      ),
    ).toMatchInlineSnapshot(`
      "ai-vm.toml:2:8  error  vms.dev.cpus: 200 is above the limit of 128 CPUs [config.limit]
        1 | [vms.dev]
        2 | cpus = 200
          |        ^^^
        hint: Possible is 1 to 128.
      ai-vm.toml:3:1  error  vms.dev: unknown key \`memmory\` [config.unknown-key]
        2 | cpus = 200
        3 | memmory = "4"
          | ^^^^^^^
        hint: Did you mean \`memory\`?
      ai-vm.toml:4:10  error  vms.dev.ports[0]: "x" is not a port number [config.value]
        3 | memmory = "4"
        4 | ports = ["x", 80]
          |          ^^^
        hint: Ports are 1 to 65535.
      ai-vm.toml:6:8  error  vms.dev.ssh.port: "a" is not a port number, 1 to 65535 [config.type]
        5 | [vms.dev.ssh]
        6 | port = "a"
          |        ^^^
      ai-vm.toml:9:3  error  vms.dev.shares[1]: \`path\` is missing [config.missing]
        8 | path = "."
        9 | [[vms.dev.shares]]
          |   ^^^^^^^^^^^^^^
      ai-vm.toml:11:6  error  "a b" is not a name for a machine [config.name]
        10 | mode = "rw"
        11 | [vms."a b"]
           |      ^^^^^
        hint: Letters, digits, \`-\` and \`_\`, a letter or digit first, at most 63 characters.
      ai-vm.toml:13:8  error  vms.c.env.A-B: "A-B" is not a name for a variable [config.name]
        12 | [vms.c]
        13 | env = {"A-B" = 1}
           |        ^^^^^
        hint: Letters, digits and \`_\`; no digit first."
    `));

  it('that is none is told apart, in our own words', () => {
    const files = [
      '[vms.dev]\nimage = debian\n',
      '[vms.dev]\ncpus =\n',
      '[vms.dev]\ncpus = 1\ncpus = 2\n',
      '[vms.dev] cpus = 1\n',
      '[vms.dev]\nimage = "debian\n',
      '[vms.dev]\nports = [1,\n',
      'vms = {dev = {cpus = 1},}\n',
      '[vms.dev.labels]\nsince = 2024-01-02\n',
      '[vms.dev]\ncpus = 99999999999999999999\n',
      '[vms.dev]\ncpus = nan\n',
      '[vms.dev]\nimage = "\\q"\n',
    ];
    expect(files.map((text) => faults(text, { file })).join('\n')).toMatchInlineSnapshot(`
      "ai-vm.toml:2:9  error  this is no value [config.syntax]
        1 | [vms.dev]
        2 | image = debian
          |         ^
        hint: Text needs quotes: key = "text".
      ai-vm.toml:2:6  error  a value is missing [config.syntax]
        1 | [vms.dev]
        2 | cpus =
          |      ^
        hint: Write \`key = value\`.
      ai-vm.toml:3:1  error  this key is already set [config.syntax]
        2 | cpus = 1
        3 | cpus = 2
          | ^
        hint: Remove one of the two, or give a table its header only once.
      ai-vm.toml:1:11  error  something is left over behind the value [config.syntax]
        1 | [vms.dev] cpus = 1
          |           ^
        hint: One \`key = value\` for each line; text needs quotes.
      ai-vm.toml:2:16  error  the closing quote is missing [config.syntax]
        1 | [vms.dev]
        2 | image = "debian
          |                ^
      ai-vm.toml:3:1  error  the closing bracket is missing, or an inline table goes over several lines [config.syntax]
        2 | ports = [1,
        3 |
          | ^
      ai-vm.toml:1:25  error  a comma before the closing \`}\` [config.syntax]
        1 | vms = {dev = {cpus = 1},}
          |                         ^
        hint: Inline tables end without one.
      ai-vm.toml:2:9  error  dates and times have no meaning here [config.syntax]
        1 | [vms.dev.labels]
        2 | since = 2024-01-02
          |         ^^^^^^^^^^
        hint: Put the value in quotes.
      ai-vm.toml:2:8  error  this number is too large, or none at all [config.syntax]
        1 | [vms.dev]
        2 | cpus = 99999999999999999999
          |        ^^^^^^^^^^^^^^^^^^^^
      ai-vm.toml:2:8  error  this number is too large, or none at all [config.syntax]
        1 | [vms.dev]
        2 | cpus = nan
          |        ^^^
      ai-vm.toml:2:11  error  unknown escape sequence [config.syntax]
        1 | [vms.dev]
        2 | image = "\\q"
          |           ^
        hint: Write \`\\\\\` for a backslash, or use single quotes: 'C:\\dir'."
    `);
  });
});

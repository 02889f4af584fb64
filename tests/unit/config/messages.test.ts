import { describe, expect, it } from '@jest/globals';
import { faults, machineFaults } from './support.ts';

describe('syntax', () => {
  it('an empty file', () =>
    expect(faults('# nothing\n')).toMatchInlineSnapshot(`
      "ai-vm.yaml:1:1  error  the file is empty [config.empty]
        1 | # nothing
          | ^
        hint: The least is \`vms: {dev: {}}\`."
    `));
  it('a list', () =>
    expect(faults('- a\n')).toMatchInlineSnapshot(`
      "ai-vm.yaml:1:1  error  the file holds a list where a mapping belongs [config.empty]
        1 | - a
          | ^^^
        hint: The least is \`vms: {dev: {}}\`."
    `));
  it('a tab', () =>
    expect(faults('vms:\n\tdev: {}\n')).toMatchInlineSnapshot(`
      "ai-vm.yaml:2:1  error  a tab is used for indentation [config.syntax]
        1 | vms:
        2 |   dev: {}
          | ^^
        hint: YAML is indented with spaces."
    `));
  it('a missing colon', () =>
    expect(faults('vms:\n  dev\n  db: {}\n')).toMatchInlineSnapshot(`
      "ai-vm.yaml:2:3  error  a \`:\` is missing, or this line is indented too far to the left [config.syntax]
        1 | vms:
        2 |   dev
          |   ^^^
        hint: A key and its value are written \`key: value\`."
    `));
  it('two on one line', () =>
    expect(faults('vms: dev: {}\n')).toMatchInlineSnapshot(`
      "ai-vm.yaml:1:6  error  a second \`key: value\` on one line [config.syntax]
        1 | vms: dev: {}
          |      ^
        hint: Put it on a line of its own, or put text that holds \`: \` in quotes."
    `));
  it('wrong indentation', () =>
    expect(faults('vms:\n  dev:\n    cpus: 2\n   memory: 4\n')).toMatchInlineSnapshot(`
      "ai-vm.yaml:4:1  error  this line is indented differently from its neighbours [config.syntax]
        3 |     cpus: 2
        4 |    memory: 4
          | ^
        hint: Entries of one mapping or list begin in the same column."
    `));
  it('a bracket left open', () =>
    expect(machineFaults('ports: [3001')).toMatchInlineSnapshot(`
      "ai-vm.yaml:4:1  error  the closing \`]\` is missing, or indented too far to the left [config.syntax]
        3 |     ports: [3001
        4 |
          | ^"
    `));
  it('a key set twice', () =>
    expect(machineFaults('cpus: 2\ncpus: 4')).toMatchInlineSnapshot(`
      "ai-vm.yaml:4:5  error  \`cpus\` is set twice in the same mapping [config.syntax]
        3 |     cpus: 2
        4 |     cpus: 4
          |     ^^^^
        hint: Remove one of the two."
    `));
  it('an unknown alias', () =>
    expect(machineFaults('shares: [*.txt]')).toMatchInlineSnapshot(`
      "ai-vm.yaml:3:14  error  there is no anchor \`&.txt\` before this alias [config.syntax]
        2 |   dev:
        3 |     shares: [*.txt]
          |              ^^^^^
        hint: An anchor comes first. Put the text in quotes if it is no alias."
    `));
  it('an alias in itself', () =>
    expect(faults('vms: &a\n  dev: *a\n')).toMatchInlineSnapshot(`
      "ai-vm.yaml:2:8  error  an alias that contains itself [config.syntax]
        1 | vms: &a
        2 |   dev: *a
          |        ^^
        hint: Remove the alias from inside its anchor."
    `));
  it('two documents', () =>
    expect(faults('vms: {dev: }\n---\nvms: {}\n')).toMatchInlineSnapshot(`
      "ai-vm.yaml:2:1  error  more than one document in the file [config.syntax]
        1 | vms: {dev: }
        2 | ---
          | ^^^
        hint: Keep the part above \`---\` or the part below."
    `));
  it('a tag', () =>
    expect(machineFaults('cpus: !many 2')).toMatchInlineSnapshot(`
      "ai-vm.yaml:3:11  error  tags (\`!name\`) have no meaning here [config.syntax]
        2 |   dev:
        3 |     cpus: !many 2
          |           ^^^^^
        hint: Put the text in quotes if it really begins with \`!\`."
    `));
  it('a merge of no mapping', () =>
    expect(machineFaults('<<: 2')).toMatchInlineSnapshot(`
      "ai-vm.yaml:3:9  error  \`<<\` takes a mapping or a list of mappings [config.syntax]
        2 |   dev:
        3 |     <<: 2
          |         ^
        hint: Write \`<<: *name\`, where \`&name\` marks a mapping."
    `));
});

describe('structure', () => {
  it('no machines', () =>
    expect(faults('name: shop\n')).toMatchInlineSnapshot(`
      "ai-vm.yaml:1:1  error  no machine is declared: \`vms\` is missing [config.missing]
        1 | name: shop
          | ^^^^^^^^^^
        hint: The least is \`vms: {dev: {}}\`."
    `));
  it('no machine', () =>
    expect(faults('vms: {}\n')).toMatchInlineSnapshot(`
      "ai-vm.yaml:1:6  error  vms: at least one is needed [config.value]
        1 | vms: {}
          |      ^^
        hint: Write a mapping of machines by name, such as {dev: {cpus: 4}}."
    `));
  it('a bad name', () =>
    expect(faults('vms:\n  my machine: {}\n')).toMatchInlineSnapshot(`
      "ai-vm.yaml:2:3  error  "my machine" is not a name for a machine [config.name]
        1 | vms:
        2 |   my machine: {}
          |   ^^^^^^^^^^
        hint: Letters, digits, \`-\` and \`_\`, a letter or digit first, at most 63 characters."
    `));
  it('unknown keys', () =>
    expect(faults('memory: 4\nvms:\n  dev:\n    memmory: 4GiB\n    ram: 4GiB\n    volumes: [.]\n    colour: red\n'))
      .toMatchInlineSnapshot(`
      "ai-vm.yaml:1:1  error  unknown key \`memory\` [config.unknown-key]
        1 | memory: 4
          | ^^^^^^
        hint: \`memory\` belongs to a machine: put it under vms.NAME, or under \`defaults\` for all of them.
      ai-vm.yaml:4:5  error  vms.dev: unknown key \`memmory\` [config.unknown-key]
        3 |   dev:
        4 |     memmory: 4GiB
          |     ^^^^^^^
        hint: Did you mean \`memory\`?
      ai-vm.yaml:5:5  error  vms.dev: unknown key \`ram\` [config.unknown-key]
        4 |     memmory: 4GiB
        5 |     ram: 4GiB
          |     ^^^
        hint: It is called \`memory\` here.
      ai-vm.yaml:6:5  error  vms.dev: unknown key \`volumes\` [config.unknown-key]
        5 |     ram: 4GiB
        6 |     volumes: [.]
          |     ^^^^^^^
        hint: It is called \`shares\` here.
      ai-vm.yaml:7:5  error  vms.dev: unknown key \`colour\` [config.unknown-key]
        6 |     volumes: [.]
        7 |     colour: red
          |     ^^^^^^
        hint: Known here: image, cpus, memory, storage, overlay, audio, desktop, nested, shares, ports, ssh, users, packages, agents, restart, warm, suspend_after, network, networks, env, secrets, env_file, provision, depends_on, healthcheck, profiles, unset, extends, labels. Keys that begin with x- are free."
    `));
  it('wrong types', () =>
    expect(
      machineFaults('overlay: yes\nports: 3001\nshares:\nusers: []\nssh: 2222\nprovision: npm ci\naudio: loud\nenv: 3'),
    ).toMatchInlineSnapshot(`
      "ai-vm.yaml:3:14  error  vms.dev.overlay: "yes" is not true or false [config.type]
        2 |   dev:
        3 |     overlay: yes
          |              ^^^
        hint: Write true or false.
      ai-vm.yaml:4:12  error  vms.dev.ports: 3001 is not a list of ports, such as ["3001", "8080:80"] [config.type]
        3 |     overlay: yes
        4 |     ports: 3001
          |            ^^^^
        hint: A list is written [one, two], or with one \`- entry\` on each line.
      ai-vm.yaml:5:12  error  vms.dev.shares: a value is missing: a list of shares, such as [., "~/reference:ro"] [config.type]
        4 |     ports: 3001
        5 |     shares:
          |            ^
        hint: Give it a value, or remove the line.
      ai-vm.yaml:6:12  error  vms.dev.users: at least one is needed [config.value]
        5 |     shares:
        6 |     users: []
          |            ^^
        hint: Write a list of user names, such as [dev].
      ai-vm.yaml:7:10  error  vms.dev.ssh: 2222 is not a mapping such as {port: 2222} [config.type]
        6 |     users: []
        7 |     ssh: 2222
          |          ^^^^
      ai-vm.yaml:8:16  error  vms.dev.provision: "npm ci" is not a list of commands, such as ["npm ci"] [config.type]
        7 |     ssh: 2222
        8 |     provision: npm ci
          |                ^^^^^^
        hint: A list is written [one, two], or with one \`- entry\` on each line.
      ai-vm.yaml:9:12  error  vms.dev.audio: "loud" is not true, false or {driver: pa | pipewire | alsa | wav | none} [config.type]
        8 |     provision: npm ci
        9 |     audio: loud
          |            ^^^^
      ai-vm.yaml:10:10  error  vms.dev.env: 3 is not a mapping such as {EDITOR: vim} or a list such as [EDITOR=vim] [config.type]
         9 |     audio: loud
        10 |     env: 3
           |          ^"
    `));
  it('wrong words', () =>
    expect(
      faults(
        'location: home\nvms:\n  dev:\n    audio: {driver: pulse}\n    shares: [{path: ., mode: r}, {target: /x}]\n    image: ubuntu\n',
      ),
    ).toMatchInlineSnapshot(`
      "ai-vm.yaml:1:11  error  location: "home" is not user or project [config.value]
        1 | location: home
          |           ^^^^
      ai-vm.yaml:4:21  error  vms.dev.audio.driver: "pulse" is not pa, pipewire, alsa, wav or none [config.value]
        3 |   dev:
        4 |     audio: {driver: pulse}
          |                     ^^^^^
      ai-vm.yaml:5:30  error  vms.dev.shares[0].mode: "r" is not rw or ro [config.value]
        4 |     audio: {driver: pulse}
        5 |     shares: [{path: ., mode: r}, {target: /x}]
          |                              ^
        hint: Did you mean rw?
      ai-vm.yaml:5:34  error  vms.dev.shares[1]: \`path\` is missing [config.missing]
        4 |     audio: {driver: pulse}
        5 |     shares: [{path: ., mode: r}, {target: /x}]
          |                                  ^^^^^^^^^^^^
      ai-vm.yaml:6:12  error  vms.dev.image: "ubuntu" is not debian, nixos, or a mapping such as {modules: [./my.nix]} [config.value]
        5 |     shares: [{path: ., mode: r}, {target: /x}]
        6 |     image: ubuntu
          |            ^^^^^^"
    `));
});

describe('limits and values', () => {
  it('sizes and counts', () =>
    expect(
      machineFaults('cpus: 200\nmemory: 128MiB\nstorage: 20TB\n') +
        '\n' +
        machineFaults('cpus: four\nmemory: 8589934592\nstorage: 1.5GiB'),
    ).toMatchInlineSnapshot(`
      "ai-vm.yaml:3:11  error  vms.dev.cpus: 200 is above the limit of 128 CPUs [config.limit]
        2 |   dev:
        3 |     cpus: 200
          |           ^^^
        hint: Possible is 1 to 128.
      ai-vm.yaml:4:13  error  vms.dev.memory: "128MiB" is below the limit of 256 MiB [config.limit]
        3 |     cpus: 200
        4 |     memory: 128MiB
          |             ^^^^^^
        hint: Possible is 256 MiB to 1024 GiB.
      ai-vm.yaml:5:14  error  vms.dev.storage: "20TB" is above the limit of 10000 GiB [config.limit]
        4 |     memory: 128MiB
        5 |     storage: 20TB
          |              ^^^^
        hint: Possible is 1 GiB to 10000 GiB.
      ai-vm.yaml:3:11  error  vms.dev.cpus: "four" is not a number of CPUs [config.value]
        2 |   dev:
        3 |     cpus: four
          |           ^^^^
        hint: Write a whole number, such as 4.
      ai-vm.yaml:4:13  error  vms.dev.memory: 8589934592 GiB is above the limit of 1024 GiB [config.limit]
        3 |     cpus: four
        4 |     memory: 8589934592
          |             ^^^^^^^^^^
        hint: Possible is 256 MiB to 1024 GiB. A number alone counts GiB.
      ai-vm.yaml:5:14  error  vms.dev.storage: "1.5GiB" is not a size [config.value]
        4 |     memory: 8589934592
        5 |     storage: 1.5GiB
          |              ^^^^^^
        hint: Write a whole number with a unit, such as 8GiB or 512MiB. A number alone counts GiB."
    `));
  it('ports', () =>
    expect(
      machineFaults(
        'ports: ["3000-3005", "80/sctp", "localhost:80:80", "70000", "a:80", "1:2:3:4", "[::1]:8080:80", {bind: 127.0.0.1}, 0]',
      ),
    ).toMatchInlineSnapshot(`
      "ai-vm.yaml:3:13  error  vms.dev.ports[0]: "3000-3005": ranges of ports are not supported [config.value]
        2 |   dev:
        3 |     ports: ["3000-3005", "80/sctp", "localhost:80:80", "70000", "a:80", "1:2:3:4", "[::1]:8080:80",…
          |             ^^^^^^^^^^^
        hint: List each port by itself.
      ai-vm.yaml:3:26  error  vms.dev.ports[1]: "80/sctp": "sctp" is no protocol [config.value]
        2 |   dev:
        3 |     ports: ["3000-3005", "80/sctp", "localhost:80:80", "70000", "a:80", "1:2:3:4", "[::1]:8080:80",…
          |                          ^^^^^^^^^
        hint: It is tcp or udp.
      ai-vm.yaml:3:37  error  vms.dev.ports[2]: "localhost:80:80": "localhost" is not an IP address [config.value]
        2 |   dev:
        3 |     ports: ["3000-3005", "80/sctp", "localhost:80:80", "70000", "a:80", "1:2:3:4", "[::1]:8080:80",…
          |                                     ^^^^^^^^^^^^^^^^^
        hint: Write an IP address: 127.0.0.1 for this host alone, 0.0.0.0 for every network.
      ai-vm.yaml:3:56  error  vms.dev.ports[3]: "70000" is not a port number [config.value]
        2 |   dev:
        3 |     ports: ["3000-3005", "80/sctp", "localhost:80:80", "70000", "a:80", "1:2:3:4", "[::1]:8080:80",…
          |                                                        ^^^^^^^
        hint: Ports are 1 to 65535.
      ai-vm.yaml:3:65  error  vms.dev.ports[4]: "a:80": "a" is not a port number [config.value]
        2 |   dev:
        3 | … "80/sctp", "localhost:80:80", "70000", "a:80", "1:2:3:4", "[::1]:8080:80", {bind: 127.0.0.1}, 0]
          |                                          ^^^^^^
        hint: Ports are 1 to 65535.
      ai-vm.yaml:3:73  error  vms.dev.ports[5]: "1:2:3:4" is not a port [config.value]
        2 |   dev:
        3 | …p", "localhost:80:80", "70000", "a:80", "1:2:3:4", "[::1]:8080:80", {bind: 127.0.0.1}, 0]
          |                                          ^^^^^^^^^
        hint: Write "GUEST", "HOST:GUEST" or "ADDRESS:HOST:GUEST", with /udp behind it for UDP: "127.0.0.1:5353:53/udp".
      ai-vm.yaml:3:84  error  vms.dev.ports[6]: an IPv6 address is not supported in this version [config.unsupported]
        2 |   dev:
        3 | …ost:80:80", "70000", "a:80", "1:2:3:4", "[::1]:8080:80", {bind: 127.0.0.1}, 0]
          |                                          ^^^^^^^^^^^^^^^
        hint: QEMU forwards IPv4 only: write 127.0.0.1, or 0.0.0.0 for every network.
      ai-vm.yaml:3:101  error  vms.dev.ports[7]: a port without a number [config.value]
        2 |   dev:
        3 | …0", "a:80", "1:2:3:4", "[::1]:8080:80", {bind: 127.0.0.1}, 0]
          |                                          ^^^^^^^^^^^^^^^^^
        hint: Give \`guest\`, \`host\` or both: {host: 8080, guest: 80}.
      ai-vm.yaml:3:120  error  vms.dev.ports[8]: "0" is not a port number [config.value]
        2 |   dev:
        3 | …4", "[::1]:8080:80", {bind: 127.0.0.1}, 0]
          |                                          ^
        hint: Ports are 1 to 65535."
    `));
  it('ports twice', () =>
    expect(
      faults(
        'vms:\n  dev:\n    ssh: {port: 2222}\n    ports: ["8080", "0.0.0.0:8080:81", "53/udp", "53"]\n  db:\n    ports: ["127.0.0.1:2222:22"]\n',
      ),
    ).toMatchInlineSnapshot(`
      "ai-vm.yaml:4:21  error  vms.dev.ports[1]: 0.0.0.0:8080/tcp of the host already belongs to vms.dev.ports[0] [config.duplicate]
        3 |     ssh: {port: 2222}
        4 |     ports: ["8080", "0.0.0.0:8080:81", "53/udp", "53"]
          |                     ^^^^^^^^^^^^^^^^^
        hint: Choose another port on the host: "HOST:GUEST".
      ai-vm.yaml:6:13  error  vms.db.ports[0]: 127.0.0.1:2222/tcp of the host already belongs to vms.dev.ssh.port [config.duplicate]
        5 |   db:
        6 |     ports: ["127.0.0.1:2222:22"]
          |             ^^^^^^^^^^^^^^^^^^^
        hint: Choose another port on the host: "HOST:GUEST"."
    `));
  it('ports of defaults', () =>
    expect(faults('defaults: {ports: ["80"]}\nvms:\n  dev:\n  db:\n')).toMatchInlineSnapshot(`
      "ai-vm.yaml:1:20  error  defaults.ports[0]: dev and db would both have 127.0.0.1:80/tcp of the host [config.duplicate]
        1 | defaults: {ports: ["80"]}
          |                    ^^^^
        hint: Ports in \`defaults\` go to every machine: give them to one machine instead."
    `));
  it('shares', () =>
    expect(
      machineFaults(
        'shares:\n- a:/b:/c\n- a:data\n- a:/etc\n- a:/data/../etc\n- ~bob/x\n- ""\n- a:/data\n- b:/data\n- c\n- ./c\n- {path: "x", target: "/proc/x"}',
      ),
    ).toMatchInlineSnapshot(`
      "ai-vm.yaml:4:7  error  vms.dev.shares[0]: "a:/b:/c" is not a share [config.value]
        3 |     shares:
        4 |     - a:/b:/c
          |       ^^^^^^^
        hint: Write "HOST[:GUEST][:ro|rw]", such as "./data:/data:ro". A path with a colon needs the form {path: …}.
      ai-vm.yaml:5:7  error  vms.dev.shares[1]: "data" is not an absolute path in the guest [config.value]
        4 |     - a:/b:/c
        5 |     - a:data
          |       ^^^^^^
        hint: Begin it with a slash, such as /data.
      ai-vm.yaml:6:7  error  vms.dev.shares[2]: "/etc" belongs to the guest's system [config.value]
        5 |     - a:data
        6 |     - a:/etc
          |       ^^^^^^
        hint: Choose another place, such as /data or one below /home/dev.
      ai-vm.yaml:7:7  error  vms.dev.shares[3]: "/data/../etc" is not a plain path [config.value]
        6 |     - a:/etc
        7 |     - a:/data/../etc
          |       ^^^^^^^^^^^^^^
        hint: Without \`..\`, \`.\`, \`//\`, backslashes, control characters and a space at its end, such as /data.
      ai-vm.yaml:8:7  error  vms.dev.shares[4]: "~bob/x": other users' home directories have no short form [config.value]
        7 |     - a:/data/../etc
        8 |     - ~bob/x
          |       ^^^^^^
        hint: Write the whole path.
      ai-vm.yaml:9:7  error  vms.dev.shares[5]: the path on the host is missing [config.value]
        8 |     - ~bob/x
        9 |     - ""
          |       ^^
        hint: Write a path, such as ./data.
      ai-vm.yaml:11:7  error  vms.dev.shares[7]: /data is already the mount point of vms.dev.shares[6] [config.duplicate]
        10 |     - a:/data
        11 |     - b:/data
           |       ^^^^^^^
        hint: Remove one of the two, or give each its own target.
      ai-vm.yaml:13:7  error  vms.dev.shares[9]: the same directory is shared twice [config.duplicate]
        12 |     - c
        13 |     - ./c
           |       ^^^
        hint: Remove one of the two, or give each its own target.
      ai-vm.yaml:14:7  error  vms.dev.shares[10]: "/proc/x" belongs to the guest's system [config.value]
        13 |     - ./c
        14 |     - {path: "x", target: "/proc/x"}
           |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: Choose another place, such as /data or one below /home/dev."
    `));
  it('names', () =>
    expect(machineFaults('users: [Ann, root, systemd-x]\npackages: [Rip_grep, "vim=1"]')).toMatchInlineSnapshot(`
      "ai-vm.yaml:3:13  error  vms.dev.users[0]: "Ann" is not a user name [config.value]
        2 |   dev:
        3 |     users: [Ann, root, systemd-x]
          |             ^^^
        hint: Lower case letters, digits, \`-\` and \`_\`; at most 32; no digit or \`-\` first.
      ai-vm.yaml:3:18  error  vms.dev.users[1]: "root" is a name of the system's own [config.value]
        2 |   dev:
        3 |     users: [Ann, root, systemd-x]
          |                  ^^^^
        hint: Choose another, such as dev. Every user may use sudo.
      ai-vm.yaml:3:24  error  vms.dev.users[2]: "systemd-x" is a name of the system's own [config.value]
        2 |   dev:
        3 |     users: [Ann, root, systemd-x]
          |                        ^^^^^^^^^
        hint: Choose another, such as dev. Every user may use sudo.
      ai-vm.yaml:4:16  error  vms.dev.packages[0]: "Rip_grep" is not the name of a Debian package [config.value]
        3 |     users: [Ann, root, systemd-x]
        4 |     packages: [Rip_grep, "vim=1"]
          |                ^^^^^^^^
        hint: Lower case letters, digits, \`+\`, \`-\` and \`.\`, such as ripgrep or g++. Versions cannot be chosen here.
      ai-vm.yaml:4:26  error  vms.dev.packages[1]: "vim=1" is not the name of a Debian package [config.value]
        3 |     users: [Ann, root, systemd-x]
        4 |     packages: [Rip_grep, "vim=1"]
          |                          ^^^^^^^
        hint: Lower case letters, digits, \`+\`, \`-\` and \`.\`, such as ripgrep or g++. Versions cannot be chosen here."
    `));
  it('environment', () =>
    expect(machineFaults('env:\n  1X: a\n  TWO: |\n    lines\n    here\nlabels: [a=1, a=2]')).toMatchInlineSnapshot(`
      "ai-vm.yaml:4:7  error  vms.dev.env.1X: "1X" is not a name for a variable [config.name]
        3 |     env:
        4 |       1X: a
          |       ^^
        hint: Letters, digits and \`_\`; no digit first.
      ai-vm.yaml:5:12  error  vms.dev.env.TWO: a variable cannot hold more than one line [config.value]
        4 |       1X: a
        5 |       TWO: |
          |            ^
        hint: Put the text into a shared file, and its path into the variable.
      ai-vm.yaml:8:19  error  vms.dev.labels: \`a\` is set twice [config.duplicate]
        7 |         here
        8 |     labels: [a=1, a=2]
          |                   ^^^
        hint: Remove one of the two."
    `));
  it('health checks', () =>
    expect(
      [
        machineFaults('healthcheck: {interval: 5s}'),
        machineFaults('healthcheck: {test: [curl], interval: soon, retries: 0}'),
        machineFaults('healthcheck: {test: "", interval: 0s}'),
        machineFaults('healthcheck: {test: 5, timeout: 30h}'),
      ].join('\n'),
    ).toMatchInlineSnapshot(`
      "ai-vm.yaml:3:18  error  vms.dev.healthcheck: \`test\` is missing [config.missing]
        2 |   dev:
        3 |     healthcheck: {interval: 5s}
          |                  ^^^^^^^^^^^^^^
        hint: Say which command tells whether the machine is healthy.
      ai-vm.yaml:3:25  error  vms.dev.healthcheck.test: a list begins with CMD, CMD-SHELL or NONE [config.value]
        2 |   dev:
        3 |     healthcheck: {test: [curl], interval: soon, retries: 0}
          |                         ^^^^^^
        hint: Such as [CMD, curl, -fs, "localhost:3001"]. Or write a shell command as plain text.
      ai-vm.yaml:3:43  error  vms.dev.healthcheck.interval: "soon" is not a duration such as 5s, 500ms or 1m30s [config.value]
        2 |   dev:
        3 |     healthcheck: {test: [curl], interval: soon, retries: 0}
          |                                           ^^^^
      ai-vm.yaml:3:58  error  vms.dev.healthcheck.retries: 0 is not a whole number, 1 to 1000 [config.limit]
        2 |   dev:
        3 |     healthcheck: {test: [curl], interval: soon, retries: 0}
          |                                                          ^
      ai-vm.yaml:3:25  error  vms.dev.healthcheck.test: the command is empty [config.value]
        2 |   dev:
        3 |     healthcheck: {test: "", interval: 0s}
          |                         ^^
        hint: Remove the health check, or give it a command.
      ai-vm.yaml:3:25  error  vms.dev.healthcheck.test: 5 is not a command, or a list that begins with CMD, CMD-SHELL or NONE [config.type]
        2 |   dev:
        3 |     healthcheck: {test: 5, timeout: 30h}
          |                         ^
        hint: Put it in quotes if it is meant as text."
    `));
  it('host names', () =>
    expect(faults('vms: {a_b: , A-b: }')).toMatchInlineSnapshot(`
      "ai-vm.yaml:1:14  error  the machines a_b and A-b would both have the host name A-b [config.duplicate]
        1 | vms: {a_b: , A-b: }
          |              ^^^
        hint: \`_\` becomes \`-\`, and capital letters do not count. Rename one of them."
    `));
  it('a name of nothing', () =>
    expect(faults('name: "***"\nvms: {a: }')).toMatchInlineSnapshot(`
      "ai-vm.yaml:1:7  error  "***" leaves no name for the project [config.name]
        1 | name: "***"
          |       ^^^^^
        hint: Write \`name: my-project\`: it takes letters and digits."
    `));
});

describe('variables', () => {
  it('a template that is none', () =>
    expect(machineFaults('provision: ["echo ${HOME", "a ${ b} c"]')).toMatchInlineSnapshot(`
      "ai-vm.yaml:3:23  error  vms.dev.provision[0]: "\${HOME" is no variable [config.interpolation]
        2 |   dev:
        3 |     provision: ["echo \${HOME", "a \${ b} c"]
          |                       ^^^^^^
        hint: Write \${NAME} or \${NAME:-default}. A dollar sign that begins no variable is written $$.
      ai-vm.yaml:3:35  error  vms.dev.provision[1]: "\${ b}" is no variable [config.interpolation]
        2 |   dev:
        3 |     provision: ["echo \${HOME", "a \${ b} c"]
          |                                   ^^^^^
        hint: Write \${NAME} or \${NAME:-default}. A dollar sign that begins no variable is written $$."
    `));
  it('a required one', () =>
    expect(machineFaults('env:\n  TOKEN: ${TOKEN:?ask Ann for it}')).toMatchInlineSnapshot(`
      "ai-vm.yaml:4:14  error  required variable TOKEN is missing a value: ask Ann for it [config.variable]
        3 |     env:
        4 |       TOKEN: \${TOKEN:?ask Ann for it}
          |              ^^^^^^^^^^^^^^^^^^^^^^^^
        hint: Set it in your environment: export TOKEN=…"
    `));
  it('a wrong value', () =>
    expect(machineFaults('cpus: ${N}\noverlay: ${O}\nretries: 1\nmemory: ${M:-lots}', { env: { N: 'many', O: 'yes' } }))
      .toMatchInlineSnapshot(`
      "ai-vm.yaml:3:11  error  vms.dev.cpus: "many" is not a number of CPUs (from "\${N}") [config.value]
        2 |   dev:
        3 |     cpus: \${N}
          |           ^^^^
        hint: Write a whole number, such as 4.
      ai-vm.yaml:4:14  error  vms.dev.overlay: "yes" (from "\${O}") is not true or false [config.type]
        3 |     cpus: \${N}
        4 |     overlay: \${O}
          |              ^^^^
        hint: Write true or false.
      ai-vm.yaml:5:5  error  vms.dev: unknown key \`retries\` [config.unknown-key]
        4 |     overlay: \${O}
        5 |     retries: 1
          |     ^^^^^^^
        hint: Known here: image, cpus, memory, storage, overlay, audio, desktop, nested, shares, ports, ssh, users, packages, agents, restart, warm, suspend_after, network, networks, env, secrets, env_file, provision, depends_on, healthcheck, profiles, unset, extends, labels. Keys that begin with x- are free.
      ai-vm.yaml:6:13  error  vms.dev.memory: "lots" is not a size [config.value]
        5 |     retries: 1
        6 |     memory: \${M:-lots}
          |             ^^^^^^^^^^
        hint: Write a whole number with a unit, such as 8GiB or 512MiB. A number alone counts GiB."
    `));
});

it('what is not supported', () => {
  expect(faults('vms:\n  dev:\n    image: {disk: ./x.qcow2}\n')).toMatchInlineSnapshot(`
    "ai-vm.yaml:3:13  error  vms.dev.image.disk is not supported in this version [config.unsupported]
      2 |   dev:
      3 |     image: {disk: ./x.qcow2}
        |             ^^^^
      hint: Write \`image: debian\` or \`image: nixos\`, or leave \`image\` out."
  `);
});

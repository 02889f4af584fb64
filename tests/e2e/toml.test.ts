/** The same road from TOML, and the start script: the machine again, without us. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { execa } from 'execa';
import { asGuestRoot, inGuest, machine, until } from '../support/guest.ts';
import { freePorts, hostKeyOf } from '../support/network.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { machineDir, stateFile } from '../support/state.ts';
import { asUser } from '../support/user.ts';

/** Every character that a shell, an argument of QEMU's or a mount table could trip over. */
const NASTY = `a 'b' "c" $(touch pwned) \`touch pwned\`\n; touch pwned # é,=:%s\\`;

let port = 0;

const toml = (): string => `
name = "toml"
x-note = "free"

[vms.dev]
cpus = "2cpu"
memory = "768mb"
storage = 8
ports = ["${port}:22"]
env = { EDITOR = "vim", PRICE = "5 $$" }

[[vms.dev.shares]]
path = ${JSON.stringify(`./${NASTY}`).replaceAll('$', '$$$$')}
target = "/srv/nasty one"

[[vms.dev.shares]]
path = ${JSON.stringify(`./${NASTY}`).replaceAll('$', '$$$$')}
driver = "9p"
mode = "ro"

[vms.dev.healthcheck]
test = "true"
interval = "1s"
`;

const yaml = (): string => `
name: toml
x-other: {free: too}
vms:
  dev:
    cpus: 2
    memory: 768MiB
    storage: 8GiB
    ports: [{host: ${port}, guest: 22}]
    env:
      EDITOR: vim
      PRICE: 5 $$
    shares:
      - {path: ${JSON.stringify(`./${NASTY}`).replaceAll('$', '$$$$')}, target: /srv/nasty one}
      - {path: ${JSON.stringify(`./${NASTY}`).replaceAll('$', '$$$$')}, driver: 9p, mode: ro}
    healthcheck: {test: 'true', interval: 1s}
`;

const scriptOf = (box: Sandbox): string => join(machineDir(box, 'dev'), 'start-dev.sh');

/** All programs of this host but Node and what comes with it. */
function withoutNode(box: Sandbox): string {
  const bin = join(box.dir, 'bin');
  mkdirSync(bin);
  for (const dir of ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']) {
    for (const name of existsSync(dir) ? readdirSync(dir) : []) {
      if (/^(node|npm|npx|corepack)/u.test(name) || existsSync(join(bin, name))) continue;
      try {
        symlinkSync(join(dir, name), join(bin, name));
      } catch {
        // A link that leads nowhere stands there already.
      }
    }
  }
  return bin;
}

async function start(
  box: Sandbox,
  path: string,
): Promise<{ code: number | undefined; stdout: string; stderr: string }> {
  const [command = '', ...args] = asUser(box.user, ['sh', scriptOf(box)]);
  const options = { cwd: box.dir, extendEnv: false, env: { PATH: path }, reject: false } as const;
  const { exitCode, stdout, stderr } = await execa(command, args, options);
  return { code: exitCode, stdout, stderr };
}

/** Files that a command hidden in a name would have made. */
function pwned(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.name === 'pwned') return [path];
    return entry.isDirectory() && path !== join(dir, 'bin') ? pwned(path) : [];
  });
}

scenario(
  'a machine declared in TOML',
  async () => {
    [port = 0] = await freePorts(1);
    return { files: { 'ai-vm.toml': toml() }, name: `it's "$HOME"`, ports: [port] };
  },
  (obligation) => {
    let bin = '';

    obligation('is the same as its twin in YAML', async (box) => {
      box.write('twin/ai-vm.yaml', yaml());
      const [own, twin] = await Promise.all([
        box.ok(['config', '--format', 'json']),
        box.ok(['-f', 'twin/ai-vm.yaml', 'config', '--format', 'json']),
      ]);
      const moved = JSON.stringify(JSON.parse(twin)).replaceAll('/twin/', '/');
      expect(JSON.parse(own)).toEqual(JSON.parse(moved));
      expect(JSON.parse(own)).toMatchObject({ vms: { dev: { cpus: 2, memory: '768MiB', storage: '8GiB' } } });
    });

    obligation('comes up, with shares of an impossible name', async (box) => {
      await box.ok(['up']);
      expect(await inGuest(box, 'echo made >"/srv/nasty one/made"; echo "$PRICE $EDITOR"')).toBe('5 $ vim\n');
      expect(readFileSync(join(box.project, NASTY, 'made'), 'utf8')).toBe('made\n');
      const target = `/mnt/host-ro/${NASTY.replaceAll(/[\n\\]/gu, '-')}`;
      expect(await box.ok(['exec', 'dev', '--', 'cat', `${target}/made`])).toBe('made\n');
      const said = await asGuestRoot(box, `findmnt -no FSTYPE "/srv/nasty one"; findmnt -nt 9p -o FSTYPE,OPTIONS`);
      expect(said).toMatch(/^virtiofs\n9p +ro,/u);
    });

    obligation(
      'has a start script that says what it starts, and that shellcheck has nothing to say of',
      async (box) => {
        const text = readFileSync(scriptOf(box), 'utf8');
        expect(await box.ok(['script', 'dev'])).toBe(text);
        const { stdout } = await execa('shellcheck', ['--shell=sh', scriptOf(box)], { reject: false });
        expect(stdout).toBe('');
        const comments = text.split('\n').filter((line) => line.startsWith('#'));
        for (const line of ['Machine: dev', 'RAM: 768 MiB', 'CPU: 2 vCPUs', 'Storage: 8 GiB', 'SSH: ssh -p ']) {
          expect(comments).toContainEqual(expect.stringContaining(line));
        }
        expect(comments).toContainEqual(expect.stringMatching(/Share: .* at \/srv\/nasty one, read-write$/u));
      },
    );

    obligation('is started again by that script, without Node and from anywhere', async (box) => {
      await inGuest(box, 'echo kept >~/kept');
      const before = stateFile(machineDir(box, 'dev'), 'applied.json')['sshPort'];
      await box.ok(['down']);
      expect(await machine(box)).toMatchObject({ state: 'stopped', pid: null });
      bin = withoutNode(box);
      const { code, stdout, stderr } = await start(box, bin);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(await machine(box)).toMatchObject({ pid: Number(stdout), problem: null });
      await until('the guest', async () => ((await machine(box)).state === 'running' ? true : null));
      await until('SSH', async () => (await hostKeyOf(port)) || null);
      // The script does not wait for the guest: its shares may come after SSH.
      const mounted = 'findmnt -nt 9p,virtiofs | wc -l';
      await until('the shares', async () => ((await inGuest(box, mounted)) === '2\n' ? true : null));
      expect(await inGuest(box, 'cat ~/kept "/srv/nasty one/made"')).toBe('kept\nmade\n');
      expect(stateFile(machineDir(box, 'dev'), 'applied.json')['sshPort']).toBe(before);
    });

    obligation('is not started twice', async (box) => {
      const { pid } = await machine(box);
      const { code, stdout, stderr } = await start(box, bin);
      expect({ code, stdout, stderr }).toEqual({
        code: 0,
        stdout: String(pid),
        stderr: 'start-dev: runs already',
      });
      expect(await box.ok(['exec', 'dev', '--', 'echo', 'still here'])).toBe('still here\n');
    });

    obligation('is one with the file after the script: `up` has nothing to do', async (box) => {
      const { pid } = await machine(box);
      expect(await box.ok(['up'])).toContain('Nothing to do');
      expect((await machine(box)).pid).toBe(pid);
    });

    obligation('has run nothing that stood in a name', (box) => {
      expect(pwned(box.dir)).toEqual([]);
    });
  },
);

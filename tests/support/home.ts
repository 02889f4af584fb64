/** A home of its own for the command line in this process, with machines that stand still: what needs no guest to be tested. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { runCli } from '../../src/cli/run.ts';
import type { Io } from '../../src/cli/io.ts';
import { hostEnv, machinePaths, projectPaths } from '../../src/host/paths.ts';
import type { VmConfig } from '../../src/model/desired.ts';
import type { Applied, Identity, MachinePaths, ProjectPaths } from '../../src/model/machine.ts';
import { applied, identity, vmConfig } from '../fixtures/machines.ts';
import { parseOutput } from './output.ts';

export interface CliOutcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const VARIABLES = ['AI_VM_HOME', 'AI_VM_IMAGES', 'AI_VM_FILE', 'AI_VM_PROJECT', 'XDG_RUNTIME_DIR'];
const DIGEST = 'ab'.repeat(32);
/** A QEMU of root's is another user, who has to pass through. */
const MODE = process.getuid?.() === 0 ? 0o711 : 0o700;

export class Home {
  readonly dir: string;
  readonly project: string;
  /** Digest of the image that machines stand on unless it says otherwise. */
  readonly image = DIGEST;
  readonly #before = new Map(VARIABLES.map((name) => [name, process.env[name]]));
  readonly #projects: { name: string; dir: string }[] = [];

  constructor(text = 'vms: {dev: {}}\n') {
    this.dir = realpathSync(mkdtempSync(join(tmpdir(), 'ai-vm-home-')));
    // A QEMU without privileges must be able to pass through.
    chmodSync(this.dir, 0o755);
    for (const name of VARIABLES) Reflect.deleteProperty(process.env, name);
    process.env['AI_VM_HOME'] = join(this.dir, 'home');
    mkdirSync(join(this.dir, 'run'), { mode: 0o700 });
    process.env['XDG_RUNTIME_DIR'] = join(this.dir, 'run');
    this.project = join(this.dir, 'shop');
    mkdirSync(this.project);
    this.write(text);
    this.makeImage(DIGEST);
  }

  write(text: string): void {
    writeFileSync(join(this.project, 'ai-vm.yaml'), text);
  }

  /** Files that look like an image, whose disk is one. @returns its directory */
  makeImage(digest: string): string {
    const dir = join(hostEnv().images, digest);
    mkdirSync(dir, { recursive: true });
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', join(dir, 'root.qcow2'), '4M']);
    for (const name of ['vmlinux', 'initrd.img']) writeFileSync(join(dir, name), name);
    const files = ['vmlinux', 'initrd.img', 'root.qcow2'];
    writeFileSync(
      join(dir, 'manifest.json'),
      JSON.stringify({
        ...{ formatVersion: 1, digest, provider: 'debian', arch: 'x86_64' },
        boot: { kernel: 'vmlinux', initrd: 'initrd.img', params: [] },
        disk: { file: 'root.qcow2', format: 'qcow2', virtualSize: 4 * 1024 * 1024 },
        versions: { distribution: 'Debian 13', kernel: '6.12', systemd: 257 },
        ...{ features: [], agents: [] },
        files: Object.fromEntries(files.map((name) => [name, DIGEST])),
        sizes: Object.fromEntries(files.map((name) => [name, statSync(join(dir, name)).size])),
      }),
    );
    return dir;
  }

  paths(name = 'shop', dir = this.project): ProjectPaths {
    return projectPaths({ name, dir, location: 'user' }, hostEnv());
  }

  machine(vm = 'dev'): MachinePaths {
    return machinePaths(this.paths(), vm);
  }

  /** Makes a project known, as the first `up` does. */
  know(name = 'shop', dir = this.project): ProjectPaths {
    const paths = this.paths(name, dir);
    mkdirSync(join(paths.projectFile, '..'), { recursive: true, mode: MODE });
    writeFileSync(paths.projectFile, JSON.stringify({ formatVersion: 1, name, dir, location: 'user' }));
    this.#projects.push({ name, dir });
    return paths;
  }

  /** A machine that was stopped, with a disk on its image. */
  stopped(
    vm = 'dev',
    over: { config?: Partial<VmConfig>; applied?: Partial<Applied>; identity?: Partial<Identity> } = {},
    project = this.know(),
  ): MachinePaths {
    const paths = machinePaths(project, vm);
    mkdirSync(paths.dir, { recursive: true, mode: MODE });
    const config = vmConfig({ name: vm, hostname: vm, ...over.config });
    const record = applied(config, { image: this.image, stopped: true, ...over.applied });
    writeFileSync(paths.applied, JSON.stringify(record));
    writeFileSync(paths.identity, JSON.stringify(identity({ uuid: uuidOf(vm), ...over.identity })));
    const root = join(hostEnv().images, record.image, 'root.qcow2');
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', root, '-F', 'qcow2', paths.disk, '8M']);
    return paths;
  }

  /** `ai-vm …` in the project's directory, or in `cwd`. */
  async run(argv: readonly string[], { cwd = this.project, input = '' } = {}): Promise<CliOutcome> {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const texts = [stdout, stderr].map((stream) => {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      return () => Buffer.concat(parts).toString('utf8');
    });
    const stdin = new PassThrough();
    stdin.end(input);
    const io = { stdin, stdout, stderr, env: process.env, cwd, signal: new AbortController().signal };
    const code = await runCli(argv, io as unknown as Io);
    return { code, out: texts[0]!(), err: texts[1]!() };
  }

  /** The same with `--format json`, which must be as its schema says. */
  async json(argv: readonly string[], schema = argv[0]!, cwd = this.project): Promise<unknown> {
    const { code, out, err } = await this.run([...argv, '--format', 'json'], { cwd });
    if (code !== 0) throw new Error(`ai-vm ${argv.join(' ')} ended with ${code}\n${err}`);
    return parseOutput(schema, out);
  }

  close(): void {
    for (const { name, dir } of this.#projects) rmSync(this.paths(name, dir).runtime, { recursive: true, force: true });
    rmSync(this.paths().runtime, { recursive: true, force: true });
    for (const [name, value] of this.#before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** A number of its own for each machine, always the same. */
const uuidOf = (vm: string): string =>
  `11111111-2222-4333-8444-${Buffer.from(vm).toString('hex').slice(0, 12).padEnd(12, '0')}`;

/** A project with one machine and state of its own, away from everything of the user's but the images. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  chmodSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { timed } from './measure.mjs';

export const VM = 'bench';

/** Small, so that it starts on any machine that has a gigabyte to spare. */
const MACHINE = { cpus: 2, memory: '768MiB', storage: '8GiB' };

/** Images of the tests are as good as any, and mostly there. */
function imagesDir() {
  const { AI_VM_IMAGES, AI_VM_TEST_CACHE, USER } = process.env;
  if (AI_VM_IMAGES) return AI_VM_IMAGES;
  const root = process.getuid?.() === 0;
  const base = AI_VM_TEST_CACHE ?? (root ? '/var/cache/ai-vm-tests' : join(homedir(), '.cache/ai-vm-tests'));
  return join(base, root ? 'root' : (USER ?? 'user'));
}

export class Sandbox {
  /** @param {string} bundle dist/main.js */
  constructor(bundle) {
    this.bundle = bundle;
    this.dir = realpathSync(mkdtempSync(join(tmpdir(), 'ai-vm-bench-')));
    // A QEMU without privileges must be able to pass through.
    chmodSync(this.dir, 0o755);
    this.project = join(this.dir, 'project');
    for (const dir of ['project', 'project/shared', 'home', 'run']) mkdirSync(join(this.dir, dir));
    chmodSync(join(this.dir, 'run'), 0o700);
    const images = imagesDir();
    mkdirSync(images, { recursive: true });
    // Root's machines have a user's number by their home, and a template has the users of whom it was made for: here they are somebody
    // else's each time, which nobody else ever has.
    if (!process.env.AI_VM_IMAGES) rmSync(join(images, 'templates'), { recursive: true, force: true });
    this.env = {
      ...process.env,
      AI_VM_HOME: join(this.dir, 'home'),
      AI_VM_IMAGES: images,
      XDG_RUNTIME_DIR: join(this.dir, 'run'),
    };
    this.declare({});
  }

  /** Writes the file anew: the machine, with `fields` beside what it always has. */
  declare(fields) {
    this.declareAll({ [VM]: fields });
  }

  /** As many machines as one wants. @param {Readonly<Record<string, object>>} vms name → fields, as with `declare` */
  declareAll(vms) {
    const whole = Object.entries(vms).map(([name, fields]) => [name, { ...MACHINE, ...fields }]);
    const file = { name: 'bench', vms: Object.fromEntries(whole) };
    // JSON is YAML.
    writeFileSync(join(this.project, 'ai-vm.yaml'), JSON.stringify(file));
  }

  /** argv of an `ai-vm` command. @param {readonly string[]} args */
  argv(args) {
    return [process.execPath, this.bundle, ...args];
  }

  /** The same for the command as it is installed. @param {readonly string[]} args */
  installed(args) {
    return [join(dirname(this.bundle), 'ai-vm'), ...args];
  }

  /** Where and with what `ai-vm` runs. */
  get around() {
    return { cwd: this.project, env: this.env };
  }

  /**
   * Runs `ai-vm`; throws when it fails.
   * @param {readonly string[]} args
   * @param {(line: string, ms: number) => void} [onLine]
   * @param {Readonly<Record<string, string>>} [env] beside what it always has
   */
  ok(args, onLine, env = {}) {
    return timed(this.argv(args), { cwd: this.project, env: { ...this.env, ...env }, onLine });
  }

  /** Ends and deletes all machines, those that are not declared any more too. */
  async clear() {
    await this.ok(['down', '--timeout', '0']);
    await this.ok(['rm', '--yes']);
  }

  /** The running machine as `ps` has it. */
  async machine() {
    const { stdout } = await this.ok(['ps', '--format', 'json']);
    return JSON.parse(stdout).machines.find(({ name }) => name === VM);
  }

  /** What this host runs guests with. */
  host() {
    const cache = join(this.dir, 'home/cache/capabilities.json');
    const found = this.#host ?? (existsSync(cache) ? JSON.parse(readFileSync(cache, 'utf8')) : null);
    return found && { qemu: found.found?.qemu.version, accelerator: found.accelerator?.accelerator };
  }

  #host = null;
  #closed = false;

  /** Ends the machine, and removes everything. */
  close() {
    if (this.#closed) return;
    this.#closed = true;
    const cache = join(this.dir, 'home/cache/capabilities.json');
    if (existsSync(cache)) this.#host = JSON.parse(readFileSync(cache, 'utf8'));
    if (existsSync(join(this.dir, 'home/projects'))) {
      const [command, ...args] = this.argv(['down', '--timeout', '0']);
      try {
        execFileSync(command, args, { ...this.around, stdio: 'ignore', timeout: 120_000 });
      } catch {
        process.stderr.write(`bench: the machine in ${this.dir} could not be stopped\n`);
        return;
      }
    }
    rmSync(this.dir, { recursive: true, force: true });
  }
}

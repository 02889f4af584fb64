/** A project of its own for one scenario, with its own state, so that scenarios know nothing of each other. */
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import { cli, type CliOptions, type CliResult } from './cli.ts';
import { imageCache } from './images.ts';
import { leftovers, processesOf } from './leftovers.ts';
import { checkOutput } from './output.ts';
import { self, type TestUser } from './user.ts';

const ARTIFACTS = resolve(import.meta.dirname, '../artifacts');
/** Disks and RAM are too large to keep, and keys are nobody's business. */
const KEPT = /\.(log|json|ya?ml|toml|sh|txt)$/u;
const KEPT_BYTES = 4 * 1024 * 1024;
const LONGEST_PATH = 2000;

export interface SandboxOptions {
  /** Path within the project → text. */
  readonly files?: Readonly<Record<string, string>>;
  /** Name of the project's directory. */
  readonly name?: string;
  /** Who runs the commands; default: whoever runs the tests. */
  readonly as?: TestUser;
  /** Whom the project belongs to; default: who runs the commands. */
  readonly owner?: TestUser;
  /**
   * The runtime directory lies in the home of `as`: what root does on their behalf keeps it only then, as it does a
   * session's own.
   */
  readonly runtimeAtHome?: boolean;
  /** What runs every command, see CliOptions. */
  readonly within?: readonly string[];
}

export class Sandbox {
  /** Everything of this sandbox is below here. */
  readonly dir: string;
  readonly project: string;
  /** AI_VM_HOME: disks and keys. */
  readonly home: string;
  readonly user: TestUser;
  readonly owner: TestUser;
  readonly #run: string;
  readonly #within: readonly string[] | undefined;
  readonly #transcript: string[] = [];
  readonly #strangers: ReadonlySet<string>;

  constructor({ files = {}, name = 'project', as = self(), owner = as, runtimeAtHome, within }: SandboxOptions = {}) {
    this.#within = within;
    this.user = as;
    this.owner = owner;
    this.dir = realpathSync(mkdtempSync(join(tmpdir(), 'ai-vm-e2e-')));
    this.project = join(this.dir, name);
    this.home = join(this.dir, 'home');
    this.#run = runtimeAtHome === true ? join(as.home, `.${basename(this.dir)}`) : join(this.dir, 'run');
    // A QEMU without privileges must be able to pass through.
    chmodSync(this.dir, 0o755);
    this.#makeDir(this.project, owner, 0o755);
    this.#makeDir(this.home, as, 0o755);
    this.#makeDir(this.#run, as, 0o700);
    for (const [path, text] of Object.entries(files)) this.write(path, text);
    this.#strangers = new Set(readdirOrNone('/run/ai-vm'));
  }

  /** Writes a file of the project, as its owner. */
  write(path: string, text: string): void {
    const file = join(this.project, path);
    for (let dir = dirname(file); !existsSync(dir); dir = dirname(dir)) this.#makeDir(dir, this.owner, 0o755);
    writeFileSync(file, text);
    this.#own(file, this.owner);
  }

  get env(): Readonly<Record<string, string>> {
    return { AI_VM_HOME: this.home, AI_VM_IMAGES: imageCache(this.user), XDG_RUNTIME_DIR: this.#run };
  }

  /** `ai-vm` in the project's directory, see cli(). */
  async cli(args: readonly string[], options: Partial<CliOptions> = {}): Promise<CliResult> {
    const result = await cli(args, {
      cwd: this.project,
      as: this.user,
      within: this.#within,
      ...options,
      env: { ...this.env, ...options.env },
    });
    this.#transcript.push(`$ ai-vm ${args.join(' ')}`, result.stdout, result.stderr, `code ${result.code}`, '');
    return result;
  }

  /** The same, which must succeed: stdout. JSON must be as its schema says, whatever the scenario is about. */
  async ok(args: readonly string[], options: Partial<CliOptions> = {}): Promise<string> {
    const { code, stdout, stderr } = await this.cli(args, options);
    if (code !== 0) throw new Error(`ai-vm ${args.join(' ')} ended with code ${code}\n${stdout}\n${stderr}`);
    checkOutput(args, stdout);
    return stdout;
  }

  /** What is left of the machines of this sandbox; see leftovers(). */
  leftovers(ports: readonly number[] = []): string[] {
    // Root's runtime directories are in one place for all, whatever XDG_RUNTIME_DIR says.
    const empty = this.user.uid === 0 ? this.#runtimes() : [join(this.#run, 'ai-vm')];
    return leftovers({ dirs: [this.dir, this.#run, ...empty], ports, empty: empty.flatMap(deepest) });
  }

  /** Directories below /run/ai-vm that were not there before, but for those whose processes know nothing of this sandbox. */
  #runtimes(): string[] {
    const own = new Set(processesOf([this.dir]).map(({ pid }) => pid));
    return readdirOrNone('/run/ai-vm')
      .filter((name) => !this.#strangers.has(name))
      .map((name) => join('/run/ai-vm', name))
      .filter((dir) => {
        const users = processesOf([dir]);
        return users.length === 0 || users.some(({ pid }) => own.has(pid));
      });
  }

  /** Ends whatever still runs, and removes everything; with `keepAs`, logs and plans go to tests/artifacts/ before. */
  async close(keepAs?: string): Promise<void> {
    if (processesOf([this.dir]).length > 0) {
      await this.cli(['down'], { timeoutMs: 120_000 }).catch(() => undefined);
    }
    for (const { pid } of processesOf([this.dir])) kill(pid);
    if (keepAs !== undefined) this.#keep(join(ARTIFACTS, keepAs.replace(/[^\w.-]+/gu, '-')));
    // A guest can make a tree that is deeper than any path; Node's own removal goes by paths.
    await execa('rm', ['-rf', '--', this.dir, this.#run]);
  }

  #keep(target: string): void {
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target, { recursive: true });
    cpSync(this.dir, target, {
      recursive: true,
      filter: (source) => {
        if (source.length > LONGEST_PATH) return false;
        const stat = lstatSync(source, { throwIfNoEntry: false });
        return (
          stat !== undefined && (stat.isDirectory() || (stat.isFile() && stat.size <= KEPT_BYTES && KEPT.test(source)))
        );
      },
    });
    writeFileSync(join(target, 'transcript.txt'), this.#transcript.join('\n'));
  }

  #makeDir(path: string, owner: TestUser, mode: number): void {
    mkdirSync(path, { recursive: true });
    chmodSync(path, mode);
    this.#own(path, owner);
  }

  #own(path: string, owner: TestUser): void {
    if (self().uid === 0) chownSync(path, owner.uid, owner.gid);
  }
}

/** The files and sockets below `dir`, as directories that hold them: an empty tree counts as nothing. */
function deepest(dir: string): string[] {
  const entries = existsSync(dir) ? readdirSync(dir, { withFileTypes: true }) : [];
  return entries.some((entry) => !entry.isDirectory())
    ? [dir]
    : entries.flatMap((entry) => deepest(join(dir, entry.name)));
}

function readdirOrNone(dir: string): string[] {
  return existsSync(dir) ? readdirSync(dir) : [];
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself in the meantime.
  }
}

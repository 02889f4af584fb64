/** The launcher with a recipe, and programs in the place of ssh and Node that say what they were given. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { hostEnv, recipePath } from '../../../src/host/paths.ts';
import { parseStat } from '../../../src/host/processes.ts';
import { recipeText, type Recipe } from '../../../src/app/recipe/text.ts';

const LAUNCHER = resolve(import.meta.dirname, '../../../src/launcher.sh');
const ROOTS = '/run/ai-vm';

export interface Said {
  /** Who it was left to; null: to nobody. */
  readonly by: 'ssh' | 'node' | null;
  readonly words: readonly string[];
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that writes its words down, hands stdin on to stdout, and ends with CODE. */
const fake = (name: string, heard: string): string =>
  `#!/bin/sh\nprintf '%s\\0' ${name} "$@" >'${heard}'\n/bin/cat\nexit "\${CODE-0}"\n`;

export class Stand {
  readonly dir = realpathSync(mkdtempSync(join(tmpdir(), 'ai-vm-launcher-')));
  readonly project = join(this.dir, 'project');
  readonly file = join(this.project, 'ai-vm.yaml');
  readonly socket = join(this.dir, 'ssh');
  readonly installed = join(this.dir, 'installed/ai-vm');
  readonly process: ChildProcess;
  readonly #server: Server;
  readonly #heard = join(this.dir, 'heard');
  readonly #build = `test-${process.pid}.cjs`;
  readonly #home: string;

  private constructor(server: Server) {
    this.#server = server;
    for (const each of ['project', 'installed', 'bin', 'run']) mkdirSync(join(this.dir, each), { mode: 0o700 });
    for (const name of ['ssh', 'node']) this.program(name, fake(name, this.#heard));
    symlinkSync('/usr/bin/env', join(this.dir, 'bin/env'));
    this.program('readlink', '#!/bin/sh\nPATH=/usr/bin:/bin\nexec readlink "$@"\n');
    writeFileSync(this.installed, readFileSync(LAUNCHER, 'utf8').replace('@BUILD@', this.#build), { mode: 0o755 });
    writeFileSync(this.file, '');
    this.process = spawn('sleep', ['600'], { stdio: 'ignore' });
    this.#home = process.getuid?.() === 0 ? ROOTS : join(this.dir, 'run/ai-vm');
    mkdirSync(this.#home, { recursive: true, mode: 0o711 });
    // As long ago as files are when somebody works.
    for (const path of [this.file, this.project]) this.touch(path, -60);
    this.leave();
  }

  static async make(): Promise<Stand> {
    const server = createServer();
    const stand = new Stand(server);
    await new Promise<void>((done) => server.listen(stand.socket, done));
    return stand;
  }

  program(name: string, text: string): void {
    const path = join(this.dir, 'bin', name);
    writeFileSync(path, text);
    chmodSync(path, 0o755);
  }

  get recipe(): Recipe {
    const pid = this.process.pid ?? 0;
    const startTime = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.startTime ?? '';
    return {
      variables: new Map([
        ['AI_VM_FILE', null],
        ['TOKEN', `it's $HOME`],
      ]),
      unchanged: [this.file, this.project],
      processes: [{ pid, startTime }],
      socket: this.socket,
      argv: ['-T', '--', '127.0.0.1', `cd '/mnt/a b' 2>/dev/null; exec `],
    };
  }

  /** Recipes are where root's are. */
  get ofRoot(): boolean {
    return this.#home === ROOTS;
  }

  get recipePath(): string {
    const env = { ...hostEnv({}), runtimeHome: this.#home };
    return recipePath(env, this.project, 'dev', this.#build);
  }

  /** @param since seconds from now that its time is */
  leave(recipe = this.recipe, since = -10, until = 10): void {
    mkdirSync(dirname(this.recipePath), { recursive: true, mode: 0o700 });
    writeFileSync(this.recipePath, recipeText(recipe));
    writeFileSync(`${this.recipePath}.until`, '');
    this.touch(this.recipePath, since);
    this.touch(`${this.recipePath}.until`, until);
  }

  touch(path: string, seconds: number): void {
    const time = Date.now() / 1000 + seconds;
    utimesSync(path, time, time);
  }

  env(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    return { PATH: join(this.dir, 'bin'), XDG_RUNTIME_DIR: join(this.dir, 'run'), TOKEN: `it's $HOME`, ...more };
  }

  run(argv: readonly string[], { env = {}, cwd = this.project, input = '', command = [this.installed] } = {}): Said {
    rmSync(this.#heard, { force: true });
    const [program = '', ...words] = [...command, ...argv];
    const { status, stdout, stderr } = spawnSync(program, words, { cwd, env: this.env(env), input, encoding: 'utf8' });
    return { ...this.heard(), code: status, stdout, stderr };
  }

  heard(): Pick<Said, 'by' | 'words'> {
    if (!existsSync(this.#heard)) return { by: null, words: [] };
    const [by, ...words] = readFileSync(this.#heard, 'utf8').split('\0').slice(0, -1);
    return { by: by as 'ssh' | 'node', words };
  }

  /** Stops the process, as Ctrl-Z does. */
  stop(): void {
    const { pid } = this.process;
    this.process.kill('SIGSTOP');
    while (parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.state !== 'T');
  }

  /** The command that ssh was given. */
  get command(): string {
    return this.heard().words.at(-1) ?? '';
  }

  copyProject(): string {
    const other = join(this.dir, 'other');
    cpSync(this.project, other, { recursive: true });
    return other;
  }

  close(): void {
    this.process.kill('SIGKILL');
    this.#server.close();
    rmSync(join(this.#home, 'exec', this.dir), { recursive: true, force: true });
    // And what is empty above it, where others have none.
    spawnSync('rmdir', ['-p', join('exec', dirname(this.dir))], { cwd: this.#home });
    rmSync(this.dir, { recursive: true, force: true });
  }
}

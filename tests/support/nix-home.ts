/** Real Nix with a store of its own: what is in the host's is neither seen nor collected, and no network is asked. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';

const STAND_IN = resolve(import.meta.dirname, '../fixtures/nix/stand-in');

/** Settings of someone who builds by themselves, without a daemon, a cache and a sandbox. */
const SETTINGS = ['sandbox = false', 'build-users-group =', 'substituters =', 'connect-timeout = 2'];

export class NixHome {
  readonly dir: string;
  /** AI_VM_FLAKE: the stand-in, whose guests are copies of `bundle`. */
  readonly flake: string;
  /** @param bundle directory with manifest.json, vmlinux, initrd.img and root.qcow2; without it, one that nothing could boot */
  constructor(bundle?: string) {
    this.dir = realpathSync(mkdtempSync(join(tmpdir(), 'ai-vm-nix-')));
    // A QEMU without privileges reads what was built.
    chmodSync(this.dir, 0o755);
    this.flake = join(this.dir, 'stand-in');
    mkdirSync(this.flake, { recursive: true });
    for (const name of ['flake.nix', 'build.sh']) copyFileSync(join(STAND_IN, name), join(this.flake, name));
    const before = bundle ?? writeBundle(join(this.dir, 'bundle'));
    writeFileSync(join(this.flake, 'bundle'), before);
    copyFileSync(join(before, 'manifest.json'), join(this.flake, 'manifest.json'));
  }

  /** Name → text: what another flake takes in to make guests as the stand-in does. */
  standIn(): Readonly<Record<'stand-in.nix' | 'build.sh' | 'bundle' | 'manifest.json', string>> {
    const text = (name: string): string => readFileSync(join(this.flake, name), 'utf8');
    return {
      ...{ 'stand-in.nix': text('flake.nix'), 'build.sh': text('build.sh') },
      ...{ bundle: text('bundle'), 'manifest.json': text('manifest.json') },
    };
  }

  get store(): string {
    return join(this.dir, 'store');
  }

  env(more: readonly string[] = []): Readonly<Record<string, string>> {
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: join(this.dir, 'home'),
      NIX_STORE_DIR: this.store,
      NIX_STATE_DIR: join(this.dir, 'var'),
      NIX_LOG_DIR: join(this.dir, 'log'),
      NIX_CONF_DIR: join(this.dir, 'etc'),
      NIX_CONFIG: [...SETTINGS, ...more].join('\n'),
      AI_VM_FLAKE: this.flake,
    };
  }

  /** The same, with a Nix on PATH that notes that it was called and does nothing. */
  watched(): { readonly env: Readonly<Record<string, string>>; readonly calls: () => string } {
    const bin = join(this.dir, 'watched');
    const log = join(bin, 'calls');
    mkdirSync(bin, { recursive: true });
    rmSync(log, { force: true });
    writeFileSync(join(bin, 'nix'), `#!/bin/sh\necho "$*" >>${log}\nexit 1\n`, { mode: 0o755 });
    const env = this.env();
    return {
      env: { ...env, PATH: `${bin}:${env['PATH'] ?? ''}` },
      calls: () => (existsSync(log) ? readFileSync(log, 'utf8') : ''),
    };
  }

  /**
   * Frees everything that no root keeps. No process is one: it sees those of this host, and fails when one of them has a file open
   * whose name is longer than any may be, as a server of shares has for a guest in another lane.
   */
  async collectGarbage(): Promise<void> {
    const alone = process.getuid?.() === 0 ? ['unshare', '--pid', '--fork', '--mount-proc'] : [];
    await execa('env', [...alone, 'nix-collect-garbage'], { env: this.env(), extendEnv: false });
  }

  /** Nothing in a store may be written, by its owner neither. */
  async remove(): Promise<void> {
    await execa('chmod', ['-R', 'u+w', this.dir], { reject: false });
    await execa('rm', ['-rf', '--', this.dir]);
  }
}

/** @returns the directory */
function writeBundle(dir: string): string {
  mkdirSync(dir);
  const names = ['vmlinux', 'initrd.img', 'root.qcow2'];
  for (const name of names) writeFileSync(join(dir, name), name);
  const sha256 = (name: string): string => createHash('sha256').update(name).digest('hex');
  const manifest = {
    ...{ formatVersion: 1, digest: '0'.repeat(64), provider: 'debian', arch: 'x86_64', features: [], agents: [] },
    boot: { kernel: 'vmlinux', initrd: 'initrd.img', params: ['quiet'] },
    disk: { file: 'root.qcow2', format: 'qcow2', virtualSize: 4096 },
    versions: { distribution: 'debian 13', kernel: '6.12', systemd: 257 },
    files: Object.fromEntries(names.map((name) => [name, sha256(name)])),
    sizes: Object.fromEntries(names.map((name) => [name, name.length])),
  };
  writeFileSync(join(dir, 'manifest.json'), JSON.stringify(manifest, null, 2));
  return dir;
}

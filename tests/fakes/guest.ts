/** A guest as its agent shows it: what is mounted, who may log in, what sshd hands on. It knows scripts by what they ask. */
import { Refusal } from './qmp-server.ts';
import type { GuestMount, GuestSettings } from '../../src/model/boot.ts';
import { RELOAD_SSHD } from '../../src/model/sshd.ts';
import { settingsScript } from '../../src/guest/live-scripts.ts';
import type { Hardware, Inside } from './hardware.ts';

interface User {
  readonly uid: number;
  readonly expired: boolean;
}

/** What a script has come to. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
}

const DONE: Ended = { code: 0, stdout: '' };
const failed = (stdout: string): Ended => ({ code: 1, stdout });

/** A word in single quotes, with those inside it. */
const WORD = String.raw`((?:'[^']*'|\\')+)`;
const unquote = (word: string): string =>
  word.replaceAll(/'([^']*)'|\\(')/g, (_, text = '', quote = '') => `${text}${quote}`);

const SSHD = '/etc/ssh/sshd_config.d/10-ai-vm-env.conf';

/** What is on the root file system of a disk, whoever boots from it. */
export interface Disk {
  /** Name → whether all of it is there. */
  readonly packages: Map<string, boolean>;
  /** Packages that were begun to be installed. */
  readonly marks: Set<string>;
}

export class Guest implements Inside {
  readonly mounts = new Map<string, { readonly tag: string; readonly mode: string }>();
  readonly users = new Map<string, User>();
  readonly files = new Map<string, string>();
  /** Mount points that a program sits in. */
  readonly busy = new Set<string>();
  /** Devices that it does not let go of. */
  readonly stubborn = new Set<string>();
  readonly vcpus: boolean[];
  fileSystem = 0;
  /** What sshd has read. */
  sshd = '';
  boots = 0;
  readonly disk: Disk;
  readonly #hardware: Hardware;

  constructor(hardware: Hardware, disk: Disk = { packages: new Map(), marks: new Set() }) {
    this.#hardware = hardware;
    this.disk = disk;
    this.vcpus = Array.from({ length: hardware.spec.cpus }, () => false);
  }

  /** It comes up as QEMU was first told. */
  boot(settings: GuestSettings, online: number): void {
    this.boots += 1;
    this.mounts.clear();
    this.busy.clear();
    this.vcpus.forEach((_, n) => (this.vcpus[n] = n < online));
    this.fileSystem = this.#hardware.diskSize;
    this.run(settingsScript({ ...settings, mounts: [] }));
    this.sshd = this.files.get(SSHD) ?? '';
    for (const mount of settings.mounts) this.#mount(mount);
  }

  get bootId(): string {
    return `00000000-0000-4000-8000-${String(this.boots).padStart(12, '0')}`;
  }

  uses(id: string): boolean {
    const { tag } = this.#hardware.devices.get(id) ?? {};
    return [...this.mounts.values()].some((mount) => mount.tag === tag);
  }

  letsGo(id: string): boolean {
    return !this.stubborn.has(id) && this.#served(this.#hardware.devices.get(id)?.tag ?? '');
  }

  /** Names of those who can log in. */
  logins(): string[] {
    const may = (name: string): boolean =>
      this.users.get(name)?.expired === false && (this.files.get(`/home/${name}/.ssh/authorized_keys`) ?? '') !== '';
    return [...this.users.keys()].filter(may).sort();
  }

  request(command: string, args: Readonly<Record<string, unknown>>): unknown {
    switch (command) {
      case 'guest-get-vcpus':
        return this.vcpus.map((online, id) => ({ 'logical-id': id, online, 'can-offline': id > 0 }));
      case 'guest-set-vcpus': {
        // One at a time: it may stop half-way.
        const [first] = args['vcpus'] as { 'logical-id': number; online: boolean }[];
        this.vcpus[first!['logical-id']] = first!.online;
        return 1;
      }
      default:
        throw new Refusal(`The command ${command} has not been found`);
    }
  }

  /** @throws Error for a script that it does not know: a test must not take it for done */
  run(script: string): Ended {
    const asked = (pattern: RegExp): string[] | null => pattern.exec(script)?.slice(1).map(unquote) ?? null;
    const wanted = /^name=.*\nset -- "\$name"(.*)$/m.exec(script);
    if (wanted) {
      for (const name of this.#wanted(script)) this.disk.packages.set(name, true);
      return DONE;
    }
    const kept = asked(new RegExp(`case ${WORD} in \\*" \\$name "\\*\\) continue ;; esac\n  case \\$\\(dpkg-query`));
    if (kept) return this.#takeBack(kept[0]!.split(' '));
    const mount = asked(new RegExp(`mount -t (virtiofs|9p) -o ${WORD} -- ${WORD} ${WORD}`));
    if (mount) {
      const [type, options = '', tag = '', target = ''] = mount;
      return this.#mount({ type: type === '9p' ? '9p' : 'virtiofs', options: options.split(','), tag, target });
    }
    const gone = asked(new RegExp(`umount -l -c -- ${WORD}`));
    if (gone) {
      this.mounts.delete(gone[0]!);
      return DONE;
    }
    const served = asked(new RegExp(`^t=${WORD}\nmountpoint -q -- "\\$t" \\|\\| exit 0`));
    if (served) return this.#unmount(served[0]!);
    const stray = asked(new RegExp(`\\[ "\\$source" != ${WORD} \\]`));
    if (stray) {
      const targets = [...this.mounts].filter(([, { tag }]) => tag === stray[0]).map(([target]) => target);
      return targets.map((target) => this.#unmount(target)).find(({ code }) => code !== 0) ?? DONE;
    }
    if (/systemd-tmpfiles --create/.test(script)) return this.#settings(script);
    if (/systemd-growfs/.test(script)) {
      this.fileSystem = this.#hardware.diskSize;
      return DONE;
    }
    if (script === RELOAD_SSHD) {
      this.sshd = this.files.get(SSHD) ?? '';
      return DONE;
    }
    return this.#users(script);
  }

  /** The script breaks off in the middle. */
  cutOff(script: string): void {
    if (/^name=.*\nset -- /.test(script)) for (const name of this.#wanted(script)) this.disk.packages.set(name, false);
  }

  /** Packages that are not there yet, marked as begun. */
  #wanted(script: string): string[] {
    const [, first = '', others = ''] = /^name=(.*)\nset -- "\$name"(.*)$/m.exec(script) ?? [];
    const names = [first, ...others.split(' ')].filter(Boolean).map(unquote);
    const missing = names.filter((name) => this.disk.packages.get(name) !== true);
    for (const name of missing) this.disk.marks.add(name);
    return missing;
  }

  #takeBack(keep: readonly string[]): Ended {
    for (const name of this.disk.marks) {
      if (keep.includes(name)) continue;
      this.disk.packages.delete(name);
      this.disk.marks.delete(name);
    }
    return DONE;
  }

  #served(tag: string): boolean {
    const found = [...this.#hardware.devices.values()].find((device) => device.tag === tag);
    return found?.chardev !== undefined && !found.hidden && this.#hardware.sockets.connected(found.chardev);
  }

  #mount({ tag, target, options }: GuestMount): Ended {
    if (this.mounts.has(target)) return DONE;
    if (!this.#served(tag)) return failed('');
    this.mounts.set(target, { tag, mode: options[0] ?? '' });
    return DONE;
  }

  #unmount(target: string): Ended {
    const mount = this.mounts.get(target);
    if (!mount) return DONE;
    // The kernel waits for ever for a server that is gone.
    if (!this.#served(mount.tag)) throw new Error(`${target} is waited for, and nobody serves it`);
    if (this.busy.has(target)) return failed('in use by sleep (77)\n');
    this.mounts.delete(target);
    return DONE;
  }

  #settings(script: string): Ended {
    const text = (name: string): string =>
      unquote(new RegExp(`printf %s ${WORD} >\\S*/${name}`).exec(script)?.[1] ?? "''");
    if (/systemd-sysusers/.test(script)) {
      for (const [, name = '', uid] of text('sysusers.extra').matchAll(/^u (\S+) (\d+) /gm)) {
        // One that is there is left as it is.
        if (!this.users.has(name)) this.users.set(name, { uid: Number(uid), expired: false });
      }
    }
    for (const [, path = '', base64 = ''] of text('tmpfiles.extra').matchAll(
      /^f\+~? "(\S+)" \S+ \S+ \S+ -? ?(\S*)$/gm,
    )) {
      this.files.set(path, Buffer.from(base64, 'base64').toString());
    }
    return DONE;
  }

  #users(script: string): Ended {
    const only = /^for rule in \/etc\/sudoers\.d\/90-ai-vm-\*; do[^]* case ' (.*) ' in/.exec(script)?.[1]?.split(' ');
    const welcome = /^for name in (.*); do usermod -e '' /.exec(script)?.[1]?.split(' ');
    if (!only && !welcome) throw new Error(`this guest does not know what it is asked:\n${script}`);
    for (const [name, user] of this.users) {
      if (welcome?.includes(name)) this.users.set(name, { ...user, expired: false });
      if (only && !only.includes(name)) this.#lockOut(name, user);
    }
    return DONE;
  }

  #lockOut(name: string, user: User): void {
    if (!this.files.delete(`/etc/sudoers.d/90-ai-vm-${name}`)) return;
    this.files.delete(`/home/${name}/.ssh/authorized_keys`);
    this.users.set(name, { ...user, expired: true });
  }
}

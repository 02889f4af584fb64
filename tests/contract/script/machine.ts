/** A machine on a real QEMU that needs no guest: it stays paused, or floods its console from eight bytes of firmware. */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { dedicated } from '../../../src/host/run-as.ts';
import { findProgram, firstSubId } from '../../../src/host/accounts.ts';
import type { JudgedDirectory } from '../../../src/model/boot.ts';
import type { RunAs } from '../../../src/model/capabilities.ts';
import type { GatewayLaunch } from '../../../src/model/gateway.ts';
import type { LaunchSpec } from '../../../src/model/launch.ts';
import { renderStartScript } from '../../../src/qemu/script.ts';

export const isRoot = process.getuid?.() === 0;
const FOREIGN_GROUP = 4;
const ACCOUNT = `ai-vm-contract-${process.pid % 100_000}`;

/** An ordinary user to run as, when the tests themselves run as root. */
export function makeUser(): RunAs {
  if (!isRoot)
    return ids(
      execFileSync('id', ['-un'], { encoding: 'utf8' }).trim(),
      process.getuid?.() ?? -1,
      process.getgid?.() ?? -1,
    );
  execFileSync('useradd', ['--create-home', ACCOUNT]);
  const id = (flag: string): number => Number(execFileSync('id', [flag, ACCOUNT], { encoding: 'utf8' }));
  return ids(ACCOUNT, id('-u'), id('-g'));
}

function ids(name: string, uid: number, gid: number): RunAs {
  const sub = (file: string): number | null => firstSubId(readFileSync(file, 'utf8'), { name, uid });
  return { uid, gid, groups: [], drop: false, subUid: sub('/etc/subuid'), subGid: sub('/etc/subgid') };
}

export function removeUser(): void {
  if (isRoot) spawnSync('userdel', ['--remove', ACCOUNT]);
}

/** Firmware that writes `A` to the serial port for ever: mov dx,3f8; mov al,'A'; out dx,al; jmp. */
function flood(): Buffer {
  const rom = Buffer.alloc(65_536);
  Buffer.from('baf803b041eeebfd', 'hex').copy(rom, 0x100);
  rom.writeUInt8(0xe9, 0xfff0);
  rom.writeUInt16LE((0x100 - 0xfff3) & 0xffff, 0xfff1);
  return rom;
}

export interface Started {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Machine {
  readonly dir: string;
  readonly runAs: RunAs;
  spec: LaunchSpec;

  private constructor(dir: string, runAs: RunAs, spec: LaunchSpec) {
    this.dir = dir;
    this.runAs = runAs;
    this.spec = spec;
  }

  static async make(who: 'user' | 'drop', user: RunAs): Promise<Machine> {
    // Not os.tmpdir(): that of a test runner may be closed to others.
    const dir = realpathSync(mkdtempSync("/tmp/ai-vm it's $(here) "));
    const runAs = who === 'drop' ? dedicated(dir, []) : user;
    execFileSync('chmod', ['0711', dir]);
    const owner = runAs.drop ? 0 : runAs.uid;
    const own = (path: string): string => {
      if (isRoot) chownSync(path, owner, owner);
      return path;
    };
    own(dir);
    const file = (name: string, data: Buffer): string => {
      writeFileSync(join(dir, name), data, { mode: 0o600 });
      return own(join(dir, name));
    };
    const disk = join(dir, 'disk.qcow2');
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '16M']);
    own(disk);
    const bios = file('flood.bin', flood());
    const run = join(dir, 'run', 'dev');
    const uuid = randomUUID();
    const qemu = await findProgram('qemu-system-x86_64');
    if (!qemu) throw new Error('qemu-system-x86_64 is needed');
    const base: LaunchSpec = {
      vm: 'dev',
      uuid,
      documentation: [['RAM', '64 MiB']],
      lock: join(dir, 'lock'),
      runDirs: [join(dir, 'run'), run],
      pidFile: join(run, 'qemu.pid'),
      qmpControl: join(run, 'qmp.sock'),
      serialLog: join(dir, 'serial.log'),
      serialWindow: join(run, 'serial.log'),
      qemuLog: join(dir, 'qemu.log'),
      qemuWindow: join(run, 'qemu.log'),
      helperPids: join(run, 'helpers'),
      disk,
      scratch: null,
      audioWav: null,
      grant: [disk, bios],
      runAs,
      helpers: [],
      directories: [],
      none: null,
      qemu,
      argv: [
        ...['-uuid', uuid, '-nodefaults', '-no-user-config', '-display', 'none', '-accel', 'tcg'],
        ...['-machine', 'q35,memory-backend=ram0', '-m', '64M'],
        ...['-object', 'memory-backend-memfd,id=ram0,size=64M,share=on'],
        ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
        ...['-pidfile', join(run, 'qemu.pid')],
        ...[
          '-chardev',
          `socket,id=qmp,path=${join(run, 'qmp.sock')},server=on,wait=off`,
          '-mon',
          'chardev=qmp,mode=control',
        ],
        ...['-drive', `if=none,id=disk,format=qcow2,file=${disk}`, '-device', 'virtio-blk-pci,drive=disk'],
      ],
    };
    return new Machine(dir, runAs, base);
  }

  /** A directory of whom the machine runs as, the way that a judged share is described. */
  directory(name: string): JudgedDirectory {
    const path = join(this.dir, name);
    // Its parent lets nobody in but the owner, and a group that the helper's namespace does not know.
    const above = dirname(path);
    if (above !== this.dir) {
      mkdirSync(above, { mode: 0o750 });
      if (isRoot) chownSync(above, this.runAs.uid, FOREIGN_GROUP);
    }
    mkdirSync(path);
    if (isRoot) chownSync(path, this.runAs.uid, this.runAs.gid);
    const stat = statSync(path, { bigint: true });
    return { path, identity: `${stat.dev}:${stat.ino}` };
  }

  withArguments(...argv: string[]): this {
    this.spec = { ...this.spec, argv: [...this.spec.argv, ...argv] };
    return this;
  }

  /** What is started in the place of a gateway: an ES module for Node, whose last argument is the runtime directory. */
  withGateway(module: string): this {
    const code = join(this.dir, 'gateway.mjs');
    writeFileSync(code, module);
    const settings = { run: this.spec.runDirs.at(-1) ?? '' } as unknown as GatewayLaunch['settings'];
    this.spec = { ...this.spec, gateway: { node: process.execPath, code, settings } };
    return this;
  }

  /** Adds virtiofs shares by name and mode. */
  async withShares(shares: Readonly<Record<string, 'ro' | 'rw'>>): Promise<this> {
    const candidates = ['/usr/lib/qemu/virtiofsd', '/usr/libexec/virtiofsd', '/usr/lib/virtiofsd'];
    const binary = candidates.find((path) => existsSync(path)) ?? (await findProgram('virtiofsd'));
    if (!binary) throw new Error('virtiofsd is needed');
    const flavour = binary === candidates[0] ? 'c' : 'rust';
    const helpers = Object.entries(shares).map(([name, mode], index) => {
      const socket = join(this.spec.runDirs.at(-1) ?? '', `fs${index}.sock`);
      this.withArguments('-chardev', `socket,id=fs${index},path=${socket}`);
      this.withArguments('-device', `vhost-user-fs-pci,chardev=fs${index},tag=${name.replace('/', '-')}`);
      return { kind: 'virtiofsd', tag: name, share: this.directory(name), mode, socket, binary, flavour } as const;
    });
    this.spec = { ...this.spec, helpers };
    return this;
  }

  floods(): this {
    const serial = this.spec.serialWindow;
    return this.withArguments(
      ...['-bios', join(this.dir, 'flood.bin'), '-serial', 'chardev:serial0'],
      ...[
        '-chardev',
        `socket,id=serial0,path=${join(this.spec.runDirs.at(-1) ?? '', 's.sock')},server=on,wait=off,logfile=${serial},logappend=on`,
      ],
    );
  }

  start(...flags: string[]): Started {
    const script = join(this.dir, 'start-dev.sh');
    writeFileSync(script, renderStartScript(this.spec), { mode: 0o700 });
    if (isRoot && !this.runAs.drop) chownSync(script, this.runAs.uid, this.runAs.gid);
    const ran = spawnSync(script, flags, { encoding: 'utf8', timeout: 60_000 });
    return { code: ran.status, stdout: ran.stdout, stderr: ran.stderr };
  }

  /** Living processes that mention this machine's directory or are its helpers. */
  processes(): number[] {
    const helpers = existsSync(this.spec.helperPids) ? readFileSync(this.spec.helperPids, 'utf8') : '';
    const known = new Set(helpers.split('\n').flatMap((line) => (line === '' ? [] : [Number(line.split(' ')[0])])));
    const table = execFileSync('ps', ['-eo', 'pid=,stat=,args='], { encoding: 'utf8' });
    return table.split('\n').flatMap((line) => {
      const [, pid = '', state = '', args = ''] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
      const ours = args.includes(this.dir) || known.has(Number(pid));
      return ours && !state.startsWith('Z') ? [Number(pid)] : [];
    });
  }

  remove(): void {
    for (const pid of this.processes()) process.kill(pid, 'SIGKILL');
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** KVM is proved, not assumed: /dev/kvm may open and QEMU may call it present, and still no guest gets anywhere. */
import { constants } from 'node:fs';
import { access, mkdtemp, rm, writeFile, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { privilegesOf } from '../host/privileges.ts';
import type { AcceleratorVerdict, RunAs } from '../model/capabilities.ts';
import { AiVmError } from '../model/errors.ts';
import { PROBE_EXIT_CODE, probeFirmware } from './probe-guest.ts';

/** Starting QEMU takes about 0.1 s and the guest microseconds; a guest that has not answered by now never will. */
const PROBE_TIMEOUT = 2_000;

export interface ProbeOptions {
  /** Path of the QEMU binary. */
  readonly qemu: string;
  /** Who machines run as: the proof counts only for them. */
  readonly runAs?: RunAs | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface AcceleratorOptions extends ProbeOptions {
  /** Where `AI_VM_ACCEL` may say `kvm` or `tcg`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Default `/dev/kvm`. */
  readonly device?: string;
}

/** The declared override: null when there is none. Rejects other values than `kvm` and `tcg` with `usage`. */
export function acceleratorOverride(env: AcceleratorOptions['env']): AcceleratorVerdict | null {
  const wish = env['AI_VM_ACCEL'];
  if (wish === undefined || wish === '') return null;
  if (wish === 'kvm') return { accelerator: 'kvm', reason: null };
  if (wish === 'tcg') return { accelerator: 'tcg', reason: 'AI_VM_ACCEL=tcg' };
  throw new AiVmError('usage', `AI_VM_ACCEL is "${wish}"`, { fix: 'set it to kvm or tcg, or unset it' });
}

/** Which accelerator machines get, and why not KVM. Takes up to two seconds where KVM is broken. */
export async function proveAccelerator(options: AcceleratorOptions): Promise<AcceleratorVerdict> {
  const override = acceleratorOverride(options.env);
  if (override !== null) return override;
  const reason = (await deviceProblem(options)) ?? (await runProbe('kvm', options));
  return reason === null ? { accelerator: 'kvm', reason } : { accelerator: 'tcg', reason };
}

/**
 * Runs the probe guest: null when it answered, else what happened, in a few words.
 * Leaves neither process nor file behind. Rejects only with the signal's reason.
 */
export async function runProbe(accelerator: 'kvm' | 'tcg', options: ProbeOptions): Promise<string | null> {
  options.signal?.throwIfAborted();
  const dir = await mkdtemp(join(tmpdir(), 'ai-vm-probe-'));
  try {
    const firmware = join(dir, 'probe.bin');
    await writeFile(firmware, probeFirmware());
    await chmod(firmware, 0o644);
    await chmod(dir, 0o755);
    const [file, ...args] = [
      ...(options.runAs ? privilegesOf(options.runAs) : []),
      options.qemu,
      ...probeArgv(accelerator, firmware),
    ];
    // In a directory that goes away: a QEMU that aborts may leave a core file.
    const result = await execa(file ?? options.qemu, args, {
      cwd: dir,
      stdin: 'ignore',
      timeout: PROBE_TIMEOUT,
      killSignal: 'SIGKILL',
      reject: false,
      maxBuffer: 64 * 1024,
      ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    });
    options.signal?.throwIfAborted();
    if (result.exitCode === PROBE_EXIT_CODE) return null;
    return describe(accelerator, result);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function probeArgv(accelerator: 'kvm' | 'tcg', firmware: string): string[] {
  const cpu = accelerator === 'kvm' ? 'host' : 'max';
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-M', 'q35', '-accel', accelerator, '-cpu', cpu, '-m', '16M'],
    ...['-bios', firmware, '-device', 'isa-debug-exit,iobase=0xf4,iosize=0x04'],
  ];
}

async function deviceProblem({ device = '/dev/kvm', runAs }: AcceleratorOptions): Promise<string | null> {
  try {
    // Whoever drops to another user has to let QEMU find out.
    await access(device, runAs?.drop === true ? constants.F_OK : constants.R_OK | constants.W_OK);
    return null;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return `there is no ${device}`;
    return code === 'EACCES'
      ? `${device} may not be opened by this user`
      : `${device} cannot be opened (${code ?? '?'})`;
  }
}

interface Ended {
  readonly timedOut: boolean;
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly stderr: string;
}

function describe(accelerator: string, ended: Ended): string {
  const name = accelerator.toUpperCase();
  if (ended.timedOut) return `${name} is there, but a guest does not run under it`;
  if (/permission denied/i.test(ended.stderr)) return `${name} may not be used by the user that machines run as`;
  const how = ended.signal ?? (ended.exitCode === undefined ? 'it did not start' : `exit code ${ended.exitCode}`);
  const words = ended.stderr.split('\n').find((line) => /error|failed|could not|cannot|invalid/i.test(line));
  const said = words?.replace(/^\S*qemu-system-\S+: (error: )?/, '').slice(0, 160);
  return `${name} is there, but QEMU fails with it (${how}${said === undefined ? '' : `: ${said}`})`;
}

/** `doctor`: what this host has, what each lack costs, and the exact command that mends it. Needs no project. */
import { access } from 'node:fs/promises';
import { findProgram } from '../host/accounts.ts';
import { hostEnv } from '../host/paths.ts';
import { decideRunAs } from '../host/run-as.ts';
import { spaceAt } from '../host/space.ts';
import { HOST_PACKAGES, type HostPackage, type PackageManager } from '../generated/host-packages.ts';
import { AiVmError } from '../model/errors.ts';
import { formatBytes, GiB } from '../model/units.ts';
import { hostCapabilities } from './capabilities.ts';

export interface Check {
  readonly name: string;
  /** ok; worse: works, with something lost; missing: nothing can be started before it is there. */
  readonly verdict: 'ok' | 'worse' | 'missing';
  readonly found: string;
  /** What the lack costs; null when there is none. */
  readonly cost: string | null;
  /** The command that mends it; null when there is none. */
  readonly fix: string | null;
}

const INSTALL: Readonly<Record<PackageManager, { readonly program: string; readonly command: string }>> = {
  apt: { program: 'apt-get', command: 'apt-get install --no-install-recommends' },
  dnf: { program: 'dnf', command: 'dnf install' },
  pacman: { program: 'pacman', command: 'pacman -S --needed' },
  zypper: { program: 'zypper', command: 'zypper install' },
  apk: { program: 'apk', command: 'apk add' },
  brew: { program: 'brew', command: 'brew install' },
};

/** The first package manager of this system, in the order of scripts/setup.sh. */
async function packageManager(): Promise<PackageManager | null> {
  for (const name of Object.keys(INSTALL) as PackageManager[]) {
    if (await findProgram(INSTALL[name].program)) return name;
  }
  return null;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function locate(probes: readonly string[]): Promise<string | null> {
  for (const probe of probes) {
    if (probe.startsWith('/')) {
      if (await exists(probe)) return probe;
    } else {
      const path = await findProgram(probe);
      if (path) return path;
    }
  }
  return null;
}

function installFix(tool: HostPackage, manager: PackageManager | null): string | null {
  const name = manager && tool.packages[manager];
  if (!manager || !name) return null;
  const sudo = manager === 'brew' || process.getuid?.() === 0 ? '' : 'sudo ';
  return `${sudo}${INSTALL[manager].command} ${name}`;
}

async function checkTool(tool: HostPackage, manager: PackageManager | null): Promise<Check> {
  const name = tool.probes[0]!.split('/').pop()!;
  const found = await locate(tool.probes);
  if (found) return { name, verdict: 'ok', found, cost: null, fix: null };
  const verdict = tool.level === 'need' ? 'missing' : 'worse';
  return { name, verdict, found: 'not found', cost: tool.cost, fix: installFix(tool, manager) };
}

async function checkCapabilities(): Promise<Check[]> {
  const env = hostEnv();
  const decision = await decideRunAs('/').catch(() => null);
  if (decision?.kind !== 'as') return [];
  try {
    const host = await hostCapabilities({ runAs: decision.runAs, cacheDir: env.cacheHome, env: process.env }, true);
    const { accelerator, reason } = host.accelerator;
    const virtiofs = host.virtiofsd;
    return [
      {
        name: 'KVM',
        verdict: accelerator === 'kvm' ? 'ok' : 'worse',
        found: accelerator === 'kvm' ? 'a guest ran' : `not usable: ${reason ?? 'unknown'}`,
        cost: accelerator === 'kvm' ? null : 'guests are emulated (TCG), some ten times slower',
        fix: accelerator === 'kvm' ? null : kvmFix(reason),
      },
      {
        name: 'virtiofs',
        verdict: virtiofs.usable ? 'ok' : 'worse',
        found: virtiofs.usable ? virtiofs.binary : `not usable: ${virtiofs.reason}`,
        cost: virtiofs.usable ? null : 'shares use 9p, which is slower',
        fix: null,
      },
      { name: 'audio', verdict: 'ok', found: host.qemu.audioDrivers.join(', '), cost: null, fix: null },
      { name: 'memory', verdict: 'ok', found: `${formatBytes(host.memoryAvailable)} free`, cost: null, fix: null },
    ];
  } catch (error) {
    // A missing QEMU is already in the list.
    if (error instanceof AiVmError) return [];
    throw error;
  }
}

const kvmFix = (reason: string | null): string | null =>
  reason?.includes('permission') ? 'sudo usermod -aG kvm "$USER", then log in anew' : null;

async function checkSpaceLeft(): Promise<Check> {
  const { dataHome } = hostEnv();
  const { free } = await spaceAt(dataHome);
  const tight = free < 3 * GiB;
  return {
    name: 'disk space',
    verdict: tight ? 'worse' : 'ok',
    found: `${formatBytes(free)} free at ${dataHome}`,
    cost: tight ? 'an image takes 1.5 GiB while it is built, a machine what is written in it' : null,
    fix: tight ? 'Free some, or set AI_VM_HOME to a larger file system.' : null,
  };
}

export async function doctor(): Promise<Check[]> {
  const manager = await packageManager();
  const tools = HOST_PACKAGES.filter((tool) => tool.level !== 'test');
  return [
    ...(await Promise.all(tools.map((tool) => checkTool(tool, manager)))),
    ...(await checkCapabilities()),
    await checkSpaceLeft(),
  ];
}

/** `doctor`: what this host has, what each lack costs, and the exact command that mends it. Needs no project. */
import { access } from 'node:fs/promises';
import { findProgram } from '../host/accounts.ts';
import { hostEnv } from '../host/paths.ts';
import { decideRunAs } from '../host/run-as.ts';
import { spaceAt } from '../host/space.ts';
import { HOST_PACKAGES, type HostPackage, type PackageManager } from '../generated/host-packages.ts';
import { AiVmError } from '../model/errors.ts';
import { formatBytes, GiB } from '../model/units.ts';
import { isOld, nixVersion } from '../images/nixos/nix.ts';
import { nixPresence } from '../images/nixos/presence.ts';
import { hostCapabilities } from './capabilities.ts';
import type { Context } from './context.ts';
import { providerOfHost } from './default-image.ts';
import {
  asRoot,
  checkAudio,
  checkDisplays,
  checkGateway,
  checkGateways,
  checkGroups,
  checkInotify,
  checkPorts,
  checkStale,
  ok,
} from './doctor-checks.ts';

export interface Check {
  readonly name: string;
  /** ok; worse: works, with something lost; missing: nothing can be started before it is there. */
  readonly verdict: 'ok' | 'worse' | 'missing';
  readonly found: string;
  /** What the lack costs; null when there is none. */
  readonly cost: string | null;
  /** What mends it, for people: a command where there is one; null when there is none. */
  readonly fix: string | null;
  /** The same for `--fix`: what it may run after it has asked; null where that is a person's to do. */
  readonly command: readonly string[] | null;
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

function installFix(tool: HostPackage, manager: PackageManager | null): string[] | null {
  const name = manager && tool.packages[manager];
  if (!manager || !name) return null;
  return [...(manager === 'brew' ? [] : asRoot()), ...INSTALL[manager].command.split(' '), ...name.split(' ')];
}

async function checkTool(tool: HostPackage, manager: PackageManager | null): Promise<Check> {
  const name = tool.probes[0]!.split('/').pop()!;
  const found = await locate(tool.probes);
  if (found) return ok(name, found);
  const verdict = tool.level === 'need' ? 'missing' : 'worse';
  const command = installFix(tool, manager);
  return { name, verdict, found: 'not found', cost: tool.cost, fix: command?.join(' ') ?? null, command };
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
        command: null,
      },
      {
        name: 'virtiofs',
        verdict: virtiofs.usable ? 'ok' : 'worse',
        found: virtiofs.usable ? virtiofs.binary : `not usable: ${virtiofs.reason}`,
        cost: virtiofs.usable ? null : 'shares use 9p, which is slower',
        fix: null,
        command: null,
      },
      checkAudio(host.qemu.audioDrivers),
      await checkDisplays(host.qemu.binary),
      ok('memory', `${formatBytes(host.memoryAvailable)} free`),
    ];
  } catch (error) {
    // A missing QEMU is already in the list.
    if (error instanceof AiVmError) return [];
    throw error;
  }
}

const kvmFix = (reason: string | null): string | null =>
  reason?.includes('permission') ? 'sudo usermod -aG kvm "$USER", then log in anew' : null;

/** Only NixOS guests need it, so that its lack is none. */
async function checkNix(): Promise<Check> {
  const name = 'Nix';
  const [version, { flakes }, chosen] = await Promise.all([
    nixVersion().catch(() => null),
    nixPresence(),
    providerOfHost(process.env).catch(() => 'debian'),
  ]);
  const without = `machines without \`image\` are ${chosen === 'nixos' ? 'NixOS' : 'Debian'}`;
  if (version === null) {
    const found = `not installed: no NixOS guests; ${without}`;
    return { name, verdict: 'ok', found, cost: null, fix: null, command: null };
  }
  const [verdict, cost, fix] = isOld(version)
    ? (['worse', 'no NixOS image can be built', 'Install a newer one: https://nixos.org/download'] as const)
    : (['ok', null, null] as const);
  const found = `${version}, flakes ${flakes ? 'on' : 'off (ai-vm switches them on for itself)'}; ${without}`;
  return { name, verdict, found, cost, fix, command: null };
}

async function checkSpaceLeft(): Promise<Check> {
  const { dataHome } = hostEnv();
  const { free } = await spaceAt(dataHome);
  const tight = free < 3 * GiB;
  return {
    name: 'disk space',
    verdict: tight ? 'worse' : 'ok',
    found: `${formatBytes(free)} free at ${dataHome}`,
    cost: tight ? 'an image takes 1.5 GiB while it is built, a machine what is written in it' : null,
    fix: tight ? 'ai-vm prune frees some; or set AI_VM_HOME to a larger file system.' : null,
    command: null,
  };
}

/** @param context the project around, where there is one */
export async function doctor(context: Context | null): Promise<Check[]> {
  const manager = await packageManager();
  const tools = HOST_PACKAGES.filter((tool) => tool.level !== 'test');
  return [
    ...(await Promise.all(tools.map((tool) => checkTool(tool, manager)))),
    ...(await checkCapabilities()),
    await checkSpaceLeft(),
    ...(await checkInotify()),
    await checkGroups(),
    await checkNix(),
    await checkGateway(),
    await checkStale(),
    ...(context ? [...(await checkPorts(context)), ...(await checkGateways(context))] : []),
  ];
}

/** `version`: what takes part in a machine on this host. Needs no project. */
import { VERSION } from '../generated/version.ts';
import { findProgram } from '../host/accounts.ts';
import { hostEnv } from '../host/paths.ts';
import { decideRunAs } from '../host/run-as.ts';
import { providers } from '../images/index.ts';
import type { Capabilities } from '../model/capabilities.ts';
import { AiVmError } from '../model/errors.ts';
import { hostCapabilities } from './capabilities.ts';

export interface Versions {
  readonly aiVm: string;
  readonly node: string;
  /** null: there is none, or it cannot be used; ai-vm doctor says why. */
  readonly qemu: { readonly version: string; readonly binary: string } | null;
  readonly accelerator: { readonly name: 'kvm' | 'tcg'; readonly reason: string | null } | null;
  /** Path of the program that serves shares; null: 9p does. */
  readonly virtiofsd: string | null;
  readonly ssh: string | null;
  readonly imageProviders: readonly {
    readonly name: string;
    /** Programs that it lacks to build; empty: it can. */
    readonly missing: readonly string[];
  }[];
}

async function probe(signal: AbortSignal): Promise<Capabilities | null> {
  const env = hostEnv();
  const decision = await decideRunAs('/').catch(() => null);
  if (decision?.kind !== 'as') return null;
  return hostCapabilities({ runAs: decision.runAs, cacheDir: env.cacheHome, env: process.env, signal }).catch(
    (error: unknown) => {
      if (error instanceof AiVmError && error.code !== 'interrupted') return null;
      throw error;
    },
  );
}

export async function versions(signal: AbortSignal): Promise<Versions> {
  const [host, ssh, imageProviders] = await Promise.all([probe(signal), findProgram('ssh'), providers()]);
  return {
    aiVm: VERSION,
    node: process.versions.node,
    qemu: host && { version: host.qemu.version, binary: host.qemu.binary },
    accelerator: host && { name: host.accelerator.accelerator, reason: host.accelerator.reason },
    virtiofsd: host?.virtiofsd.usable ? host.virtiofsd.binary : null,
    ssh,
    imageProviders,
  };
}

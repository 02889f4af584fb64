/** What this host can do for this user: QEMU, accelerator, and whether helpers can be confined. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { virtiofsUsable } from '../host/namespaces.ts';
import type { Capabilities, RunAs } from '../model/capabilities.ts';
import { probeCapabilities } from '../qemu/capabilities.ts';

export interface CapabilitiesFor {
  readonly runAs: RunAs;
  /** Where the answer is remembered. */
  readonly cacheDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
}

/** Probed once per QEMU, kernel and boot of the host; `fresh` looks anew. */
export async function hostCapabilities(options: CapabilitiesFor, fresh = false): Promise<Capabilities> {
  const { runAs, cacheDir, env, signal } = options;
  await mkdir(cacheDir, { recursive: true, mode: 0o700 });
  return probeCapabilities({
    cache: join(cacheDir, 'capabilities.json'),
    env,
    runAs,
    confinement: () => virtiofsUsable(runAs),
    fresh,
    ...(signal ? { signal } : {}),
  });
}

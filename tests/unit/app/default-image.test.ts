import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadChosen, providerOfHost } from '../../../src/app/default-image.ts';
import type { Loaded } from '../../../src/config/load.ts';
import { projectPaths, resolveHostEnv } from '../../../src/host/paths.ts';
import type { ProviderName } from '../../../src/model/desired.ts';
import type { ProjectPaths } from '../../../src/model/machine.ts';
import { applied, identity, vmConfig } from '../../fixtures/machines.ts';

let home: string;
let paths: ProjectPaths;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'ai-vm-default-'));
  const env = resolveHostEnv({ uid: 1000, home, tmp: '/tmp', vars: {}, isPrivate: () => true });
  paths = projectPaths({ name: 'p', dir: '/p', location: 'user' }, env);
});
afterEach(() => rm(home, { recursive: true }));

async function keep(vm: string, name: string, value: unknown): Promise<void> {
  await mkdir(join(paths.state, vm), { recursive: true });
  await writeFile(join(paths.state, vm, name), JSON.stringify(value));
}

/** What each machine without an image gets on a host that has this in its environment. */
async function chosen(
  vms: readonly string[],
  env: Record<string, string>,
): Promise<{ readonly got: unknown; readonly loads: number }> {
  let loads = 0;
  const load = (providerOf: (vm: string) => ProviderName): Promise<Loaded> => {
    loads += 1;
    const images = Object.fromEntries(vms.map((vm) => [vm, providerOf(vm)]));
    return Promise.resolve({ imageless: vms, images } as unknown as Loaded);
  };
  const loaded = await loadChosen(load, () => paths, { PATH: '/nowhere', ...env });
  return { got: (loaded as unknown as { images: unknown }).images, loads };
}

describe('a machine that declares no image', () => {
  it('is Debian where Nix is not', async () => {
    expect(await chosen(['dev'], {})).toEqual({ got: { dev: 'debian' }, loads: 1 });
  });

  it('is what the environment says', async () => {
    expect(await chosen(['dev'], { AI_VM_DEFAULT_IMAGE: 'nixos' })).toEqual({ got: { dev: 'nixos' }, loads: 2 });
    await expect(providerOfHost({ AI_VM_DEFAULT_IMAGE: 'arch' })).rejects.toMatchObject({ code: 'usage' });
  });

  it('stays what it is, whatever is on the host by now', async () => {
    await keep('old', 'identity.json', identity({ provider: 'debian' }));
    await keep('nix', 'identity.json', identity({ provider: 'nixos' }));
    // Its identity is lost, and what it was given tells as much.
    const image = {
      provider: 'nixos',
      packages: [],
      agents: [],
      flake: null,
      modules: [],
      store: 'image',
      user: 'dev',
      audio: false,
      desktop: false,
    } as const;
    await keep('lost', 'applied.json', applied(vmConfig({ image })));
    const vms = ['old', 'nix', 'lost', 'new'];
    expect((await chosen(vms, {})).got).toEqual({ old: 'debian', nix: 'nixos', lost: 'nixos', new: 'debian' });
    expect((await chosen(vms, { AI_VM_DEFAULT_IMAGE: 'nixos' })).got).toEqual({
      old: 'debian',
      nix: 'nixos',
      lost: 'nixos',
      new: 'nixos',
    });
  });

  it('asks nothing of the host when all declare one', async () => {
    expect((await chosen([], { AI_VM_DEFAULT_IMAGE: 'arch' })).loads).toBe(1);
  });
});

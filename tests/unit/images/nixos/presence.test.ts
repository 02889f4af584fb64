import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hasFlakes, nixPresence } from '../../../../src/images/nixos/presence.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ai-vm-presence-'));
  await mkdir(join(dir, 'bin'));
  await mkdir(join(dir, 'home/.config/nix'), { recursive: true });
  await mkdir(join(dir, 'etc'));
});
afterEach(() => rm(dir, { recursive: true }));

const env = (more: Record<string, string> = {}): Record<string, string> => ({
  ...{ PATH: join(dir, 'bin'), HOME: join(dir, 'home'), NIX_CONF_DIR: join(dir, 'etc'), XDG_CONFIG_HOME: '' },
  ...more,
});

async function install(): Promise<string> {
  const path = join(dir, 'bin/nix');
  await writeFile(path, '#!/bin/sh\n');
  await chmod(path, 0o755);
  return path;
}

const look = (more?: Record<string, string>, marks: readonly string[] = []): ReturnType<typeof nixPresence> =>
  nixPresence(env(more), marks);

describe('nixPresence', () => {
  it('is a bare program where nothing switches flakes on', async () => {
    const program = await install();
    expect(await look()).toEqual({ program, flakes: false });
  });

  it.each(['etc/nix.conf', 'home/.config/nix/nix.conf'])('knows flakes from %s', async (file) => {
    const program = await install();
    await writeFile(join(dir, file), 'max-jobs = 4\nexperimental-features = nix-command flakes\n');
    expect(await look()).toEqual({ program, flakes: true });
  });

  it('knows them from what is included, from the environment, and from a mark of the installer', async () => {
    await install();
    expect((await look({ NIX_CONFIG: 'extra-experimental-features = flakes' })).flakes).toBe(true);
    expect((await look({}, [join(dir, 'home')])).flakes).toBe(true);
    await writeFile(join(dir, 'etc/nix.conf'), '!include custom.conf\ninclude gone.conf\n');
    await writeFile(
      join(dir, 'etc/custom.conf'),
      'extra-experimental-features = nix-command flakes\ninclude nix.conf\n',
    );
    expect((await look()).flakes).toBe(true);
  });

  it('is nothing without the program, whatever was configured', async () => {
    expect(
      await nixPresence({ ...env({ NIX_CONFIG: 'experimental-features = flakes' }), PATH: '/nowhere' }, [dir]),
    ).toEqual({
      program: null,
      flakes: false,
    });
  });
});

it.each([
  ['experimental-features = nix-command flakes', true],
  ['extra-experimental-features=flakes', true],
  ['  experimental-features =   flakes nix-command # both', true],
  ['# experimental-features = flakes', false],
  ['experimental-features = nix-command # flakes', false],
  ['experimental-features = no-flakes', false],
  ['flakes = yes', false],
  ['', false],
])('hasFlakes: %s', (text, expected) => {
  expect(hasFlakes(text)).toBe(expected);
});

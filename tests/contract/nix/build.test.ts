/** The provider of NixOS images with the real Nix, offline: a stand-in takes the place of ai-vm's own flake. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { verifyBundle } from '../../../src/images/bundle.ts';
import { imageDigest } from '../../../src/images/digests.ts';
import { ensureBundle } from '../../../src/images/index.ts';
import type { Place } from '../../../src/images/provider.ts';
import type { FlakeConfig, NixosImage } from '../../../src/model/desired.ts';
import type { Bundle } from '../../../src/model/image.ts';
import { NIXOS } from '../../fixtures/machines.ts';
import { processesOf } from '../../support/leftovers.ts';
import { NixHome } from '../../support/nix-home.ts';

let home: NixHome;
let project: string;
let imagesDir: string;
let cacheDir: string;

beforeAll(() => {
  home = new NixHome();
  project = join(home.dir, 'project');
  imagesDir = join(home.dir, 'images');
  // Nix is told places as addresses.
  cacheDir = join(home.dir, 'a "cache" #1?x=%41&ü');
  for (const dir of [project, imagesDir]) mkdirSync(dir);
});
afterAll(() => home.remove());

interface Built {
  readonly bundle: Bundle;
  readonly digest: string;
  readonly said: string[];
  /** Text of a file of the bundle. */
  readonly read: (name: string) => string;
}

interface Around {
  readonly projectDir?: string;
  readonly env?: Place['env'];
  readonly signal?: AbortSignal;
  readonly inUse?: ReadonlySet<string>;
  readonly onProgress?: (text: string) => void;
}

const place = (env: Place['env'] = home.env(), projectDir = project): Place => ({
  projectDir,
  env,
  locksDir: join(home.dir, 'locks'),
});

async function build(image: Partial<NixosImage>, around: Around = {}): Promise<Built> {
  const whole = { ...NIXOS, ...image };
  const at = place(around.env, around.projectDir);
  const digest = await imageDigest(whole, at);
  const said: string[] = [];
  const bundle = await ensureBundle(whole, digest, {
    ...{ place: at, imagesDir, cacheDir, inUse: () => Promise.resolve(around.inUse ?? null) },
    ...(around.signal ? { signal: around.signal } : {}),
    progress: (text) => {
      said.push(text);
      around.onProgress?.(text);
    },
  });
  return { bundle, digest, said, read: (name) => readFileSync(join(bundle.dir, name), 'utf8') };
}

/** What a build fails with. */
const failure = (image: Partial<NixosImage>, around: Around = {}): Promise<unknown> =>
  build(image, around).then(
    () => null,
    (error: unknown) => error,
  );

const write = (path: string, text: string): string => {
  const file = join(project, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
  return file;
};

/** A flake that makes a guest by itself, as its output `mine`. */
function writeWhole(settings = '', user = 'dev'): FlakeConfig {
  for (const [name, text] of Object.entries(home.standIn())) write(`whole/${name}`, text);
  const guest = `{ system = "x86_64-linux"; modules = [ ]; user = "${user}"; }`;
  write(
    'whole/flake.nix',
    `{ ${settings}
      outputs = { self }: let standIn = (import ./stand-in.nix).outputs { inherit self; }; in {
        packages.x86_64-linux.mine = standIn.lib.mkGuest { guest = ${guest}; dir = ./.; };
        packages.x86_64-linux.text = builtins.toFile "text" "no guest"; }; }`,
  );
  return { kind: 'local', ref: join(project, 'whole'), output: 'mine' };
}

describe('an image that Nix builds', () => {
  it('is a link to what it built, under the name that was asked for', async () => {
    const { bundle, digest, said, read } = await build({ packages: ['hello'] });
    expect(bundle.dir).toBe(join(imagesDir, digest));
    expect(bundle.manifest).toMatchObject({ provider: 'nixos', digest });
    expect(realpathSync(bundle.dir)).toMatch(new RegExp(`^${home.store}/[a-z0-9]{32}-ai-vm-guest$`, 'u'));
    expect(JSON.parse(read('parameters.json'))).toEqual({
      ...{ formatVersion: 1, system: 'x86_64-linux', packages: ['hello'], modules: [], user: 'dev', audio: false },
      ...{ agents: [], desktop: false, store: 'image', unfree: [], stateVersion: '24.11' },
    });
    expect(said[0]).toBe('evaluating');
    expect(said.some((text) => /^building ai-vm-guest/u.test(text))).toBe(true);
    await verifyBundle(bundle);
  });

  it('is found again without a call of Nix', async () => {
    const first = await build({ packages: ['hello'] });
    const watched = home.watched();
    const again = await build({ packages: ['hello'] }, { env: watched.env });
    expect(again.bundle).toEqual(first.bundle);
    expect(watched.calls()).toBe('');
    // The same one does get called where there is something to build.
    await failure({ packages: ['other'] }, { env: watched.env });
    expect(watched.calls()).toMatch(/--version/u);
  });

  it('is another one with another package, user, agent or module', async () => {
    const module = write('my.nix', '{ }');
    const digests = await Promise.all(
      [
        {},
        { packages: ['hello'] },
        { user: 'ann' },
        { audio: true },
        { agents: ['claude' as const] },
        { modules: [module] },
        { store: 'host' as const },
      ].map((image) => imageDigest({ ...NIXOS, ...image }, place())),
    );
    expect(new Set(digests).size).toBe(digests.length);
    const both = await Promise.all([build({}), build({ packages: ['hello'] })]);
    expect(realpathSync(both[0].bundle.dir)).not.toBe(realpathSync(both[1].bundle.dir));
  });

  it('takes what was written as text, whatever it looks like', async () => {
    const packages = ['"; rm -rf ${x}', '${builtins.abort "no"}', "''${x}''", '\\"\n$(id)`id`', '--option', 'é ☃'];
    const { read } = await build({ packages, user: '${throw "no"}' });
    expect(JSON.parse(read('parameters.json'))).toMatchObject({ packages, user: '${throw "no"}' });
  });

  it('has modules with all that they import, in the place that they have in the project', async () => {
    write('lib/deep/value.nix', '{ value = import ../other.nix; }');
    write('lib/other.nix', '"other"');
    write('nix/data.txt', 'data');
    const module = write(
      'nix/it\'s "a" ${module}.nix',
      '{ lib = import ../lib/deep/value.nix; text = builtins.readFile ./data.txt; }',
    );
    const { read, digest } = await build({ modules: [module] });
    expect(JSON.parse(read('modules.json'))).toEqual([{ lib: { value: 'other' }, text: 'data' }]);
    write('lib/other.nix', '"another"');
    const changed = await build({ modules: [module] });
    expect(changed.digest).not.toBe(digest);
    expect(JSON.parse(changed.read('modules.json'))).toMatchObject([{ lib: { value: 'another' } }]);
    write('unrelated.nix', '1');
    expect(await imageDigest({ ...NIXOS, modules: [module] }, place())).toBe(changed.digest);
  });

  it('has the modules of a flake of the project', async () => {
    write('vm/flake.nix', '{ outputs = { self }: { nixosModules.ai-vm = import ./vm.nix; }; }');
    write('vm/vm.nix', '{ from = "flake"; }');
    const flake = { kind: 'local', ref: join(project, 'vm'), output: null } as const;
    expect(JSON.parse((await build({ flake })).read('modules.json'))).toEqual([{ from: 'flake' }]);
    write('vm/flake.nix', '{ outputs = { self }: { aiVmModules = [ 1 2 ]; }; }');
    expect(JSON.parse((await build({ flake, modules: [write('my.nix', '3')] })).read('modules.json'))).toEqual([
      3, 1, 2,
    ]);
    write('vm/flake.nix', '{ outputs = { self }: { }; }');
    expect(await failure({ flake })).toMatchObject({
      code: 'image.build',
      why: expect.stringContaining('the flake exports neither nixosModules.ai-vm, nor aiVmModules') as unknown,
    });
  });

  it('is made by what a flake of the project says, with its modules', async () => {
    for (const [name, text] of Object.entries(home.standIn())) write(`own/${name}`, text);
    const flake = { kind: 'local', ref: join(project, 'own'), output: null } as const;
    const own = (text: string): Promise<Built> => {
      const standIn = '((import ./stand-in.nix).outputs { inherit self; }).lib.mkGuest';
      write('own/flake.nix', `{ outputs = { self }: let standIn = ${standIn}; in { ${text} }; }`);
      return build({ flake, modules: [write('my.nix', '"mine"')] });
    };
    const both = await own('lib.mkGuest = args: standIn (args // { own = 1; }); nixosModules.ai-vm = "theirs";');
    expect(JSON.parse(both.read('modules.json'))).toEqual(['mine', 'theirs']);
    // One that takes no modules has them already.
    const less = await own(
      'nixosModules.ai-vm = "theirs"; lib.mkGuest = { guest, dir }: standIn { inherit guest dir; modules = [ "own" ]; };',
    );
    expect(JSON.parse(less.read('modules.json'))).toEqual(['mine', 'own']);
    const more = await own(
      'lib.mkGuest = { guest, dir, modules ? [ ] }: standIn { inherit guest dir modules; }; aiVmModules = [ 1 2 ];',
    );
    expect(JSON.parse(more.read('modules.json'))).toEqual(['mine', 1, 2]);
  });

  it('has the modules of a flake beside the file, if that is for guests', async () => {
    const dir = join(home.dir, 'beside');
    mkdirSync(dir);
    const own = (text: string): Promise<Built> => {
      writeFileSync(join(dir, 'flake.nix'), `{ outputs = { self }: { ${text}\n }; }`);
      return build({}, { projectDir: dir });
    };
    const plain = await own('devShells = 1;');
    expect(plain.read('modules.json')).toBe('[]');
    expect((await own('devShells = 2; # nixosModules.ai-vm')).digest).toBe(plain.digest);
    expect((await own('nixosModules.ai-vm = "one";')).read('modules.json')).toBe('["one"]');
    expect((await own('nixosModules = { ai-vm = "two"; };')).read('modules.json')).toBe('["two"]');
    expect((await own('aiVmModules = [ "three" ];')).read('modules.json')).toBe('["three"]');
  });

  it('can what what makes it says that it can', async () => {
    const features = async (module: string): Promise<readonly string[]> =>
      (await build({ modules: [write('can.nix', module)] })).bundle.manifest.features;
    expect(await features('{ }')).not.toContain('warm');
    expect(await features('{ warm = true; }')).toContain('warm');
  });

  it('is what a flake with an output makes by itself', async () => {
    const flake = writeWhole();
    expect((await build({ flake })).bundle.manifest.provider).toBe('nixos');
    expect(await failure({ flake: { ...flake, output: 'none' } })).toMatchObject({
      code: 'image.build',
      fix: expect.stringContaining('nix flake show') as unknown,
    });
    expect(await failure({ flake: { ...flake, output: 'text' } })).toMatchObject({ code: 'image.build' });
    // Nothing of a failed one is left where a bundle would be looked for.
    expect(
      readdirSync(imagesDir).filter(
        (name) => /^[0-9a-f]{64}$/u.test(name) && !existsSync(join(imagesDir, name, 'manifest.json')),
      ),
    ).toEqual([]);
  });
});

describe('an image that Nix cannot build', () => {
  it('says which line of which file is wrong', async () => {
    const module = write('broken.nix', '{\n  services = [ ;\n}');
    const error = await failure({ modules: [module] });
    expect(error).toMatchObject({ code: 'image.build', why: expect.stringMatching(/broken\.nix:2:\d+/u) as unknown });
    expect(error).toMatchObject({ why: expect.stringMatching(/syntax error/u) as unknown });
    expect(error).toMatchObject({ why: expect.not.stringContaining('-source/modules') as unknown });
  });

  it('says what the builder said last, and where the whole log is', async () => {
    const error = (await failure({ packages: ['fails'] })) as { why: string; code: string };
    expect(error).toMatchObject({
      code: 'image.build',
      why: expect.stringContaining('no rule to make target') as unknown,
    });
    const log = /^The whole log: (.*)$/mu.exec(error.why)?.[1] ?? '';
    expect(readFileSync(log, 'utf8')).toMatch(/ai-vm-guest> no rule to make target/u);
  });

  it('is built all the same where no cache can be reached', async () => {
    const env = home.env(['substituters = http://127.0.0.1:1']);
    expect((await build({ packages: ['without-cache'] }, { env })).bundle.manifest.provider).toBe('nixos');
  });

  it('says that the network is needed where something has to be fetched', async () => {
    write(
      'far/flake.nix',
      '{ inputs.far.url = "https://127.0.0.1:1/far.tar.gz"; outputs = { self, far }: { aiVmModules = [ ]; }; }',
    );
    expect(await failure({ flake: { kind: 'local', ref: join(project, 'far'), output: null } })).toMatchObject({
      fix: expect.stringContaining('network') as unknown,
    });
  });

  it('asks for no Git repository over anything but TLS', async () => {
    const module = write(
      'git.nix',
      'builtins.fetchGit { url = "ssh://127.0.0.1:1/x"; rev = "0000000000000000000000000000000000000001"; }',
    );
    expect(await failure({ modules: [module] })).toMatchObject({
      why: expect.stringMatching(/transport 'ssh' not allowed|not allowed/u) as unknown,
    });
  });

  it('has nothing of the configuration that a flake brings along', async () => {
    const mark = join(home.dir, 'hook-ran');
    const hook = write('hook.sh', `#!/bin/sh\ntouch ${mark}\n`);
    chmodSync(hook, 0o755);
    const flake = writeWhole(`nixConfig.post-build-hook = "${hook}";`, 'hooked');
    const env = home.env(['accept-flake-config = true']);
    expect((await build({ flake }, { env })).bundle.manifest.provider).toBe('nixos');
    expect(existsSync(mark)).toBe(false);
  });

  it('ends with Nix and its builders when it is cancelled', async () => {
    const controller = new AbortController();
    const started = failure(
      { packages: ['slow'] },
      {
        signal: controller.signal,
        onProgress: (text) => {
          if (text.startsWith('building')) setTimeout(() => controller.abort(new Error('enough')), 300);
        },
      },
    );
    expect(await started).toMatchObject({ message: 'enough' });
    expect(processesOf([home.store])).toEqual([]);
    const digest = await imageDigest({ ...NIXOS, packages: ['slow'] }, place());
    expect(existsSync(join(imagesDir, digest))).toBe(false);
  });
});

describe('what Nix has built', () => {
  it('outlives its garbage collector as long as the link is there', async () => {
    const { bundle } = await build({ packages: ['kept'] });
    const target = realpathSync(bundle.dir);
    await home.collectGarbage();
    expect(existsSync(join(target, 'root.qcow2'))).toBe(true);
    rmSync(bundle.dir);
    await home.collectGarbage();
    expect(existsSync(target)).toBe(false);
    // The same again, to the byte: nothing of when or where it is made goes in.
    const again = await build({ packages: ['kept'] });
    expect(realpathSync(again.bundle.dir)).toBe(target);
    expect(existsSync(join(again.bundle.dir, 'root.qcow2'))).toBe(true);
  });

  it('is let go of where no disk needs it and newer ones are there', async () => {
    for (const name of readdirSync(imagesDir)) rmSync(join(imagesDir, name), { force: true, recursive: true });
    const first = await build({ packages: ['used'] });
    const used = new Set([first.digest]);
    const others: string[] = [];
    for (const name of ['a1', 'a2', 'a3', 'a4', 'a5', 'a6']) {
      others.push((await build({ packages: [name] }, { inUse: used })).digest);
    }
    const there = (digest: string): boolean =>
      lstatSync(join(imagesDir, digest), { throwIfNoEntry: false }) !== undefined;
    expect([first.digest, ...others].map(there)).toEqual([true, false, true, true, true, true, true]);
    expect(readdirSync(join(cacheDir, 'nix'))).not.toContain(others[0]);
  });
});

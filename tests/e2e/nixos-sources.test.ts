/** Where images that Nix builds come from: flakes that are fetched, what has to be allowed before, and builds that are cut off. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from '@jest/globals';
import { execa } from 'execa';
import { begin } from '../support/cli.ts';
import { until } from '../support/guest.ts';
import { processesOf } from '../support/leftovers.ts';
import { NixHome } from '../support/nix-home.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';

/** A server on the loopback that hands out one flake, as an archive. */
class FlakeServer {
  readonly certificate: string;
  readonly requests: string[] = [];
  readonly #dir: string;
  readonly #server: Server;

  private constructor(dir: string, server: Server) {
    this.#dir = dir;
    this.#server = server;
    this.certificate = join(dir, 'cert.pem');
  }

  static async start(): Promise<FlakeServer> {
    const dir = mkdtempSync(join(tmpdir(), 'ai-vm-flakes-'));
    const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    await execa('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      ...names,
      '-keyout',
      key,
      '-out',
      cert,
    ]);
    const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) });
    const flakes = new FlakeServer(dir, server);
    server.on('request', (request, response) => {
      flakes.requests.push(request.url ?? '');
      response.end(readFileSync(join(dir, 'flake.tar.gz')));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return flakes;
  }

  get ref(): string {
    return `https://localhost:${(this.#server.address() as AddressInfo).port}/flake.tar.gz`;
  }

  /** What it hands out from now on: a flake with these outputs, and other files. */
  async serve(outputs: string, files: Readonly<Record<string, string>> = {}): Promise<void> {
    const tree = join(this.#dir, 'flake');
    rmSync(tree, { recursive: true, force: true });
    await execa('mkdir', [tree]);
    const all = { ...files, 'flake.nix': `{ outputs = { self }: { ${outputs} }; }` };
    for (const [name, text] of Object.entries(all)) writeFileSync(join(tree, name), text);
    await execa('tar', ['-czf', join(this.#dir, 'flake.tar.gz'), '-C', this.#dir, 'flake']);
  }

  stop(): void {
    this.#server.close();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

let nix: NixHome | undefined;
let flakes: FlakeServer | undefined;

const store = (): NixHome => {
  if (nix === undefined) throw new Error('there is no store yet');
  return nix;
};
const server = (): FlakeServer => {
  if (flakes === undefined) throw new Error('there is no server yet');
  return flakes;
};

const images = (box: Sandbox): string => join(box.home, 'images');
const env = (box: Sandbox): Record<string, string> => ({
  ...{ ...store().env(), NIX_SSL_CERT_FILE: server().certificate, AI_VM_IMAGES: images(box) },
});

const file = (image: string, packages = '[]'): string =>
  `name: sources\nvms:\n  dev:\n    warm: false\n    image: ${image}\n    packages: ${packages}\n`;

/** What the modules of the machine's image are; it is built if it is not there. */
async function modules(box: Sandbox): Promise<unknown> {
  const dir = (await box.ok(['build'], { env: env(box) })).trim().split('\t')[1] ?? '';
  return JSON.parse(readFileSync(join(dir, 'modules.json'), 'utf8'));
}

/** Finished images, and whatever looks like one. */
const finished = (box: Sandbox): string[] => readdirSync(images(box)).filter((name) => /^[0-9a-f]{64}/u.test(name));

afterAll(async () => {
  flakes?.stop();
  await nix?.remove();
});

scenario(
  'images from flakes, and builds that are cut off',
  () => ({ files: { 'ai-vm.yaml': file('nixos') } }),
  (obligation) => {
    obligation('fetch nothing that was not allowed', async (box) => {
      nix = new NixHome();
      flakes = await FlakeServer.start();
      await flakes.serve('nixosModules.ai-vm = "first";');
      box.write('ai-vm.yaml', file(`{flake: '${flakes.ref}'}`));
      for (const args of [['build'], ['up']]) {
        const { code, stderr } = await box.cli(args, { env: env(box) });
        expect({ code, stderr }).toMatchObject({ code: 1 });
        expect(stderr).toContain(`dev wants to be made from the flake ${flakes.ref}`);
        expect(stderr).toContain('code: approval.needed');
      }
      expect((await box.cli(['plan'], { env: env(box) })).code).toBe(0);
      expect(flakes.requests).toEqual([]);
    });

    obligation('are made from what a flake was at its first use', async (box) => {
      await box.ok(['approve', '--yes'], { env: env(box) });
      expect(await modules(box)).toEqual(['first']);
      const asked = server().requests.length;
      expect(asked).toBeGreaterThan(0);
      await server().serve('nixosModules.ai-vm = "second";');
      expect(await modules(box)).toEqual(['first']);
      expect(server().requests).toHaveLength(asked);
      // Nor for another image.
      box.write('ai-vm.yaml', file(`{flake: '${server().ref}'}`, '[hello]'));
      expect(await modules(box)).toEqual(['first']);
    });

    obligation('are made from what it is now when that is asked for', async (box) => {
      await server().serve('nixosModules.ai-vm = "third";');
      const { code, stderr } = await box.cli(['build', '--update'], { env: env(box) });
      expect({ code, stderr }).toMatchObject({ code: 0 });
      expect(stderr).toMatch(/flake\.tar\.gz: sha256-\S+ → sha256-\S+$/mu);
      const asked = server().requests.length;
      expect(await modules(box)).toEqual(['third']);
      expect(server().requests).toHaveLength(asked);
      const again = await box.cli(['build', '--update'], { env: env(box) });
      expect(again.stderr).toMatch(/flake\.tar\.gz: sha256-\S+, as before$/mu);
    });

    obligation('are made from what it was when the new one cannot be built', async (box) => {
      await server().serve('nixosModules.ai-vm = throw "not today";');
      const { code, stderr } = await box.cli(['build', '--update'], { env: env(box) });
      expect({ code, stderr }).toMatchObject({ code: 1 });
      expect(stderr).toMatch(/not today/u);
      expect(stderr).toMatch(/flake\.tar\.gz stays what it was, sha256-/u);
      expect(await modules(box)).toEqual(['third']);
      // Nor is anything asked that was not allowed.
      const asked = server().requests.length;
      box.write('ai-vm.yaml', file(`{flake: '${server().ref.replace('flake.tar', 'other.tar')}'}`));
      const other = await box.cli(['build', '--update'], { env: env(box) });
      expect(other.stderr).toContain('code: approval.needed');
      expect(server().requests).toHaveLength(asked);
    });

    obligation('are made from what the lock of a flake of the project says', async (box) => {
      await server().serve('word = "locked";');
      const ref = server().ref.replace('flake.tar', 'input.tar');
      const outputs = 'outputs = { self, far }: { nixosModules.ai-vm = far.word; };';
      box.write('vm/flake.nix', `{ inputs.far.url = "${ref}"; ${outputs} }`);
      box.write('ai-vm.yaml', file('{flake: ./vm}'));
      const flake = (verb: string): Promise<unknown> =>
        execa('nix', ['--extra-experimental-features', 'nix-command flakes', 'flake', verb], {
          cwd: join(box.project, 'vm'),
          env: { ...env(box), NIX_CONFIG: `${store().env()['NIX_CONFIG'] ?? ''}\ntarball-ttl = 0` },
          extendEnv: false,
        });
      await flake('lock');
      expect(await modules(box)).toEqual(['locked']);
      await server().serve('word = "newer";');
      const { stderr } = await box.cli(['build', '--update'], { env: env(box) });
      expect(stderr).toMatch(/no remote flake.*`nix flake update`/u);
      expect(await modules(box)).toEqual(['locked']);
      await flake('update');
      expect(await modules(box)).toEqual(['newer']);
    });

    obligation('come whole from a flake with an output', async (box) => {
      const outputs = `packages.x86_64-linux.mine = ((import ./stand-in.nix).outputs { inherit self; }).lib.mkGuest {
        guest = { system = "x86_64-linux"; modules = [ ]; }; dir = ./.; modules = [ "whole" ]; };`;
      await server().serve(outputs, store().standIn());
      box.write('ai-vm.yaml', file(`{flake: '${server().ref.replace('flake.tar', 'whole.tar')}#mine'}`));
      await box.ok(['approve', '--yes'], { env: env(box) });
      expect(await modules(box)).toEqual(['whole']);
    });

    obligation('say what to do where a flake cannot be fetched', async (box) => {
      box.write('ai-vm.yaml', file(`{flake: 'https://localhost:1/x.tar.gz'}`));
      await box.ok(['approve', '--yes'], { env: env(box) });
      const { code, stderr } = await box.cli(['build'], { env: env(box) });
      expect({ code, stderr }).toMatchObject({ code: 1 });
      expect(stderr).toMatch(/error: the flake https:\/\/localhost:1\/x.tar.gz could not be fetched/u);
      expect(stderr).toMatch(/fix: .*network/u);
    });

    obligation('end with their builders at Ctrl-C, and leave nothing that looks finished', async (box) => {
      box.write('ai-vm.yaml', file('nixos', '[slow]'));
      const before = finished(box);
      const controller = new AbortController();
      const building = box.cli(['build', '--progress', 'json'], { env: env(box), interrupt: controller.signal });
      await until('a builder', () => Promise.resolve(processesOf([store().store]).length > 0 || null), 60_000);
      controller.abort();
      const { code, stderr } = await building;
      expect({ code, stderr }).toMatchObject({ code: 130 });
      expect(processesOf([store().dir])).toEqual([]);
      expect(finished(box)).toEqual(before);
    });

    obligation('end with ai-vm when that is killed', async (box) => {
      const running = begin(['build'], { cwd: box.project, env: { ...box.env, ...env(box) }, as: box.user });
      await until('a builder', () => Promise.resolve(processesOf([store().store]).length > 0 || null), 60_000);
      running.kill('SIGKILL');
      await running.ended;
      await until('no builder', () => Promise.resolve(processesOf([store().dir]).length === 0 || null), 30_000);
      // Nothing of it is in the way of another build.
      box.write('ai-vm.yaml', file('nixos'));
      expect(await modules(box)).toEqual([]);
    });
  },
);

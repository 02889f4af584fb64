/** What the host cannot give: one clear message each, and nothing half-done is left behind. No guest boots in here. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect } from '@jest/globals';
import { execa } from 'execa';
import { processesOf } from '../support/leftovers.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { pathWith, pathWithout } from '../support/stand-ins.ts';
import { self } from '../support/user.ts';

const PORT = 28_181;

const declare = (fields: string): string =>
  `name: host\nvms:\n  dev: {cpus: 1, memory: 768MiB, storage: 8GiB${fields === '' ? '' : `, ${fields}`}}\n`;

/** Directories of machines: what `up` has begun to make. */
function machinesOf(box: Sandbox): string[] {
  const projects = join(box.home, 'projects');
  if (!existsSync(projects)) return [];
  return readdirSync(projects).flatMap((project) =>
    readdirSync(join(projects, project), { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    ),
  );
}

const stateOf = async (box: Sandbox): Promise<string | undefined> =>
  (JSON.parse(await box.ok(['ps', '--format', 'json'])) as { machines: { state: string }[] }).machines[0]?.state;

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      resolve(server);
    });
  });
}

scenario(
  'a host that cannot give what is declared',
  () => ({ files: { 'ai-vm.yaml': declare('') }, ports: [PORT] }),
  (obligation) => {
    obligation('names the declared port that another program has, and makes nothing', async (box) => {
      box.write('ai-vm.yaml', declare(`ports: ["${PORT}:80"]`));
      const server = await listen(PORT);
      const { code, stderr } = await box.cli(['up']).finally(() => server.close());
      expect(code).toBe(1);
      expect(stderr).toContain(`port 127.0.0.1:${PORT}/tcp of dev is taken on this host`);
      expect(stderr).toContain(`ss -lnp 'sport = :${PORT}'`);
      expect(stderr.match(/error:/gu)).toHaveLength(1);
      expect(machinesOf(box)).toEqual([]);
    });

    obligation('takes the next port for SSH when the declared one is taken, and says so', async (box) => {
      box.write('ai-vm.yaml', declare(`ssh: {port: ${PORT}}`));
      const server = await listen(PORT);
      const said = await box.ok(['up', '--no-wait']).finally(() => server.close());
      const [, port] = /port 28181 was taken: SSH is on (\d+)/u.exec(said) ?? [];
      expect(Number(port)).toBeGreaterThan(PORT);
      const { machines } = JSON.parse(await box.ok(['ps', '--format', 'json'])) as {
        machines: { ssh: { port: number } }[];
      };
      expect(machines[0]?.ssh.port).toBe(Number(port));
      await box.ok(['rm', '--yes']);
      expect(box.leftovers([PORT, Number(port)])).toEqual([]);
    });

    obligation('points at the second of two machines that want one port', async (box) => {
      const two = ['a', 'b'].map((name) => `  ${name}: {ports: ["${PORT}:80"]}`).join('\n');
      box.write('ai-vm.yaml', `name: host\nvms:\n${two}\n`);
      const { code, stderr } = await box.cli(['up']);
      expect(code).toBe(65);
      expect(stderr).toMatch(/ai-vm\.yaml:4:\d+ +error .*already belongs to vms\.a\.ports\[0\]/u);
    });

    obligation('refuses more memory than the host has, and says how much that is', async (box) => {
      box.write('ai-vm.yaml', 'name: host\nvms:\n  dev: {memory: 1000GiB}\n');
      const { code, stderr } = await box.cli(['up']);
      expect(code).toBe(69);
      expect(stderr).toContain('not enough memory: 1000 GiB declared');
      expect(stderr).toMatch(/This host has [\d.]+ [GT]iB in all/u);
      expect(machinesOf(box)).toEqual([]);
    });

    obligation('says what is missing when there is no QEMU', async (box) => {
      box.write('ai-vm.yaml', declare(''));
      const { code, stderr } = await box.cli(['up'], {
        env: { PATH: pathWithout(join(box.dir, 'no-qemu'), /^qemu-system-/u) },
      });
      expect(code).toBe(69);
      expect(stderr).toContain('QEMU is not installed');
      expect(stderr).toContain('ai-vm doctor');
      expect(machinesOf(box)).toEqual([]);
    });

    obligation('names the package when an image is to be built without mmdebstrap', async (box) => {
      const { code, stderr } = await box.cli(['up'], {
        env: {
          PATH: pathWithout(join(box.dir, 'no-mmdebstrap'), /^mmdebstrap$/u),
          AI_VM_IMAGES: join(box.dir, 'no-images'),
        },
      });
      expect(code).toBe(69);
      expect(stderr).toContain('cannot build an image without mmdebstrap');
      expect(stderr).toContain('apt-get install mmdebstrap');
      expect(machinesOf(box)).toEqual([]);
      expect(existsSync(join(box.dir, 'no-images'))).toBe(false);
    });

    obligation(
      'shows the last words of a QEMU that dies at its start, and leaves neither helper nor socket',
      async (box) => {
        mkdirSync(join(box.project, 'reference'));
        box.write('ai-vm.yaml', declare('shares: ["./reference:ro"]'));
        const dies = `for word in "$@"; do
  if [ "$word" = -uuid ]; then echo 'qemu-system-x86_64: this is what it said' >&2; exit 1; fi
done
exec /usr/bin/qemu-system-x86_64 "$@"`;
        const { code, stderr } = await box.cli(['up'], {
          env: { PATH: pathWith(join(box.dir, 'dying'), { 'qemu-system-x86_64': dies }) },
        });
        expect(code).toBe(1);
        expect(stderr).toContain('dev could not be started');
        expect(stderr).toContain('qemu-system-x86_64: this is what it said');
        expect(stderr).toContain('wait for dev: skipped');
        expect(box.leftovers()).toEqual([]);
        // It never ran, so it did not die either.
        expect(await stateOf(box)).toBe('stopped');
        expect(await box.ok(['logs', 'dev', '--qemu'])).toContain('this is what it said');
      },
    );

    obligation('keeps the disk and the keys of such a machine for the next try', async (box) => {
      const [id] = readdirSync(join(box.home, 'projects'));
      const dir = join(box.home, 'projects', id ?? '', 'dev');
      const key = readFileSync(join(dir, 'id_ed25519.pub'), 'utf8');
      box.write('ai-vm.yaml', declare(''));
      await box.ok(['up', '--no-wait']);
      expect(readFileSync(join(dir, 'id_ed25519.pub'), 'utf8')).toBe(key);
      await box.ok(['down', '--timeout', '0']);
      expect(await stateOf(box)).toBe('stopped');
    });
  },
);

// Only root can mount a small file system; the unit tests of host/space.ts hold for everybody.
if (self().uid === 0) {
  scenario(
    'a disk that is full',
    () => ({ files: { 'ai-vm.yaml': declare('') } }),
    (obligation) => {
      let full = '';
      afterAll(async () => {
        if (full !== '') await execa('umount', [full], { reject: false });
      });

      obligation('is found out before an image is built or a machine made', async (box) => {
        full = join(box.dir, 'full');
        mkdirSync(full);
        await execa('mount', ['-t', 'tmpfs', '-o', 'size=48M,mode=755', 'tmpfs', full]);
        const env = { AI_VM_HOME: join(full, 'home') };
        const up = await box.cli(['up'], { env });
        expect(up.code).toBe(69);
        expect(up.stderr).toContain('not enough disk space: 256 MiB needed');
        expect(up.stderr).toMatch(/has [\d.]+ [KM]iB left of 48 MiB/u);
        const build = await box.cli(['build'], { env: { ...env, AI_VM_IMAGES: join(full, 'images') } });
        expect(build.code).toBe(69);
        expect(build.stderr).toContain('not enough disk space: 3 GiB needed');
        // Packages are downloaded to another place than images are made in.
        const cache = await box.cli(['build'], { env: { ...env, AI_VM_IMAGES: join(box.dir, 'elsewhere') } });
        expect(cache.code).toBe(69);
        expect(cache.stderr).toContain('not enough disk space: 512 MiB needed');
        expect(existsSync(join(box.dir, 'elsewhere'))).toBe(false);
        expect(readdirSync(full)).toEqual(['home']);
        expect(processesOf([full])).toEqual([]);
      });

      obligation('is no bug of ours when not even a lock can be written', async (box) => {
        rmSync(join(full, 'home'), { recursive: true });
        expect(() => {
          writeFileSync(join(full, 'fill'), Buffer.alloc(64 * 1024 * 1024));
        }).toThrow('ENOSPC');
        const { code, stderr } = await box.cli(['up'], { env: { AI_VM_HOME: join(full, 'home') } });
        expect(code).toBe(69);
        expect(stderr).toContain('there is no space left to write to');
        expect(stderr).toContain('AI_VM_HOME');
        expect(stderr).not.toContain('bug');
        await execa('umount', [full]);
      });
    },
  );
}

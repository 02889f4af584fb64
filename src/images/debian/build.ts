/** Builds a Debian bundle in a directory, stage by stage: packages → our guest → kernel, initrd and disk. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { AGENTS } from '../agents/index.ts';
import { sealBundle } from '../bundle.ts';
import { mirrorArguments, type HostSources } from '../mirror.ts';
import { removeTree, runInNamespace } from '../namespace.ts';
import { alone, runStages } from '../partial.ts';
import { ProgressParser } from '../progress.ts';
import type { ImageConfig } from '../../model/desired.ts';
import { BUNDLE_FORMAT } from '../../model/image.ts';
import { FILES, LINKS, PARAMS, REMOVED } from './guest.ts';
import { makeInitrd } from './initrd.ts';
import { unpackKernel } from './kernel.ts';
import { currentInputs, packagesOf, RECIPE, SUITE } from './recipe.ts';
import { CUSTOMISE_SCRIPT, DISK_SCRIPT, TREE_SCRIPT } from './scripts.ts';
import { removeSignatures } from './signatures.ts';
import { layOut } from './stage-files.ts';

export interface BuildJob {
  readonly image: ImageConfig;
  readonly digest: string;
  /** The directory that becomes the bundle: everything that is not part of one is removed at the end. */
  readonly dir: string;
  readonly cacheDir: string;
  /** Where the whole output of the tools goes. */
  readonly log: string;
  readonly signal?: AbortSignal | undefined;
  readonly progress: (text: string, fraction?: number) => void;
}

/** Space that a disk has beyond its content when it is made (MiB); it grows to the machine's `storage` at boot. */
const SPARE_MIB = 256;

const KERNEL = 'vmlinux';
const INITRD = 'initrd.img';
const DISK = 'root.qcow2';

/** Everything is in `job.dir` when this is done, sealed and with nothing else. */
export async function buildDebian(job: BuildJob): Promise<void> {
  const work = join(job.dir, 'work');
  await mkdir(work, { recursive: true, mode: 0o700 });
  const tree = join(work, 'root');
  const shell = (script: string, args: readonly string[], onLine?: (line: string) => void): Promise<void> =>
    runInNamespace(['/bin/sh', '-c', script, 'ai-vm', ...args], {
      cwd: work,
      env: environment(),
      log: job.log,
      signal: job.signal,
      ...(onLine ? { onLine } : {}),
    });

  await runStages(work, [
    { name: 'tree', run: () => makeTree(job, work, shell) },
    {
      name: 'guest',
      run: async () => {
        job.progress('configuring the guest', 0.8);
        const programs = await fetchAgents(job);
        const ofAgents = job.image.agents.flatMap((name) => Object.entries(AGENTS[name].files));
        const files = { ...FILES, ...Object.fromEntries(ofAgents) };
        await layOut(join(work, 'files'), { files, links: LINKS, programs });
        await writeFile(join(work, 'remove'), `${REMOVED.join('\n')}\n`);
        await shell(CUSTOMISE_SCRIPT, []);
        await removeSignatures(join(tree, 'usr/lib/modules'));
      },
    },
    {
      name: 'boot',
      run: async () => {
        job.progress('making the initrd', 0.88);
        const { kernel } = await versions(tree);
        await writeFile(join(job.dir, INITRD), await makeInitrd(join(tree, 'usr/lib/modules', kernel)));
        const image = await readFile(join(tree, 'boot', `vmlinuz-${kernel}`));
        await unpackKernel(image, join(job.dir, KERNEL), job.signal);
      },
    },
    {
      name: 'disk',
      run: async () => {
        job.progress('making the disk', 0.9);
        await shell(DISK_SCRIPT, [String(SPARE_MIB)]);
        const cancel = job.signal ? { cancelSignal: job.signal } : {};
        await execa('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', 'disk.raw', join('..', DISK)], {
          cwd: work,
          ...cancel,
        });
        await rm(join(work, 'disk.raw'));
      },
    },
  ]);

  job.progress('checking the image', 0.96);
  const manifest = await describe(job, tree);
  await removeTree(work);
  await sealBundle(job.dir, manifest, job.signal);
}

type Shell = (script: string, args: readonly string[], onLine?: (line: string) => void) => Promise<void>;

async function makeTree(job: BuildJob, work: string, shell: Shell): Promise<void> {
  const debs = join(job.cacheDir, 'debian', SUITE);
  await mkdir(debs, { recursive: true });
  await writeFile(join(work, 'dpkg-options'), `${RECIPE.dpkg.join('\n')}\n`);
  const parser = new ProgressParser();
  const mirrors = mirrorArguments(await hostSources(), SUITE);
  const onWait = (): void => job.progress('waiting for another build that is downloading packages');
  await alone(join(debs, '.lock'), { signal: job.signal, onWait }, () =>
    shell(TREE_SCRIPT, [SUITE, packagesOf(job.image).join(','), debs, ...mirrors], (line) => {
      const seen = parser.line(line);
      if (seen) job.progress(seen.text, seen.fraction);
    }),
  );
}

async function fetchAgents(job: BuildJob): Promise<Record<string, string>> {
  const { agentVersions } = currentInputs();
  const programs: Record<string, string> = {};
  for (const name of job.image.agents) {
    job.progress(`fetching ${name} ${agentVersions[name]}`, 0.82);
    const { cacheDir, signal } = job;
    Object.assign(programs, await AGENTS[name].fetch(agentVersions[name], { cacheDir, signal }));
  }
  return programs;
}

async function versions(tree: string): Promise<{ kernel: string; systemd: number; distribution: string }> {
  const [kernel] = (await readdir(join(tree, 'usr/lib/modules'))).sort().reverse();
  const status = await readFile(join(tree, 'var/lib/dpkg/status'), 'utf8');
  const systemd = /^Package: systemd\n(?:.+\n)*?Version: (\d+)/m.exec(status)?.[1];
  const distribution = (await readFile(join(tree, 'etc/debian_version'), 'utf8')).trim();
  if (kernel === undefined || systemd === undefined) throw new Error('the tree has no kernel or no systemd');
  return { kernel, systemd: Number(systemd), distribution: `debian ${distribution}` };
}

async function describe(job: BuildJob, tree: string): Promise<Parameters<typeof sealBundle>[1]> {
  const info = await execa('qemu-img', ['info', '--output=json', DISK], { cwd: job.dir });
  return {
    formatVersion: BUNDLE_FORMAT,
    digest: job.digest,
    provider: 'debian',
    arch: currentInputs().arch,
    boot: { kernel: KERNEL, initrd: INITRD, params: PARAMS },
    disk: {
      file: DISK,
      format: 'qcow2',
      virtualSize: (JSON.parse(info.stdout) as { 'virtual-size': number })['virtual-size'],
    },
    versions: await versions(tree),
    features: ['9p', 'overlay', 'sound', 'virtio-mem', 'virtiofs'],
    agents: job.image.agents,
  };
}

/** What the tools inherit: where programs are, and proxies that people configured. */
function environment(): Record<string, string> {
  const kept = [
    'PATH',
    'http_proxy',
    'https_proxy',
    'ftp_proxy',
    'no_proxy',
    'HTTP_PROXY',
    'HTTPS_PROXY',
    'NO_PROXY',
    'APT_CONFIG',
  ];
  const env: Record<string, string> = {};
  for (const name of kept) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return { ...env, PATH: `${env['PATH'] ?? '/usr/bin:/bin'}:/usr/sbin:/sbin` };
}

async function hostSources(): Promise<HostSources> {
  const dir = '/etc/apt/sources.list.d';
  const names = (await readdir(dir).catch(() => [])).filter((name) => /\.(list|sources)$/.test(name)).sort();
  const files = ['/etc/apt/sources.list', ...names.map((name) => join(dir, name))];
  const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
  return {
    wished: process.env['AI_VM_DEBIAN_MIRROR'],
    osRelease: await read('/etc/os-release'),
    sources: await Promise.all(files.map(read)),
  };
}

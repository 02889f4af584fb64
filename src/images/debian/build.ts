/** Builds a Debian bundle in a directory, stage by stage: packages → our guest → kernel, initrd and disk. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { requireVersion } from '../agents/agent.ts';
import { AGENTS } from '../agents/index.ts';
import { sealBundle } from '../bundle.ts';
import { mirrorArguments, type HostSources } from '../mirror.ts';
import { removeTree, runInNamespace } from '../namespace.ts';
import { alone, runStages } from '../partial.ts';
import { ProgressParser } from '../progress.ts';
import type { MakeJob } from '../provider.ts';
import type { DebianImage } from '../../model/desired.ts';
import { BUNDLE_FORMAT } from '../../model/image.ts';
import { AGENT_TITLES } from '../../model/agents.ts';
import { AiVmError } from '../../model/errors.ts';
import { PARAMS, REMOVED } from './guest.ts';
import { makeInitrd } from './initrd.ts';
import { unpackKernel } from './kernel.ts';
import { currentInputs, layoutOf, packagesOf, RECIPE, SUITE } from './recipe.ts';
import { CUSTOMISE_SCRIPT, DISK_SCRIPT, INSTALL_SCRIPT, TREE_SCRIPT } from './scripts.ts';
import { removeSignatures } from './signatures.ts';
import { layOut } from './stage-files.ts';

export interface BuildJob extends MakeJob {
  readonly image: DebianImage;
  /** The directory that becomes the bundle: everything that is not part of one is removed at the end. */
  readonly dir: string;
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
        await layOut(join(work, 'files'), { ...layoutOf(job.image), programs });
        await writeFile(join(work, 'remove'), `${REMOVED.join('\n')}\n`);
        await shell(CUSTOMISE_SCRIPT, []);
        await installAgents(job, shell);
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
      const seen = parser.line(line, performance.now());
      if (seen) job.progress(seen.text, seen.fraction);
    }),
  );
}

async function fetchAgents(job: BuildJob): Promise<Record<string, string>> {
  const { agentVersions } = currentInputs();
  const programs: Record<string, string> = {};
  for (const name of job.image.agents) {
    requireVersion(name, agentVersions[name]);
    job.progress(`fetching ${name} ${agentVersions[name]}`, 0.82);
    const { cacheDir, signal } = job;
    Object.assign(programs, await AGENTS[name].fetch(agentVersions[name], { cacheDir, signal }));
  }
  return programs;
}

/** @throws AiVmError `image.build`, which names the agent: what it comes from may not be reached where all else is */
async function installAgents(job: BuildJob, shell: Shell): Promise<void> {
  const { agentVersions } = currentInputs();
  for (const name of job.image.agents) {
    const { install } = AGENTS[name];
    if (install === undefined) continue;
    job.progress(`installing ${name} ${agentVersions[name]}`, 0.84);
    try {
      await shell(INSTALL_SCRIPT, [install, agentVersions[name]]);
    } catch (error) {
      if (!(error instanceof AiVmError)) throw error;
      throw new AiVmError('image.build', `${AGENT_TITLES[name]} ${agentVersions[name]} could not be installed`, {
        ...(error.why === undefined ? {} : { why: error.why }),
        fix: `It comes from PyPI, and its Python from the releases of python-build-standalone: both have to be reached (PIP_INDEX_URL, UV_DEFAULT_INDEX and UV_PYTHON_INSTALL_MIRROR name mirrors). Or take ${name} out of \`agents\`.`,
        cause: error,
      });
    }
  }
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
    features: ['9p', ...(job.image.desktop ? ['desktop'] : []), 'overlay', 'sound', 'virtio-mem', 'virtiofs', 'warm'],
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
    ...['PIP_INDEX_URL', 'UV_DEFAULT_INDEX', 'UV_PYTHON_INSTALL_MIRROR'],
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

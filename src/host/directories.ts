/** Makes the directories of a project and its machines, and makes sure that nobody else can put anything there. */
import { constants } from 'node:fs';
import { lstat, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RunAs } from '../model/capabilities.ts';
import { AiVmError } from '../model/errors.ts';
import type { MachinePaths, ProjectPaths } from '../model/machine.ts';
import { claimState, projectToken, requireSameProject } from './claim.ts';
import { writeState, writeText } from './files.ts';
import type { HostEnv, ProjectPlace } from './paths.ts';
import { projectsDir } from './paths.ts';
import { blockedAt } from './reach.ts';

/**
 * Makes one directory of ours, or checks the one that is there: a real directory, of this user, writable by nobody else.
 * @throws AiVmError `host.path`
 */
export async function ownDirectory(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(path, String(error));
  }
  // Through the descriptor, so that what is checked and what is changed is one object.
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW).catch(
    (error: unknown) => {
      throw unusable(path, `It cannot be opened as a directory (${(error as NodeJS.ErrnoException).code ?? 'error'}).`);
    },
  );
  try {
    const seen = await directory.stat();
    if (seen.uid !== process.getuid?.()) throw unusable(path, `It belongs to user ${seen.uid}.`);
    if ((seen.mode & 0o777) !== mode) await directory.chmod(mode);
  } finally {
    await directory.close();
  }
}

function unusable(path: string, why: string): AiVmError {
  return new AiVmError('host.path', `${path} cannot be used for ai-vm's files`, {
    why,
    fix: `Remove or rename ${path}, or set AI_VM_HOME to a directory of your own.`,
  });
}

/** ssh replaces `${NAME}` in the names of its files by a variable, and knows no way to write it as text. */
function requireReadable(path: string): void {
  if (!/\$\{|\p{Cc}/u.test(path)) return;
  throw new AiVmError('host.path', `${path} cannot be used for ai-vm's files`, {
    why: 'ssh cannot be given the name of a file in it: it holds `${` or a control character.',
    fix: 'Set AI_VM_HOME (or XDG_RUNTIME_DIR) to a directory with a plain name.',
  });
}

/** Who may pass through our directories: the user alone, or, when root drops to somebody, those who know the names. */
const modeFor = (runAs: RunAs): number => (runAs.drop ? 0o711 : 0o700);

/**
 * Makes the directories of a project and records where it is, so that it can be listed and taken down later.
 * @throws AiVmError `host.path`
 */
export async function prepareProject(
  place: ProjectPlace,
  paths: ProjectPaths,
  env: HostEnv,
  runAs: RunAs,
): Promise<void> {
  const mode = modeFor(runAs);
  for (const path of [paths.state, paths.runtime]) requireReadable(path);
  await mkdir(dirname(env.dataHome), { recursive: true });
  for (const dir of [env.dataHome, projectsDir(env), dirname(paths.lock), dirname(paths.approvals)]) {
    await ownDirectory(dir, mode);
  }
  await requireSameProject(place, paths);
  const inside = place.location === 'project' ? { token: await projectToken(paths) } : {};
  await writeState(paths.projectFile, { formatVersion: 1, ...place, ...inside });
  if ('token' in inside) {
    await ownDirectory(paths.state, mode);
    await claimState(paths, inside.token);
    await writeText(join(paths.state, '.gitignore'), '*\n', 0o644);
  }
  await requireReach(paths.state, runAs);
}

/** Makes the directory of a machine's disk, keys and logs. */
export async function prepareMachine(paths: MachinePaths, runAs: RunAs): Promise<void> {
  await ownDirectory(paths.dir, modeFor(runAs));
  await requireReach(paths.disk, runAs);
}

async function requireReach(path: string, runAs: RunAs): Promise<void> {
  const blocked = runAs.drop ? await blockedAt(path, runAs) : null;
  if (blocked === null) return;
  throw new AiVmError('host.path', `the machine's files cannot be reached by whom QEMU runs as`, {
    why: `QEMU never runs as root; here it runs as user ${runAs.uid}, who may not pass through ${blocked}.`,
    fix: `Set AI_VM_HOME to a directory such as /var/lib/ai-vms, or run \`chmod o+x ${blocked}\`.`,
  });
}

/**
 * Removes a directory of ours with everything in it. Not by Node, which goes by paths: where another user may write, a
 * directory that becomes a symlink in the middle would lead root elsewhere. One that is not there is fine.
 */
export async function removeTree(path: string): Promise<void> {
  const seen = await lstat(path).catch(() => null);
  if (!seen) return;
  const { execa } = await import('execa');
  await execa('rm', ['-rf', '--', path], { stdin: 'ignore' });
}

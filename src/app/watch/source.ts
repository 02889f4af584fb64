/** The file of a watched project, loaded afresh for each round, and the files that take part in that. */
import { join, resolve } from 'node:path';
import { CONFIG_NAMES, OVERRIDE_NAMES } from '../../host/config-files.ts';
import { AiVmError, ConfigError } from '../../model/errors.ts';
import { openContext, type Context, type Where } from '../context.ts';
import { listOf, namedFiles } from '../load.ts';
import { known, type Teller } from './tell.ts';

export interface Source {
  readonly load: () => Promise<{ readonly context: Context } | { readonly problem: AiVmError }>;
  readonly signal: AbortSignal;
  /** Files that may take part whatever the others say: of the project, of variables, and of what was allowed. */
  readonly candidates: readonly string[];
}

/** How long another command may hold the lock before we say that we wait for it (milliseconds). */
const PATIENCE = 10_000;

/**
 * @param first the project as it was at the start of the watch, which it has to remain
 * @param where as for that
 */
export function makeSource(first: Context, where: Where, teller: Teller): Source {
  const { project } = first;
  const { dir } = project;
  const inDir = (name: string): string => join(dir, name);
  const absolute = (name: string): string => resolve(where.cwd, name);
  const files = namedFiles(where.files ?? [], where.env).map(absolute);
  const envFiles = (where.envFiles?.length ? where.envFiles : listOf(where.env['AI_VM_ENV_FILE'])).map(absolute);
  const open = async (): Promise<Context> => {
    // From the project's directory, since the one that we were called in may go.
    const context = await openContext({ ...where, cwd: dir, files, envFiles, emit: teller.emit });
    if (context.project.problem) throw context.project.problem;
    // The search goes up: a file of a directory above is not this project's.
    if (context.project.dir !== dir) {
      throw new AiVmError('config.not-found', `no ${CONFIG_NAMES.join(', ')} in ${dir}`, {
        fix: 'Put it back; or end the watch, and ai-vm down stops the machines.',
      });
    }
    if (context.project.paths.state === project.paths.state && context.project.paths.lock === project.paths.lock)
      return quiet(context, teller);
    throw new AiVmError('usage', `the file is now that of another project, ${context.project.name}`, {
      why: `Its machines would be made anew, and those of ${project.name} would run on.`,
      fix: 'Take `name` and `location` back; or end the watch, ai-vm down, then change them and begin anew.',
    });
  };
  return {
    load: () =>
      open().then(
        (context) => ({ context }),
        (error: unknown) => ({ problem: isGone(error) ? goneError(dir) : known(error) }),
      ),
    signal: where.signal,
    candidates: [
      ...(files.length > 0 ? files : [...CONFIG_NAMES, ...OVERRIDE_NAMES].map(inDir)),
      ...(envFiles.length > 0 ? envFiles : [inDir('.env')]),
      project.paths.approvals,
    ],
  };
}

const isGone = (error: unknown): boolean =>
  !(error instanceof AiVmError) && (error as NodeJS.ErrnoException).code === 'ENOENT';

const goneError = (dir: string): AiVmError =>
  new AiVmError('config.not-found', `${dir} is gone`, { fix: 'Put it back; or end the watch.' });

/** Other commands take turns with us all the time: only one that goes on for long is worth a word. */
function quiet(context: Context, { once }: Teller): Context {
  return {
    ...context,
    lockOptions: {
      ...context.lockOptions,
      onWait: (holder, done) => {
        const timer = setTimeout(() => {
          const who = holder ? `process ${holder.pid} (${holder.command})` : 'another command';
          once('lock', { kind: 'waits', message: `for ${who}, which works on this project` });
        }, PATIENCE);
        void done.finally(() => {
          clearTimeout(timer);
        });
      },
    },
  };
}

/**
 * Files that take part, or may, whether they exist or not.
 * @param problem of the file as it is now: what was read before it came up counts as well
 */
export function pathsOf({ candidates }: Source, sound: Context | null, problem: AiVmError | null): string[] {
  const read = problem instanceof ConfigError ? [...problem.sources.keys(), ...problem.looked] : [];
  const { desired, loaded } = sound?.project ?? {};
  const images = (desired?.vms ?? []).flatMap(({ image }) => (image.provider === 'nixos' ? image.modules : []));
  return [...new Set([...candidates, ...(desired?.files ?? []), ...(loaded?.candidates ?? []), ...images, ...read])];
}

/** `init`: a configuration to begin with. */
import { lstat, realpath, rm } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { bareRoot } from '../config/bare.ts';
import { loadConfig } from '../config/load.ts';
import { projectName } from '../config/names.ts';
import { newFile } from '../config/new-file.ts';
import { parserFor } from '../config/parser.ts';
import { overrides, type Settings } from '../config/settings.ts';
import { writeToml } from '../config/write-toml.ts';
import { writeYaml } from '../config/write-yaml.ts';
import { CONFIG_NAMES, findConfigs, type ConfigFileText } from '../host/config-files.ts';
import { knownProjectAt } from '../host/known-projects.ts';
import { ignoreDirectory, writeOwn } from '../host/new-files.ts';
import { hostEnv } from '../host/paths.ts';
import { settleRunAs } from '../host/run-as.ts';
import type { ShareContext } from '../host/shares.ts';
import type { Ask } from '../model/approval.ts';
import type { Desired } from '../model/desired.ts';
import { AiVmError, ConfigError } from '../model/errors.ts';
import { DEFAULT_MACHINE, adHocFile, withMachine } from './ad-hoc.ts';
import { asksOf } from './asks.ts';
import { judgingFor, ownShare, refusedShares, type OwnShare } from './init-shares.ts';
import { realPaths } from './real-paths.ts';
import { schemaLink } from './schema-link.ts';

export type Format = 'yaml' | 'toml';

export interface InitOptions {
  readonly cwd: string;
  /** The file to write; without it, the usual name in `cwd`. */
  readonly file: string | undefined;
  /** Without it: what the file's name says, else YAML. */
  readonly format: Format | undefined;
  /** Take the place of a file that is there. */
  readonly force: boolean;
}

/** Where a configuration is to be written. */
export interface Site {
  readonly cwd: string;
  readonly path: string;
  /** Real path of its directory. */
  readonly dir: string;
  readonly home: string;
  readonly format: Format;
  readonly force: boolean;
  /** What flags of `up` have made here. */
  readonly kept: ConfigFileText | null;
  /** A configuration above, which does not count in here any more. */
  readonly above: string | null;
  readonly judging: ShareContext;
  /** How the directory itself can be shared. */
  readonly own: OwnShare;
}

/**
 * Finds out whether there is room for a configuration, before anybody answers questions.
 * @throws AiVmError config.exists, usage
 */
export async function siteFor({ cwd, file, format: wanted, force }: InitOptions): Promise<Site> {
  const named = file === undefined ? undefined : formatOf(file);
  if (named !== undefined && wanted !== undefined && named !== wanted) {
    throw new AiVmError('usage', `${file} is no name for ${wanted === 'toml' ? 'TOML' : 'YAML'}`, {
      fix: 'Leave out --format: the name of the file says it.',
    });
  }
  const format = wanted ?? named ?? 'yaml';
  const path = resolve(cwd, file ?? `ai-vm.${format}`);
  const parent = dirname(path);
  const dir = await realpath(parent).catch((cause: unknown) => {
    throw new AiVmError('host.path', `there is no directory ${parent}`, { fix: `mkdir -p '${parent}'`, cause });
  });
  const runAs = await settleRunAs(dir);
  await requireRoom(path, dir, force);
  const env = hostEnv();
  const known = await knownProjectAt(dir, env);
  const kept = known?.dir === dir ? await adHocFile(known, dir, env, false) : null;
  const look = { cwd: dirname(dir), files: [], stdin: () => Promise.resolve('') };
  const above = await findConfigs(look).catch(() => null);
  const home = process.env['HOME'] ?? '/';
  const judging = await judgingFor(dir, runAs, home);
  return {
    ...{ cwd, path, dir, home, format, force, kept: kept?.file ?? null, above: above?.files[0]?.path ?? null },
    ...{ judging, own: await ownShare(judging) },
  };
}

const formatOf = (file: string): Format | undefined =>
  file.endsWith('.toml') ? 'toml' : /\.ya?ml$/.test(file) ? 'yaml' : undefined;

const there = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

async function requireRoom(path: string, dir: string, force: boolean): Promise<void> {
  if (!force && (await there(path))) throw taken(path);
  // Two of the usual names in one directory: neither would count.
  const rivals = CONFIG_NAMES.includes(basename(path) as never) ? CONFIG_NAMES.map((name) => join(dir, name)) : [];
  for (const rival of rivals) {
    if (basename(rival) === basename(path) || !(await there(rival))) continue;
    throw new AiVmError('config.exists', `${rival} is there already`, {
      why: 'With two configurations in one directory it would not be clear which one counts.',
      fix: `Edit it; or remove it, if nothing in it is worth keeping.`,
    });
  }
}

const taken = (path: string): AiVmError =>
  new AiVmError('config.exists', `${path} is there already`, {
    fix: 'Edit it; or say --force, which replaces it.',
  });

/** A configuration that is not written yet. */
export interface Draft {
  readonly text: string;
  /** What `ai-vm approve` will ask about. */
  readonly asks: readonly Ask[];
  /** What `up` will not do as it stands there, or what was left out for that; for people. */
  readonly warnings: readonly string[];
}

/** Ports and shares that nothing was said about. */
function withDefaults(site: Site, settings: Settings): Settings {
  if (site.kept) return settings;
  const port = settings.port ?? ['3001', '9080'];
  if (settings.shareRw || settings.shareRo) return { ...settings, port };
  const { mode } = site.own;
  return { ...settings, port, shareRw: mode === 'rw' ? [site.dir] : [], shareRo: mode === 'ro' ? [site.dir] : [] };
}

async function desiredOf(site: Site, given: Settings): Promise<Desired> {
  const { kept, dir, home, cwd, path } = site;
  const settings = withDefaults(site, given);
  const over = overrides(settings, { dir: cwd, home }, settings.name === undefined ? [] : [settings.name]);
  const parser = kept && withMachine(await parserFor(kept.path), settings);
  // What is wrong with a name is said of the flag.
  const machine = settings.name ?? DEFAULT_MACHINE;
  const { desired } = loadConfig({
    files: [{ ...(kept ?? { path, text: '' }), parse: parser ?? (() => bareRoot([machine])) }],
    ...{ dir, env: {}, home, over },
    ...(!kept && { projectName: projectName(basename(dir)) || 'project' }),
  });
  return desired;
}

/** @throws ConfigError with all that is wrong with the settings, each with its flag */
export async function draft(site: Site, settings: Settings, schema: string | undefined): Promise<Draft> {
  const desired = await desiredOf(site, settings);
  const beginning = newFile({
    schema: schema ?? (await schemaLink(site.dir)),
    name: desired.name === projectName(basename(site.dir)) ? undefined : desired.name,
    vms: desired.vms,
    places: site,
  });
  const text = site.format === 'toml' ? writeToml(beginning) : writeYaml(beginning);
  const unsaid = !site.kept && !settings.shareRw && !settings.shareRo;
  const warnings = [
    ...(unsaid && site.own.why !== null ? [site.own.why] : []),
    ...(await refusedShares(desired.vms, site.judging)),
  ];
  return { text, asks: asksOf(desired, await realPaths(desired.vms)), warnings };
}

/** What is wrong with an answer, in one line, or undefined. */
export async function faultOf(site: Site, settings: Settings): Promise<string | undefined> {
  try {
    await desiredOf({ ...site, kept: null }, settings);
    return undefined;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const first = error.diagnostics.find((diagnostic) => diagnostic.severity === 'error');
    return [first?.message.replace(/^--[\w-]+: /, ''), first?.hint].filter((part) => part !== undefined).join('. ');
  }
}

export interface Written {
  /** The configuration first, as paths from the working directory. */
  readonly files: readonly string[];
  /** The `.gitignore` that is there is none that can be added to. */
  readonly notIgnored: boolean;
}

/** Writes it, and has Git ignore what ai-vm keeps in a project with `location: project`. */
export async function write(site: Site, { text }: Draft): Promise<Written> {
  const { path, dir, force, kept } = site;
  await writeOwn(path, text, force).catch((error: unknown) => {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? taken(path) : error;
  });
  const list = join(dir, '.gitignore');
  const ignored = await ignoreDirectory(list, '.ai-vm');
  // From now on the file counts.
  if (kept) await rm(kept.path, { force: true });
  const files = [path, ...(ignored === true ? [list] : [])].map((file) => relative(site.cwd, file) || file);
  return { files, notIgnored: ignored === null };
}

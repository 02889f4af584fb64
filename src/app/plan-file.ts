/** `plan --out` and `up --plan`. */
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { readState, STATE_LIMIT, writeState } from '../host/files.ts';
import { hash8 } from '../host/paths.ts';
import { AiVmError } from '../model/errors.ts';
import { isObject } from '../qemu/qmp-wire.ts';
import { planFile, staleness, type PlanFile, type PlanFileOptions } from '../reconcile/plan-file.ts';
import type { Context } from './context.ts';
import type { Look } from './look.ts';

/** A plan to carry out, and the name of the file that it was read from. */
export interface Planned {
  readonly file: PlanFile;
  readonly from: string;
}

/** @param now what was looked at with these options */
export const describePlan = ({ project }: Context, options: PlanFileOptions, now: Look): PlanFile =>
  planFile(`${project.name}-${hash8(project.dir)}`, options, now);

/** Whole or not at all, readable by its owner only: it tells of the machines what their files tell. */
export const writePlan = (path: string, file: PlanFile): Promise<void> => writeState(path, file);

const isStrings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

const isDigests = (value: unknown): boolean =>
  isObject(value) &&
  Object.values(value).every((each) => isObject(each) && Object.values(each).every((d) => typeof d === 'string'));

const isListOf = (value: unknown, key: string): boolean =>
  Array.isArray(value) && value.every((each) => isObject(each) && typeof each[key] === 'string');

function isPlanFile(value: unknown): value is PlanFile {
  if (!isObject(value) || value['formatVersion'] !== 1 || typeof value['project'] !== 'string') return false;
  const { options, plan } = value;
  return (
    isObject(options) &&
    isStrings(options['vms']) &&
    isStrings(options['recreate']) &&
    ['restart', 'cold', 'removeOrphans'].every((name) => typeof options[name] === 'boolean') &&
    isDigests(value['desired']) &&
    isDigests(value['observed']) &&
    isObject(plan) &&
    isListOf(plan['vms'], 'vm') &&
    isListOf(plan['steps'], 'id')
  );
}

async function readStream(stdin: Readable): Promise<{ value: PlanFile | null; problem: string | null }> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of stdin) {
    const bytes = Buffer.from(part as Uint8Array);
    length += bytes.length;
    if (length > STATE_LIMIT) return { value: null, problem: 'too large' };
    parts.push(bytes);
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(parts).toString('utf8'));
    return isPlanFile(value) ? { value, problem: null } : { value: null, problem: 'not of the expected shape' };
  } catch {
    return { value: null, problem: 'not JSON' };
  }
}

/**
 * @param stdin read instead of a file
 * @throws AiVmError usage: there is no plan in it
 */
export async function readPlan(source: string, stdin?: Readable): Promise<Planned> {
  const from = stdin ? 'standard input' : basename(source);
  const { value, problem } = stdin ? await readStream(stdin) : await readState(source, isPlanFile);
  if (value) return { file: value, from };
  throw new AiVmError('usage', `there is no plan in ${stdin ? from : source}`, {
    why: `It is ${problem ?? 'empty'}.`,
    fix: 'Make one: ai-vm plan --out FILE.',
  });
}

/** @throws AiVmError plan.stale, with what differs */
export function requireFresh(context: Context, { file, from }: Planned, now: Look): void {
  const found = staleness(file, describePlan(context, file.options, now));
  if (found.length === 0) return;
  throw new AiVmError('plan.stale', `the plan in ${from} is not what would be done any more`, {
    why: found.join('\n'),
    fix: 'Nothing was changed. Look again, then make another one: ai-vm plan --out FILE.',
  });
}

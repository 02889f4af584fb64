/**
 * What Nix says with `--log-format internal-json`, turned into progress and readable lines. Pure, and forgiving: the format is Nix's
 * own affair, so what is not understood is a line of text.
 * Source: logging.hh and logging.cc of Nix 2.8 to 2.34.
 */
import { stripVTControlCharacters } from 'node:util';
import type { Progress } from '../progress.ts';

const ACTIVITY = { copyPath: 100, fileTransfer: 101, copyPaths: 103, builds: 104, build: 105 } as const;
const RESULT = { buildLogLine: 101, setPhase: 104, progress: 105, postBuildLogLine: 107 } as const;
const ERROR = 0;
/** Of messages, what is worth keeping in a log: errors, warnings, notices, and what is built and fetched. */
const KEPT = 3;

/** Longer lines are cut (characters). */
const LONGEST = 2000;

export interface NixLine {
  readonly progress?: Progress;
  /** For the log; without it the line says nothing to a person. */
  readonly text?: string;
  /** It says why Nix ends without success. */
  readonly error?: true;
}

interface Activity {
  readonly type: number;
  readonly name: string;
  phase?: string;
  done: number;
  expected: number;
}

const MiB = 2 ** 20;

/** Follows one run of Nix, line by line of its stderr. */
export class NixLog {
  readonly #activities = new Map<number, Activity>();
  #ended = { done: 0, expected: 0 };
  /** The last build or download that was begun. */
  #current: Activity | null = null;

  line(line: string): NixLine {
    const event = line.startsWith('@nix ') ? parse(line.slice(5)) : null;
    // Of Git and such, which Nix starts.
    if (!event) return { text: clean(line), ...(/^(fatal|error): /.test(line) && { error: true as const }) };
    const id = numberOf(event['id']);
    switch (event['action']) {
      case 'msg':
        return message(event);
      case 'start':
        return this.#start(id, event);
      case 'stop':
        return this.#stop(id);
      case 'result':
        return this.#result(id, event);
      default:
        return {};
    }
  }

  #start(id: number, event: Record<string, unknown>): NixLine {
    const type = numberOf(event['type']);
    const fields = Array.isArray(event['fields']) ? (event['fields'] as unknown[]) : [];
    const activity: Activity = { type, name: nameOf(fields[0]), done: 0, expected: 0 };
    this.#activities.set(id, activity);
    const text = clean(textOf(event['text']));
    if (type !== ACTIVITY.build && type !== ACTIVITY.copyPath && type !== ACTIVITY.fileTransfer) {
      return text === '' || numberOf(event['level']) > KEPT ? {} : { text };
    }
    this.#current = activity;
    return { text, progress: this.#progress() };
  }

  #stop(id: number): NixLine {
    const activity = this.#activities.get(id);
    this.#activities.delete(id);
    if (activity?.type === ACTIVITY.fileTransfer) {
      this.#ended = { done: this.#ended.done + activity.done, expected: this.#ended.expected + activity.expected };
    }
    return {};
  }

  #result(id: number, event: Record<string, unknown>): NixLine {
    const activity = this.#activities.get(id);
    const fields = Array.isArray(event['fields']) ? (event['fields'] as unknown[]) : [];
    switch (event['type']) {
      case RESULT.buildLogLine:
      case RESULT.postBuildLogLine:
        return { text: `${activity && activity.name !== '' ? `${activity.name}> ` : ''}${clean(textOf(fields[0]))}` };
      case RESULT.setPhase:
        if (!activity) return {};
        activity.phase = clean(textOf(fields[0])).slice(0, 40);
        return { progress: this.#progress() };
      case RESULT.progress:
        if (!activity) return {};
        activity.done = numberOf(fields[0]);
        activity.expected = numberOf(fields[1]);
        return { progress: this.#progress() };
      default:
        return {};
    }
  }

  #sum(type: number): { readonly done: number; readonly expected: number } {
    const all = [...this.#activities.values()].filter((activity) => activity.type === type);
    const add = (field: 'done' | 'expected'): number => all.reduce((sum, activity) => sum + activity[field], 0);
    return { done: add('done'), expected: add('expected') };
  }

  #progress(): Progress {
    const [builds, paths, transfer] = [ACTIVITY.builds, ACTIVITY.copyPaths, ACTIVITY.fileTransfer].map((type) =>
      this.#sum(type),
    ) as [Counted, Counted, Counted];
    const now = this.#current;
    const parts: string[] = [];
    if (now?.type === ACTIVITY.build) parts.push(`building ${now.name}${now.phase ? ` (${now.phase})` : ''}`);
    else if (now) parts.push(`fetching ${now.name}`);
    if (builds.expected > 0) parts.push(`${builds.done} of ${builds.expected} built`);
    if (paths.expected > 0) parts.push(`${paths.done} of ${paths.expected} fetched`);
    const [loaded, size] = [transfer.done + this.#ended.done, transfer.expected + this.#ended.expected];
    if (size >= MiB) parts.push(`${Math.round(loaded / MiB)} of ${Math.round(size / MiB)} MiB`);
    const [done, expected] = [builds.done + paths.done, builds.expected + paths.expected];
    const text = parts.length > 0 ? parts.join(', ') : 'evaluating';
    return expected > 0 && done <= expected ? { text, fraction: done / expected } : { text };
  }
}

type Counted = { readonly done: number; readonly expected: number };

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function message(event: Record<string, unknown>): NixLine {
  const text = clean(textOf(event['msg']));
  const level = numberOf(event['level']);
  if (text === '' || level > KEPT || text.startsWith("(use '--show-trace'")) return {};
  return level === ERROR ? { text, error: true } : { text };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const numberOf = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);

/** `hello-2.12` of `/nix/store/<hash>-hello-2.12.drv`; of an address, its host and last part. */
function nameOf(value: unknown): string {
  const text = clean(textOf(value));
  const store = /\/[a-z0-9]{32}-([^/]+?)(?:\.drv)?$/.exec(text)?.[1];
  if (store !== undefined) return store;
  const address = /^[a-z+]+:\/\/([^/]+).*?([^/]*)$/.exec(text);
  return (address ? `${address[2]} from ${address[1]}` : text).slice(0, 80);
}

/** What a builder prints is anything at all. */
function clean(text: string): string {
  return stripVTControlCharacters(text.slice(0, LONGEST))
    .replaceAll(/[\t\r]/g, ' ')
    .replaceAll(/(?!\n)\p{Cc}/gu, '')
    .trimEnd();
}

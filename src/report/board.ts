/** The board of a run: listr2 keeps the steps as tasks and turns them into lines; who shows the lines is not its concern. */
import type { ListrDefaultRendererOptions, ListrTask, ListrTaskWrapper } from 'listr2';
import { DefaultRenderer, Listr, ListrDefaultRendererLogLevels as Level, ListrTaskState, Spinner } from 'listr2';
import type { Job } from '../model/events.ts';
import { formatDuration } from '../model/units.ts';
import { sanitiseLine } from './sanitise.ts';
import type { Style } from './style.ts';

type Wrapper = ListrTaskWrapper<undefined, typeof LineRenderer, typeof LineRenderer>;
type Task = ListrTask<undefined, typeof LineRenderer, typeof LineRenderer>;

/** listr2's own renderer without its hold on stdout. */
class LineRenderer extends DefaultRenderer {
  // listr2 would fall back to another renderer when stdout is no terminal; the report may be on stderr.
  static override nonTTY = true;
  override render(): Promise<void> {
    return Promise.resolve();
  }
  override update(): void {}
  override end(): void {}
  protected override format(message: string, icon: string, level: number): string[] {
    return message.trim() === '' ? [] : [`${'  '.repeat(level)}${icon ? `${icon} ` : ''}${message.trimEnd()}`];
  }
}

class Frames extends Spinner {
  protected override readonly spinner: string[];
  constructor(frames: readonly string[]) {
    super();
    this.spinner = [...frames];
  }
}

/** A promise with its handle outside. */
class Signal<T> {
  resolve: (value: T) => void = () => {};
  readonly promise = new Promise<T>((resolve) => {
    this.resolve = resolve;
  });
}

/** How a step ended; `text` is what its line says from then on. */
interface Outcome {
  readonly kind: 'done' | 'failed' | 'skipped';
  readonly text: string;
}

interface Row {
  readonly title: string;
  readonly group: Group;
  readonly began: Signal<void>;
  readonly ended: Signal<Outcome>;
  wrapper: Wrapper | null;
  startedAt: number | null;
  progress: string;
  over: boolean;
}

interface Group {
  title: string;
  readonly rows: Row[];
  wrapper: Wrapper | null;
  startedAt: number | null;
}

export class Board {
  readonly #style: Style;
  readonly #now: () => number;
  readonly #spinner: Frames;
  readonly #rows = new Map<string, Row>();
  readonly #lists: { readonly renderer: LineRenderer; readonly finished: Promise<unknown> }[] = [];

  /** `now` gives milliseconds from any origin. */
  constructor(style: Style, now: () => number) {
    this.#style = style;
    this.#now = now;
    this.#spinner = new Frames(style.symbols.spinner);
  }

  /** Puts steps on the board, waiting: each machine under a heading of its own, or flat when there is but one. */
  add(steps: readonly Job[]): void {
    const groups = new Map<string, Group>();
    for (const step of steps) {
      if (this.#rows.has(step.id)) continue;
      const group = groups.get(step.vm) ?? { title: sanitiseLine(step.vm), rows: [], wrapper: null, startedAt: null };
      groups.set(step.vm, group);
      const row: Row = {
        title: sanitiseLine(step.title),
        group,
        began: new Signal(),
        ended: new Signal(),
        wrapper: null,
        startedAt: null,
        progress: '',
        over: false,
      };
      group.rows.push(row);
      this.#rows.set(step.id, row);
    }
    const flat = groups.size < 2;
    const tasks = [...groups.values()].flatMap((group) => (flat ? group.rows.map(rowTask) : [groupTask(group)]));
    if (tasks.length > 0) this.#run(tasks);
  }

  begin(step: Job): void {
    const row = this.#row(step);
    if (row.startedAt !== null) return;
    row.startedAt = this.#now();
    row.group.startedAt ??= row.startedAt;
    row.began.resolve();
  }

  progress(step: Job, text: string, fraction?: number): void {
    const percent = fraction === undefined ? '' : `${Math.round(Math.min(1, Math.max(0, fraction)) * 100)} % `;
    this.#row(step).progress = percent + sanitiseLine(text);
  }

  done(step: Job, ms: number): void {
    const row = this.#row(step);
    this.#end(row, { kind: 'done', text: `${row.title}  ${this.#style.paint.dim(formatDuration(ms))}` });
  }

  failed(step: Job, why: string): void {
    this.#end(this.#row(step), { kind: 'failed', text: sanitiseLine(why) });
  }

  skipped(step: Job, why: string): void {
    const row = this.#row(step);
    this.#end(row, { kind: 'skipped', text: `${row.title}  ${this.#style.paint.dim(sanitiseLine(why))}` });
  }

  /** The lines as they are now; `spin` moves the spinner on. */
  lines(spin: boolean): string[] {
    if (spin) this.#spinner.spin();
    const { dim } = this.#style.paint;
    for (const row of this.#rows.values()) {
      if (row.wrapper === null || row.startedAt === null || row.over) continue;
      const elapsed = dim(`${Math.floor((this.#now() - row.startedAt) / 1000)} s`);
      row.wrapper.task.title = `${row.title}  ${elapsed}${row.progress === '' ? '' : `  ${dim(row.progress)}`}`;
    }
    return this.#lists.flatMap(({ renderer }) => renderer.create().split('\n')).filter((line) => line !== '');
  }

  /** Ends what has not ended: running steps count as interrupted, waiting ones as not run. */
  async close(): Promise<void> {
    for (const row of this.#rows.values()) {
      if (row.over) continue;
      const text = row.startedAt === null ? `${row.title}  ${this.#style.paint.dim('not run')}` : 'interrupted';
      this.#end(row, { kind: row.startedAt === null ? 'skipped' : 'failed', text });
    }
    await Promise.all(this.#lists.map((list) => list.finished));
  }

  #row(step: Job): Row {
    this.add([step]);
    const row = this.#rows.get(step.id);
    if (row === undefined) throw new Error(`step ${step.id} is not on the board`);
    return row;
  }

  #end(row: Row, outcome: Outcome): void {
    if (row.over) return;
    row.over = true;
    const { group } = row;
    if (group.startedAt !== null && group.rows.every((other) => other.over)) {
      group.title += `  ${this.#style.paint.dim(formatDuration(this.#now() - group.startedAt))}`;
      if (group.wrapper !== null) group.wrapper.task.title = group.title;
    }
    row.began.resolve();
    row.ended.resolve(outcome);
  }

  #run(tasks: readonly Task[]): void {
    const made: LineRenderer[] = [];
    class Recorded extends LineRenderer {
      constructor(...given: ConstructorParameters<typeof LineRenderer>) {
        super(...given);
        made.push(this);
      }
    }
    const list = new Listr<undefined, typeof LineRenderer, typeof LineRenderer>([...tasks], {
      concurrent: true,
      exitOnError: false,
      registerSignalListeners: false,
      renderer: Recorded,
      rendererOptions: this.#look(),
    });
    const finished = list.run();
    for (const renderer of made) this.#lists.push({ renderer, finished });
  }

  #look(): ListrDefaultRendererOptions {
    const { symbols, paint } = this.#style;
    return {
      collapseErrors: false,
      collapseSkips: true,
      spinner: this.#spinner,
      icon: {
        [Level.COMPLETED]: symbols.done,
        [Level.COMPLETED_WITH_FAILED_SUBTASKS]: symbols.failed,
        [Level.FAILED]: symbols.failed,
        [Level.FAILED_WITH_FAILED_SUBTASKS]: symbols.failed,
        [Level.OUTPUT]: symbols.detail,
        [Level.PENDING]: symbols.detail,
        [Level.SKIPPED_WITH_COLLAPSE]: symbols.skipped,
        [Level.WAITING]: symbols.waiting,
      },
      color: {
        [Level.COMPLETED]: paint.green,
        [Level.COMPLETED_WITH_FAILED_SUBTASKS]: paint.red,
        [Level.FAILED]: paint.red,
        [Level.FAILED_WITH_FAILED_SUBTASKS]: paint.red,
        [Level.PENDING]: paint.yellow,
        [Level.SKIPPED_WITH_COLLAPSE]: paint.yellow,
        [Level.WAITING]: paint.dim,
      },
    };
  }
}

/** A task that waits for its step's events. listr2 counts it as started from the first, so it is put back to waiting. */
function rowTask(row: Row): Task {
  return {
    title: row.title,
    task: async (_context, wrapper): Promise<void> => {
      row.wrapper = wrapper;
      wrapper.task.state$ = ListrTaskState.WAITING;
      await row.began.promise;
      wrapper.task.state$ = ListrTaskState.STARTED;
      const outcome = await row.ended.promise;
      if (outcome.kind === 'done') wrapper.title = outcome.text;
      else wrapper.title = row.title;
      if (outcome.kind === 'skipped') wrapper.skip(outcome.text);
      if (outcome.kind === 'failed') throw new Error(outcome.text);
    },
  };
}

function groupTask(group: Group): Task {
  return {
    title: group.title,
    task: (_context, wrapper): Listr<undefined, typeof LineRenderer, typeof LineRenderer> => {
      group.wrapper = wrapper;
      wrapper.task.title = group.title;
      // As wrapper.newListr() does, but with types.
      return new Listr(group.rows.map(rowTask), { concurrent: true, exitOnError: false }, wrapper.task);
    },
  };
}

/** Carries out the host's part of live changes: looks whether a step is needed, acts, and says what could not be done. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AiVmError } from '../model/errors.ts';
import { sameSide } from '../model/host-side.ts';
import { EMPTY_LIVE, type HostAct, type HostCheck, type HostStep, type LivePart } from '../model/live.ts';
import { isObject } from '../qemu/qmp-wire.ts';
import type { Monitor } from '../qemu/qmp.ts';
import { parseUsernet } from '../qemu/usernet.ts';

/** The parts of all resources as one. */
export function joinLive(parts: readonly Partial<LivePart>[]): LivePart {
  const all = parts.map((part) => ({ ...EMPTY_LIVE, ...part }));
  return {
    host: all.flatMap((part) => part.host),
    guest: all.flatMap((part) => part.guest),
    vcpus: all.find((part) => part.vcpus !== null)?.vcpus ?? null,
    settled: all.flatMap((part) => part.settled),
  };
}

const list = (value: unknown): Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.filter((each) => isObject(each)) : [];

/** Whether it is so now. */
export async function holds(qmp: Monitor, check: HostCheck): Promise<boolean> {
  switch (check.is) {
    case 'there': {
      const path = check.what === 'device' ? '/machine/peripheral' : '/objects';
      return list(await qmp.execute('qom-list', { path })).some((item) => item['name'] === check.id);
    }
    case 'chardev':
      return list(await qmp.execute('query-chardev')).some((item) => item['label'] === check.id);
    case 'at-least':
    case 'at-most': {
      const value = await qmp.execute('qom-get', { path: check.path, property: check.property });
      return typeof value === 'number' && (check.is === 'at-least' ? value >= check.value : value <= check.value);
    }
    case 'not':
      return !(await holds(qmp, check.check));
    case 'both':
      return (await holds(qmp, check.checks[0])) && holds(qmp, check.checks[1]);
    case 'block-size': {
      const nodes = list(await qmp.execute('query-named-block-nodes', { flat: true }));
      const image = nodes.find((node) => node['node-name'] === check.node)?.['image'] as
        { 'virtual-size'?: unknown } | undefined;
      const size = image?.['virtual-size'];
      return typeof size === 'number' && size >= check.bytes;
    }
    case 'forwarded': {
      const { guest } = check;
      const forwards = parseUsernet(await qmp.hmp('info usernet'));
      return forwards.some((f) => sameSide(f, check) && (guest === undefined || f.guest === guest));
    }
  }
}

/** One step, unless it is so already. @throws AiVmError `host.port-taken`, `qmp.failed` */
export async function applyStep(qmp: Monitor, step: Omit<HostStep, 'late'>): Promise<void> {
  if (!(await holds(qmp, step.unless))) await act(qmp, step.title, step.act);
}

async function act(qmp: Monitor, title: string, what: HostAct): Promise<void> {
  if (what.via === 'qmp') {
    await qmp.execute(what.command, what.args);
    return;
  }
  const said = (await qmp.hmp(what.line)).trim();
  if (said === '' || (what.says !== undefined && said.includes(what.says))) return;
  const taken = said.startsWith('Could not set up host forwarding rule');
  throw new AiVmError(taken ? 'host.port-taken' : 'qmp.failed', `could not ${title}`, {
    why: said,
    ...(taken ? { fix: 'Another program has the port: ss -lnp shows which. Or declare another host port.' } : {}),
  });
}

/** What has to be there before anybody logs in, and what may follow. */
export function splitLive(part: LivePart): { readonly early: LivePart; readonly late: LivePart } {
  const is = (late: boolean) => (step: { readonly late?: boolean }) => (step.late === true) === late;
  return {
    early: { ...EMPTY_LIVE, host: part.host.filter(is(false)), guest: part.guest.filter(is(false)) },
    late: { ...part, host: part.host.filter(is(true)), guest: part.guest.filter(is(true)) },
  };
}

/**
 * @param fresh a machine that has nothing yet: no need to look before each step
 * @throws AiVmError `host.port-taken`, `qmp.failed`
 */
export async function applyHost(qmp: Monitor, part: LivePart, fresh: boolean): Promise<void> {
  for (const step of part.host) await (fresh ? act(qmp, step.title, step.act) : applyStep(qmp, step));
}

const LOOK = 10;
const PLUG_LOOK = 50;

/** What the guest has not done when its time (milliseconds) is over, for people: `take all of 8 GiB of memory`. */
export async function awaitSettled(
  qmp: Monitor,
  part: LivePart,
  patience: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const end = performance.now() + patience;
  let open = part.settled;
  for (;;) {
    const held = await Promise.all(open.map(({ check }) => holds(qmp, check)));
    open = open.filter((_, n) => !held[n]);
    if (open.length === 0 || performance.now() > end) return open.map(({ title }) => title);
    await sleep(LOOK, undefined, { signal });
  }
}

/** Waits until the guest has plugged in what it was asked to. @returns whether it has, within the patience (milliseconds) */
export async function awaitPlugged(
  qmp: Pick<Monitor, 'execute'>,
  patience: number,
  signal: AbortSignal,
): Promise<boolean> {
  const end = performance.now() + patience;
  for (;;) {
    const devices = list(await qmp.execute('query-memory-devices'));
    const open = devices.filter(({ data }) => isObject(data) && Number(data['size']) < Number(data['requested-size']));
    if (open.length === 0) return true;
    if (performance.now() > end) return false;
    await sleep(PLUG_LOOK, undefined, { signal });
  }
}

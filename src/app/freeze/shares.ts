/** Shares of a machine that runs, taken away and given back: none of them can be part of a copy of its memory. */
import { rm } from 'node:fs/promises';
import { Agent } from '../../guest/agent.ts';
import { failedSteps, mountScriptOf } from '../../guest/settle.ts';
import { writeText } from '../../host/files.ts';
import { sanitise } from '../../host/untrusted.ts';
import type { Helper } from '../../model/boot.ts';
import { AiVmError } from '../../model/errors.ts';
import type { BootContext } from '../../model/resource.ts';
import { execa } from 'execa';
import { guestSettings } from '../../qemu/argv.ts';
import { Qmp } from '../../qemu/qmp.ts';
import { renderServeScript } from '../../qemu/script.ts';
import { unplugDevice } from '../../reconcile/adjust.ts';
import { applyHost, joinLive, splitLive } from '../../reconcile/live.ts';
import { RESOURCES } from '../../resources/index.ts';
import type { Context } from '../context.ts';
import { launchSpec } from '../launch.ts';
import { argumentsOf } from '../warm/shape.ts';

/** Mount points that are still there, and who is in the way. */
const UNMOUNT = `umount -a -t virtiofs,9p 2>/dev/null
while read -r _ target type _; do
  case $type in virtiofs | 9p) ;; *) continue ;; esac
  printf 'busy %s\\n' "$target"
  for p in /proc/[0-9]*; do
    case $(readlink "$p/cwd" 2>/dev/null) in
    "$target" | "$target"/*)
      read -r name <"$p/comm" && printf 'by %s (%s)\\n' "$name" "\${p#/proc/}"
      ;;
    esac
  done
done </proc/self/mounts
exit 0
`;

/**
 * The guest unmounts them, then the devices go: in this order, since QEMU does not survive one that is mounted.
 * @throws AiVmError `guest.agent` when one is in use: then all of them are as before
 */
export async function detachShares(boot: BootContext, signal: AbortSignal): Promise<void> {
  const { paths, vm } = boot;
  if (vm.shares.length === 0) return;
  const result = await new Agent(paths.agent).exec(['/bin/sh', '-s'], { input: UNMOUNT, signal });
  const said = sanitise(result.stdout.toString('utf8')).slice(0, 2000);
  if (/^busy /m.test(said)) {
    await mount(boot, signal);
    const busy = [...said.matchAll(/^busy (.*)$/gm)].map(([, target]) => target);
    const by = [...said.matchAll(/^by (.*)$/gm)].map(([, who]) => who);
    throw new AiVmError('guest.agent', `${vm.name} does not let go of ${busy.join(', ')}`, {
      vm: vm.name,
      why: by.length > 0 ? `In there: ${by.slice(0, 5).join(', ')}.` : 'A program in the guest has a file in it open.',
      fix: 'Leave the directory in the guest, or end the program, and try again.',
    });
  }
  const [control, events] = [
    await Qmp.connect(paths.qmp.control, { signal }),
    await Qmp.connect(paths.qmp.events, { signal }),
  ];
  try {
    for (const [id, chardev] of await shareDevices(control)) {
      await unplugDevice({ vm: vm.name, control, events, signal }, id, `let go of the share at ${id}`);
      await control.execute('chardev-remove', { id: chardev });
    }
  } finally {
    control.close();
    events.close();
  }
}

/** Devices of virtiofs shares, with the chardev of each. */
async function shareDevices(qmp: Qmp): Promise<[id: string, chardev: string][]> {
  const items = await qmp.execute('qom-list', { path: '/machine/peripheral' });
  const named = (Array.isArray(items) ? items : []) as { readonly name?: unknown; readonly type?: unknown }[];
  return named.flatMap(({ name, type }) => {
    const index = typeof name === 'string' && String(type).includes('vhost-user-fs') ? /^share(\d+)$/.exec(name) : null;
    return index ? [[`share${index[1]}`, `fs${index[1]}`] as [string, string]] : [];
  });
}

/** `served`: its servers run already. `setClock`: it has stood still for longer than it takes to copy it. */
interface Attaching {
  readonly served?: boolean;
  readonly setClock?: boolean;
}

/**
 * Serves, attaches and mounts what is not there.
 * @returns what could not be done, for people
 */
export async function attachShares(
  context: Context,
  boot: BootContext,
  signal: AbortSignal,
  { served = false, setClock = false }: Attaching = {},
): Promise<string[]> {
  const { paths, vm } = boot;
  if (vm.shares.length === 0) return setClock ? mount(boot, signal, Date.now()) : [];
  const qmp = await Qmp.connect(paths.qmp.control, { signal });
  try {
    const there = new Set((await shareDevices(qmp)).map(([id]) => id));
    const { machine } = argumentsOf(boot, new Map());
    // A server ends with its device: those of devices that are there still run.
    const helpers = machine.helpers.filter(
      ({ socket }) => !there.has(socket.replace(/^.*\/fs(\d+)\.sock$/, 'share$1')),
    );
    if (!served && helpers.length > 0) await serveShares(context, boot, helpers, signal);
    const live = splitLive(joinLive(RESOURCES.map((r) => r.live?.(r.desired({ ...vm, ports: [] }), boot) ?? {}))).early;
    await applyHost(qmp, live, false);
  } finally {
    qmp.close();
  }
  return mount(boot, signal, setClock ? Date.now() : undefined);
}

/** Starts servers of shares of a machine that runs. @throws AiVmError `share.refused` */
export async function serveShares(
  context: Context,
  boot: BootContext,
  helpers: readonly Helper[],
  signal: AbortSignal,
): Promise<void> {
  const { paths, vm } = boot;
  const script = renderServeScript(launchSpec(context, boot, { argv: [], directories: [], helpers }));
  await writeText(paths.warmScript, script, 0o700);
  try {
    const { exitCode, stderr } = await execa('sh', [paths.warmScript], {
      ...{ reject: false, cancelSignal: signal, stdin: 'ignore' },
    });
    if (exitCode === 0) return;
    throw new AiVmError('share.refused', `a share of ${vm.name} could not be served`, { vm: vm.name, why: stderr });
  } finally {
    await rm(paths.warmScript, { force: true });
  }
}

async function mount(boot: BootContext, signal: AbortSignal, now?: number): Promise<string[]> {
  const script = mountScriptOf(guestSettings(argumentsOf(boot, new Map()).parts), now);
  const result = await new Agent(boot.paths.agent).exec(['/bin/sh', '-s'], { input: script.text, signal });
  return failedSteps(result.stdout.toString('utf8'), script).map((step) => step.title);
}

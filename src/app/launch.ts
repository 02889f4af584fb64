/** Everything that the start script of a machine holds. */
import { runDirs } from '../host/paths.ts';
import type { LaunchSpec } from '../model/launch.ts';
import type { BootContext } from '../model/resource.ts';
import { formatBytes } from '../model/units.ts';
import type { MachineArguments } from '../qemu/argv.ts';
import type { Context } from './context.ts';
import { gatewayLaunch } from './network/launch.ts';
import { hostAlias } from './identity.ts';
import { portText } from './ps.ts';

/** What the machine is, for whoever opens the script. */
function documentation({ vm, host, sshPort, bundle, paths, identity }: BootContext): (readonly [string, string])[] {
  const features = [
    host.accelerator.accelerator,
    ...(vm.overlay ? ['overlay (clean at every boot)'] : []),
    ...(vm.audio ? [`audio (${vm.audio.driver})`] : []),
    ...(vm.desktop ? [`desktop (${vm.desktop.width}x${vm.desktop.height})`] : []),
    ...vm.agents.map((agent) => agent.name),
  ];
  return [
    ['Machine', vm.name],
    ['RAM', formatBytes(vm.memory)],
    ['CPU', `${vm.cpus} vCPUs`],
    ['Storage', `${formatBytes(vm.storage)}, thin`],
    ['Image', `${bundle.manifest.versions.distribution}, kernel ${bundle.manifest.versions.kernel}`],
    ['Features', features.join(', ')],
    ...vm.shares.map(
      (share) =>
        ['Share', `${share.path} at ${share.target}, ${share.mode === 'ro' ? 'read-only' : 'read-write'}`] as const,
    ),
    ...vm.ports.map((port) => ['Port', portText(port)] as const),
    [
      'SSH',
      `ssh -p ${sshPort} -i ${paths.privateKey} -o UserKnownHostsFile=${paths.knownHosts} -o HostKeyAlias=${hostAlias(identity.uuid)} ${vm.users[0]!}@127.0.0.1`,
    ],
  ];
}

/** What a machine that is restored begins with, instead of booting. */
export interface Incoming {
  /** Its scratch disk is a copy of this one; null: it keeps the one that it has. */
  readonly scratch: string | null;
  /** Memory that QEMU inherits as an open file. */
  readonly memory?: { readonly path: string; readonly fd: number };
}

/** @param incoming null: it boots */
export function launchSpec(
  context: Context,
  boot: BootContext,
  machine: MachineArguments,
  incoming: Incoming | null = null,
): LaunchSpec {
  const { paths, vm } = boot;
  const { project } = context;
  const from = incoming?.scratch ? { from: incoming.scratch } : {};
  return {
    vm: vm.name,
    uuid: boot.identity.uuid,
    documentation: documentation(boot),
    lock: project.paths.lock,
    runDirs: runDirs(project.paths, paths, project.env),
    pidFile: paths.pidFile,
    qmpControl: paths.qmp.control,
    serialLog: paths.serialLog,
    serialWindow: paths.serialWindow,
    qemuLog: paths.qemuLog,
    qemuWindow: paths.qemuWindow,
    helperPids: paths.helpers,
    disk: vm.overlay ? `${boot.bundle.dir}/${boot.bundle.manifest.disk.file}` : paths.disk,
    scratch: vm.overlay && incoming?.scratch !== null ? { path: paths.scratch, size: vm.storage, ...from } : null,
    audioWav: vm.audio && vm.audio.driver === 'wav' ? (vm.audio.path ?? paths.audioWav) : null,
    grant: [...(vm.overlay ? [] : [paths.disk]), paths.credentials],
    runAs: boot.runAs,
    helpers: machine.helpers,
    attachedLater: boot.start !== 'cold',
    directories: machine.directories,
    none: boot.slots > 0 ? paths.none : null,
    ...(vm.network && { gateway: gatewayLaunch(context, vm, vm.network) }),
    qemu: boot.host.qemu.binary,
    argv: [...machine.argv, ...(incoming ? ['-incoming', 'defer'] : [])],
    ...(incoming?.memory ? { inherited: incoming.memory } : {}),
  };
}

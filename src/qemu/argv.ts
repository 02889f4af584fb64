/** Puts a machine's QEMU command line together from the parts of its resources. Pure: no probing, no warnings, no exits. */
import { ROOT_PORTS } from '../model/chassis.ts';
import type { BootPart, GuestSettings } from '../model/boot.ts';
import type { BootContext } from '../model/resource.ts';

/** Id of the guest agent's port: VSERPORT_CHANGE is sent only for a port that has one. */
export const AGENT_PORT = 'agent0';

/** In a `key=value,…` argument a comma is written twice. */
const option = (value: string): string => value.replaceAll(',', ',,');

const monitor = (id: string, path: string): string[] => [
  ...['-chardev', `socket,id=${id},path=${option(path)},server=on,wait=off`],
  ...['-mon', `chardev=${id},mode=control`],
];

/** A window that is closed would end the machine. */
const displayOf = ({ desktop }: BootContext['vm'], { window }: BootContext['host']): string =>
  desktop === false || window === null ? 'none' : `${window},window-close=off`;

/** What every machine has, whatever the file says. `virtio` devices get no option ROMs: the kernel is booted directly. */
function base({ vm, paths, identity, host }: BootContext): string[] {
  const kvm = host.accelerator.accelerator === 'kvm';
  return [
    ...['-name', `guest=${vm.name},process=ai-vm-${vm.name}`.slice(0, 200)],
    ...['-uuid', identity.uuid],
    ...['-nodefaults', '-no-user-config', '-display', displayOf(vm, host)],
    ...['-machine', `q35,memory-backend=ram0,vmport=off,smbus=off,sata=off,usb=off,hpet=off`],
    ...['-accel', kvm ? 'kvm' : 'tcg,thread=multi,tb-size=512'],
    // QEMU cannot start programs or raise its privileges; a guest that takes it over finds neither.
    ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    ...['-pidfile', paths.pidFile],
    ...monitor('qmp-control', paths.qmp.control),
    ...monitor('qmp-events', paths.qmp.events),
    ...monitor('qmp-read0', paths.qmp.read[0]),
    ...monitor('qmp-read1', paths.qmp.read[1]),
    // Its log is a file that the kernel keeps from growing, so that a guest that floods its console fills no disk: host/logs.ts.
    ...[
      '-chardev',
      `socket,id=serial0,path=${option(paths.serial)},server=on,wait=off,logfile=${option(paths.serialWindow)},logappend=on`,
    ],
    ...['-serial', 'chardev:serial0'],
    ...['-device', 'virtio-rng-pci,id=rng0'],
    ...['-device', 'vmgenid,guid=auto'],
    ...['-device', 'virtio-serial-pci,id=serial-bus0,max_ports=4'],
    ...['-chardev', `socket,id=agent,path=${option(paths.agent)},server=on,wait=off`],
    ...ROOT_PORTS.flatMap((id, n) => ['-device', `pcie-root-port,id=${id},chassis=${n + 1},slot=${n + 1}`]),
    ...['-device', `virtserialport,id=${AGENT_PORT},chardev=agent,name=org.qemu.guest_agent.0`],
  ];
}

/** Parameters of a quick, quiet boot with the console on the serial port. */
const PARAMS = ['console=ttyS0', 'root=/dev/vda', 'rw', 'quiet', 'systemd.show_status=0'];

/** What the resources want of the guest, as one description. */
export const guestSettings = (parts: readonly BootPart[]): GuestSettings => ({
  mounts: parts.flatMap((part) => part.guest.mounts),
  users: parts.flatMap((part) => part.guest.users),
  files: parts.flatMap((part) => part.guest.files),
});

export interface MachineArguments {
  readonly argv: readonly string[];
  readonly helpers: BootPart['helpers'];
  readonly directories: BootPart['directories'];
}

/**
 * @param parts what the resources add, in their order
 * @param credentials fw_cfg name → absolute path of the file
 */
export function machineArguments(
  context: BootContext,
  parts: readonly BootPart[],
  credentials: ReadonlyMap<string, string>,
): MachineArguments {
  // On the disk of a copy is the id of the machine that it was copied from, which a credential does not replace.
  const own = context.identity.parent === undefined ? [] : [`systemd.machine_id=${context.identity.machineId}`];
  const params = [...PARAMS, ...own, ...parts.flatMap((p) => p.params)];
  const fwCfg = [...credentials].flatMap(([name, path]) => ['-fw_cfg', `name=${name},file=${option(path)}`]);
  return {
    argv: [...base(context), ...parts.flatMap((p) => p.argv), ...['-append', [...new Set(params)].join(' ')], ...fwCfg],
    helpers: parts.flatMap((p) => p.helpers),
    directories: parts.flatMap((p) => p.directories),
  };
}

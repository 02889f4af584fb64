/**
 * One of the two ways in for GuestSettings: systemd credentials, which QEMU hands over by fw_cfg and stock systemd
 * reads at boot. Nothing of ours runs in the guest. Pure: names and contents of files.
 * Source: systemd.system-credentials(7), fstab(5), tmpfiles.d(5), sysusers.d(5).
 */
import type { GuestFile, GuestMount, GuestSettings, GuestUser } from '../model/boot.ts';

/** `-fw_cfg` names are at most 55 bytes, and this prefix takes 27 of them. */
export const FW_CFG_PREFIX = 'opt/io.systemd.credentials/';

/** Name of the credential → its content. At most six: more than 16 fw_cfg files abort QEMU. */
export type Credentials = ReadonlyMap<string, string>;

/** The escapes of fstab, and of /proc/self/mounts, for what separates their fields. */
export const fstabField = (text: string): string =>
  text.replaceAll(/[\\\s]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);

/** `nofail`: a mount that fails must not leave the guest in emergency mode. */
const fstabLine = (mount: GuestMount): string =>
  [mount.tag, fstabField(mount.target), mount.type, [...mount.options, 'nofail'].join(','), '0', '0'].join(' ');

/** A field of a tmpfiles.d line: specifiers doubled, the rest in double quotes with C escapes. */
const tmpfilesField = (text: string): string =>
  `"${text.replaceAll('%', '%%').replaceAll(/[\\"\n\t]/g, (c) => ({ '\\': '\\\\', '"': '\\"', '\n': '\\n', '\t': '\\t' })[c]!)}"`;

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

function tmpfilesFile(file: GuestFile): string {
  if (file.after !== undefined) return tmpfilesCopy(file, file.after);
  // `f+` writes it anew at every boot; `~` says that the content is base64. An empty file has no content field.
  const type = file.content === '' ? 'f+' : 'f+~';
  return [type, tmpfilesField(file.path), file.mode, file.owner, file.group, '-', base64(file.content)]
    .join(' ')
    .trim();
}

/** A copy, once where it stays, and the text behind it. */
function tmpfilesCopy({ path, mode, owner, group, content }: GuestFile, after: string): string {
  const field = tmpfilesField(path);
  return `C ${field} ${mode} ${owner} ${group} - ${after}\nw+~ ${field} - - - - ${base64(`\n${content}`)}`;
}

/** A home made from /etc/skel once, and the key that opens it. The directory's contents belong to the user from then on. */
function tmpfilesUser(user: GuestUser): string[] {
  const home = `/home/${user.name}`;
  const owner = { owner: user.name, group: user.name };
  const keys: GuestFile = {
    path: `${home}/.ssh/authorized_keys`,
    mode: '0600',
    ...owner,
    content: user.authorizedKeys.map((key) => `${key}\n`).join(''),
  };
  const sudo: GuestFile = {
    path: `/etc/sudoers.d/90-ai-vm-${user.name}`,
    mode: '0440',
    owner: 'root',
    group: 'root',
    content: `${user.name} ALL=(ALL:ALL) NOPASSWD: ALL\n`,
  };
  return [
    `d ${home} 0750 ${user.name} ${user.name} -`,
    ...['.bashrc', '.profile', '.bash_logout'].map(
      (file) => `C ${home}/${file} 0644 ${user.name} ${user.name} - /etc/skel/${file}`,
    ),
    `d ${home}/.ssh 0700 ${user.name} ${user.name} -`,
    tmpfilesFile(keys),
    ...(user.sudo ? [tmpfilesFile(sudo)] : []),
  ];
}

const sysusersUser = (user: GuestUser): string[] => [
  `u ${user.name} ${user.uid} "${user.name}" /home/${user.name} /bin/bash`,
  ...user.groups.map((group) => `m ${user.name} ${group}`),
];

const lines = (list: readonly string[]): string => list.map((line) => `${line}\n`).join('');

/** What systemd-sysusers reads. */
export const sysusersOf = (users: readonly GuestUser[]): string => lines(users.flatMap(sysusersUser));

/**
 * @param machineId 32 hex digits
 */
export function credentials(settings: GuestSettings, machineId: string): Credentials {
  const files = settings.files.map(tmpfilesFile);
  return new Map([
    ['system.machine_id', machineId],
    ['sysusers.extra', sysusersOf(settings.users)],
    ['tmpfiles.extra', lines([...settings.users.flatMap(tmpfilesUser), ...files])],
    ['fstab.extra', lines(settings.mounts.map(fstabLine))],
  ]);
}

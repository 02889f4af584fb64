/**
 * The other way in for GuestSettings: a machine that was restored from a template is told who it is by one shell script.
 * The same stock tools read the same texts as at a boot. Pure: the text of scripts for POSIX sh, run as root in the guest.
 */
import type { GuestFile, GuestMount, GuestSettings, GuestUser } from '../model/boot.ts';
import type { GuestStep } from '../model/live.ts';
import { AWAIT_SSHD, SSHD_PID } from '../model/sshd.ts';
import { credentials, fstabField } from './credentials.ts';
import { FORGET_LISTS, makeUsers, prepareUsers } from './settle-users.ts';
import { shellQuote as q, write } from './shell.ts';
import { DIR, feed, fed, FILES_PIPE, LET_GO, LINK_PIPE, PIPES } from './waiting.ts';

/** sshd reads its configuration from here when it starts in a template: a pipe until it has done so, then a link. */
const SSH_CONFIG = `${DIR}/sshd_config`;
const HOST_KEY = '/etc/ssh/ssh_host_ed25519_key';

/**
 * Makes a booted guest ready to become another one. Ends only when it has come to rest. What every clone runs at once is read in
 * beforehand; sshd is started up to the point where it reads its configuration. On the disk it has no machine id: a copy that is cut off before
 * its own has reached the disk takes it from its credentials when it boots.
 */
export const prepare = (users: readonly GuestUser[]): string => `set -e
systemctl is-system-running --wait >/dev/null || :
for module in virtio_mem virtiofs fuse 9pnet_virtio 9p; do modprobe "$module" 2>/dev/null || :; done
mkdir -m 700 ${DIR} ${DIR}/credentials
mkfifo -m 600 ${PIPES.settle} ${PIPES.grow} ${DIR}/${FILES_PIPE} ${DIR}/${LINK_PIPE} ${SSH_CONFIG}
systemctl is-active -q ssh.service && systemctl stop ssh.service
rm -f ${HOST_KEY} ${HOST_KEY}.pub
mkdir -p /run/systemd/system/ssh.service.d
cat >/run/systemd/system/ssh.service.d/10-ai-vm.conf <<'END'
[Unit]
ConditionPathExists=
[Service]
TimeoutStartSec=infinity
END
# It waits in the middle of its start, for its configuration: all that it needs besides is in memory by then.
sshd=$(systemctl show --property=ExecStart --value ssh.service | sed -n 's/.*argv\\[\\]=\\(.*[^ ]\\) *; ignore_errors.*/\\1/p')
[ -n "$sshd" ]
printf 'ExecStart=\\nExecStart=/bin/sh -c "[ -e ${HOST_KEY} ] || exec %s -f ${SSH_CONFIG}; exec %s"\\n' "$sshd" "$sshd" \\
  >>/run/systemd/system/ssh.service.d/10-ai-vm.conf
systemctl daemon-reload
systemctl start --no-block ssh.service
${prepareUsers(users)}: >/etc/machine-id
sync
echo 3 >/proc/sys/vm/drop_caches
cat /usr/sbin/sshd /usr/lib/openssh/sshd-session /usr/lib/openssh/sshd-auth /usr/bin/mount /usr/bin/sudo /usr/bin/bash \\
  >/dev/null 2>&1 || :
CREDENTIALS_DIRECTORY=${DIR}/credentials systemd-sysusers /dev/null
CREDENTIALS_DIRECTORY=${DIR}/credentials systemd-tmpfiles --create --boot provision.conf || :
/usr/sbin/sshd -t 2>/dev/null || :
date >/dev/null
ip link >/dev/null
mv --version >/dev/null
`;

interface OwnStep extends GuestStep {
  /** Nothing after it needs it: under emulation each program takes a processor for a while. */
  readonly beside?: boolean;
}

/** What a clone needs to be itself, besides its settings. */
export interface Self {
  readonly hostname: string;
  /** 32 hex digits. */
  readonly machineId: string;
  /** `52:54:00:…` */
  readonly mac: string;
  /** OpenSSH host key: the private half, and the public one as one line. */
  readonly hostKey: string;
  readonly hostKeyPublic: string;
  /** Random bytes of the host, base64. */
  readonly seed: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Attached devices appear in the guest a moment later. */
export const mountScript = ({ tag, target, type, options }: GuestMount): string =>
  `[ -d ${q(target)} ] || mkdir -p -- ${q(target)}
tries=0
until mount -t ${type} -o ${q(options.join(','))} -- ${q(tag)} ${q(target)} 2>/dev/null || mountpoint -q -- ${q(target)}; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || break
  sleep 0.05
done
[ "$tries" -lt 100 ]`;

/** The mounts as steps, outer mount points first. */
export const mountSteps = (settings: GuestSettings, script = mountScript): GuestStep[] =>
  [...settings.mounts]
    .sort((a, b) => (a.target < b.target ? -1 : 1))
    .map((mount) => ({ title: `mount ${mount.target}`, script: script(mount) }));

/** What sshd reads when it starts: it does not wait for the program that writes the others. All are root's alone. */
const ofSshd = ({ files }: GuestSettings): readonly GuestFile[] =>
  files.filter(({ path, mode, owner }) => path.startsWith('/etc/ssh/') && mode === '0600' && owner === 'root');

const FSTAB = `${DIR}/fstab`;

/** Several shares by one program. Whatever it could not mount is mounted by its own step, which also tells of it. */
function togetherSteps(settings: GuestSettings): GuestStep[] {
  const { mounts } = settings;
  if (mounts.length < 2) return mountSteps(settings);
  const line = ({ tag, target, type, options }: GuestMount): string =>
    [fstabField(tag), fstabField(target), type, fstabField([...options, 'X-mount.mkdir'].join(',')), '0', '0\n'].join(
      ' ',
    );
  const sorted = [...mounts].sort((a, b) => (a.target < b.target ? -1 : 1));
  const together: GuestStep = {
    title: 'mount its shares',
    script: `${write(sorted.map(line).join(''), FSTAB)}
together=
mount -a -T ${FSTAB} 2>/dev/null &&
together=yes || :`,
  };
  const alone = mountSteps(settings, (mount) => `[ -n "$together" ] || {\n${mountScript(mount)}\n}`);
  return [together, ...alone];
}

/** Words of `ip`, up to the address itself. */
const ADDRESS = 'link set dev eth0 address';

/** Lines of tmpfiles.d, without what is written for sshd, which reads it meanwhile. */
function filesOf(settings: GuestSettings, self: Self): string {
  const sshd = new Set(ofSshd(settings));
  const rest = { ...settings, files: settings.files.filter((file) => !sshd.has(file)) };
  // From its next start on sshd reads what it reads everywhere.
  return `L+ ${SSH_CONFIG} - - - - /etc/ssh/sshd_config\n${credentials(rest, self.machineId).get('tmpfiles.extra') ?? ''}`;
}

/**
 * Its address first, for what is sent to the old one is lost when it has another; then what others wait for, and what takes longest: files
 * belong to users, and SSH needs none of them; then what makes this machine itself.
 */
function ownSteps(settings: GuestSettings, self: Self): OwnStep[] {
  return [
    {
      title: 'announce its network address',
      script: `echo 1 >/proc/sys/net/ipv4/conf/eth0/arp_notify
${feed('link', LINK_PIPE, q(`${ADDRESS} ${self.mac}\n`))}`,
    },
    { title: 'make its users', script: makeUsers(settings.users) },
    { title: 'begin its files', script: `text=${q(filesOf(settings, self))}\n${feed('files', FILES_PIPE, '"$text"')}` },
    {
      title: 'set its SSH host key',
      script: `umask 077
${write(self.hostKey, HOST_KEY)} &&
${ofSshd(settings)
  .map(({ path, content }) => `${write(content, q(path))} &&\n`)
  .join('')}umask 022 &&
${write(`${self.hostKeyPublic}\n`, `${HOST_KEY}.pub`)} &&
{ [ ! -p ${SSH_CONFIG} ] || echo 'Include /etc/ssh/sshd_config' 1<>${SSH_CONFIG}; } &&
if [ -s ${SSHD_PID} ]; then read -r pid <${SSHD_PID} && : >${SSHD_PID} && kill -HUP "$pid" && again=yes; fi`,
    },
    { ...clockStep(self.now), beside: true },
    { title: 'set its random state', script: `echo ${q(self.seed)} >/dev/urandom` },
    { title: 'set its name', script: `echo ${q(self.hostname)} >/proc/sys/kernel/hostname` },
    { title: 'set its machine id', script: `echo ${q(self.machineId)} >/etc/machine-id` },
  ];
}

const FILES_CREDENTIAL = `${DIR}/credentials/tmpfiles.extra`;

/** Begun long before. */
const WRITTEN: OwnStep = {
  title: 'write its files',
  script: fed(
    'files',
    `printf %s "$text" >${FILES_CREDENTIAL} &&
CREDENTIALS_DIRECTORY=${DIR}/credentials systemd-tmpfiles --create --boot provision.conf
code=$?
printf '' >${FILES_CREDENTIAL}
[ $code = 0 ]`,
  ),
};

/** What else waits has had the time of all that is between. */
const lastSteps = ({ mac }: Self): OwnStep[] => [
  { title: 'set its network address', script: fed('link', `ip ${ADDRESS} ${q(mac)}`) },
  // A copy of a machine whose sshd runs must not be met with the key of the other one.
  { title: 'take up its SSH host key', script: `[ -z "\${again:-}" ] || {\n${AWAIT_SSHD}\n}` },
  { title: 'let its system go on', script: LET_GO },
];

/** What is mounted there lies over what is written. */
const isOverFiles = ({ mounts, users, files }: GuestSettings): boolean =>
  mounts.some(({ target }) =>
    [...users.map(({ name }) => `/home/${name}/.ssh`), ...files.map(({ path }) => path)].some((path) =>
      `${path}/`.startsWith(`${target}/`),
    ),
  );

const vital = (steps: readonly OwnStep[]): OwnStep[] => steps.map((step) => ({ ...step, vital: true }));

/** How the script names a step that failed, and its own end, on stdout. */
const FAILED = 'ai-vm-failed';
const DONE = 'ai-vm-done';

export interface Script {
  readonly text: string;
  readonly steps: readonly GuestStep[];
}

/** The steps in order, but for those that run beside the ones after them. One that fails is named and does not stop the others. */
function scriptOf(steps: readonly OwnStep[]): Script {
  const parts = steps.map(
    ({ script, beside }, n) => `{ ${script.trimEnd()}\n} || echo ${FAILED} ${n}${beside ? ' &' : ''}\n`,
  );
  const wait = steps.some(({ beside }) => beside) ? 'wait\n' : '';
  return { text: `exec 2>&1\n${parts.join('')}${wait}echo ${DONE}\n`, steps };
}

/** Who the machine is, and its shares. */
export function settleScript(settings: GuestSettings, self: Self, more: readonly GuestStep[]): Script {
  const own = vital(ownSteps(settings, self));
  const mounts = togetherSteps(settings);
  const written = vital([WRITTEN]);
  const shares = isOverFiles(settings) ? [...written, ...mounts] : [...mounts, ...written];
  return scriptOf([...own, ...shares, ...more, ...vital(lastSteps(self))]);
}

const clockStep = (now: number): GuestStep => ({
  title: 'set its clock',
  script: `date -s @${(now / 1000).toFixed(3)} >/dev/null`,
});

/**
 * Its shares alone: given back to a machine from which they were taken. What is mounted already is left alone: a second mount would
 * lie over the first.
 * @param now milliseconds since 1970, where time has passed
 */
export const mountScriptOf = (settings: GuestSettings, now?: number): Script => {
  const ifMissing = (mount: GuestMount): string => `mountpoint -q -- ${q(mount.target)} || {\n${mountScript(mount)}\n}`;
  const steps = mountSteps(settings, ifMissing);
  return scriptOf([...(now === undefined ? [] : [clockStep(now)]), ...steps]);
};

/** What may follow when somebody can log in. The journal of the template ends where the machine's own begins. */
export const growScript = (more: readonly GuestStep[]): Script =>
  scriptOf([
    ...more,
    { title: 'forget the lists of its template', script: FORGET_LISTS, late: true },
    { title: 'begin its journal', script: 'systemctl restart --no-block systemd-journald.service', late: true },
  ]);

/**
 * Which of the steps have failed, by the script's output: all of them when it breaks off. What the guest says is only used to
 * pick from our own.
 */
export function failedSteps(output: string, { steps }: Script): readonly GuestStep[] {
  if (!new RegExp(`^${DONE}$`, 'm').test(output)) return steps;
  const named = new Set(
    [...output.matchAll(new RegExp(`^${FAILED} (\\d{1,4})$`, 'gm'))].map((found) => Number(found[1])),
  );
  return steps.filter((_, n) => named.has(n));
}

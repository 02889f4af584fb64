/**
 * The start script: the one way in which a machine is started, by `up` as by hand. It needs no Node, takes the project's
 * lock, starts the helpers and QEMU without privileges, and leaves nothing running when something fails. Pure.
 */
import { basename, dirname } from 'node:path/posix';
import { MAKE_NAMESPACE, SERVE } from '../host/namespace-script.ts';
import type { Helper, OpenDirectory } from '../model/boot.ts';
import { AiVmError } from '../model/errors.ts';
import { guestUid } from '../model/guest-user.ts';
import type { RunAs } from '../model/capabilities.ts';
import type { LaunchSpec } from '../model/launch.ts';
import { commentText, shellWord as q } from './script-quote.ts';
import {
  AWAIT_QEMU,
  CHANGED,
  DONE,
  END_GATEWAY,
  FUNCTIONS,
  GATEWAY,
  LAUNCH,
  LOG_WINDOW,
  SERVE_HELPER,
} from './script-text.ts';

/** Session variables that QEMU's sound drivers and its window need; nothing else of the environment reaches it. */
const SESSION =
  'HOME LANG XDG_RUNTIME_DIR PULSE_SERVER PULSE_COOKIE PULSE_RUNTIME_PATH PIPEWIRE_REMOTE DBUS_SESSION_BUS_ADDRESS DISPLAY XAUTHORITY WAYLAND_DISPLAY';

/**
 * What shellcheck would say of data that only looks like a mistake in code: `$` and quotes inside single quotes, a variable
 * that is set by name, letters that look like quotes or spaces.
 */
const QUIET = 'SC1003,SC1018,SC1110,SC1111,SC1112,SC2016,SC2154,SC3067';

/** Descriptors that a POSIX shell can open for QEMU: 0 to 2 are taken, 9 holds the lock, there are no more than 10. */
const DESCRIPTORS = [3, 4, 5, 6, 7, 8];

/**
 * The text of `start-<vm>.sh`: POSIX sh, exit codes 0 started or runs already (QEMU's pid on stdout), 1 failed, 75 locked.
 * `--locked` tells it that the caller holds the project's lock.
 * @throws AiVmError `share.refused` when there are more 9p shares than a shell has descriptors
 */
export function renderStartScript(spec: LaunchSpec): string {
  const { helpers } = spec;
  checkDescriptors(spec);
  const serve = helpers.length > 0 ? [helperSection(spec)] : [];
  return [
    header(spec),
    variables(spec),
    FUNCTIONS,
    ...(helpers.length + spec.directories.length > 0 ? [CHANGED] : []),
    ...(helpers.length > 0
      ? [MAKE_NAMESPACE, `serve_script=$(cat <<'END_OF_SERVE'\n${SERVE}END_OF_SERVE\n)\n`, SERVE_HELPER]
      : []),
    whoSection(spec),
    lockSection(),
    runSection(spec),
    diskSection(spec),
    grantSection(spec),
    // Each of the three takes a processor for a tenth of a second, and none of them needs the others to begin with.
    ...(spec.gateway ? [`${GATEWAY}\n${gatewaySection(spec)}`] : []),
    ...(spec.attachedLater ? [] : serve),
    ...spec.directories.map(directorySection),
    ...(spec.inherited ? [`exec ${spec.inherited.fd}<>${q(spec.inherited.path)}\n`] : []),
    `${qemuSection(spec)}${LAUNCH}${closeSection(spec)}`,
    ...(spec.attachedLater ? serve : []),
    `${AWAIT_QEMU}${spec.gateway ? 'await_gateway\n' : ''}${DONE}`,
  ].join('\n');
}

/**
 * The text of a script that serves the shares of a machine that runs, for which they were taken away: exit codes as of the
 * start script.
 */
export function renderServeScript(spec: LaunchSpec): string {
  return [
    header(spec),
    variables(spec),
    FUNCTIONS,
    CHANGED,
    MAKE_NAMESPACE,
    `serve_script=$(cat <<'END_OF_SERVE'\n${SERVE}END_OF_SERVE\n)\n`,
    SERVE_HELPER,
    whoSection(spec),
    `rm -f -- ${spec.helpers.map(({ socket }) => q(socket)).join(' ')}\n`,
    helperSection(spec),
    'done=1\n',
  ].join('\n');
}

/** The text of a script that starts the gateway of a machine that runs, in the place of one that has ended. */
export function renderGatewayScript(spec: LaunchSpec): string {
  return [
    header(spec),
    variables(spec),
    FUNCTIONS,
    whoSection(spec),
    GATEWAY,
    `${END_GATEWAY}${gatewaySection(spec)}await_gateway`,
    'done=1\n',
  ].join('\n');
}

/** Those that QEMU inherits. */
const descriptorsOf = ({ directories, inherited }: LaunchSpec): number[] =>
  [...directories, ...(inherited ? [inherited] : [])].map(({ fd }) => fd);

function checkDescriptors(spec: LaunchSpec): void {
  const fds = descriptorsOf(spec);
  if (fds.every((fd) => DESCRIPTORS.includes(fd)) && new Set(fds).size === fds.length) return;
  throw new AiVmError('share.refused', `at most ${DESCRIPTORS.length} shares can use 9p, ${fds.length} are declared`, {
    why: 'Each 9p share is a descriptor that QEMU inherits from the start script, and a POSIX shell has no more of them.',
    fix: 'Use virtiofs (`ai-vm doctor` says what it needs), or share a directory that contains several of them.',
    vm: spec.vm,
  });
}

function header({ vm, documentation }: LaunchSpec): string {
  const lines = documentation.map(([label, text]) => `#   ${commentText(label)}: ${commentText(text)}`.trimEnd());
  return [
    '#!/bin/sh',
    // Data stands in single quotes, whatever it looks like; `eval` reads variables whose names are ours.
    `# shellcheck disable=${QUIET}`,
    `# Starts the machine ${commentText(vm)} again, as \`ai-vm up\` last did; needs no Node. Written anew by each \`ai-vm up\`.`,
    '#',
    ...lines,
    'set -eu',
    'umask 077',
    'PATH=${PATH:-/usr/local/bin:/usr/bin:/bin}:/usr/sbin:/sbin',
    'export PATH',
    '',
  ].join('\n');
}

function variables(spec: LaunchSpec): string {
  const run = spec.runDirs.at(-1) ?? '';
  const values: (readonly [string, string])[] = [
    ['vm', spec.vm],
    ['uuid', spec.uuid],
    ['uid', String(spec.runAs.uid)],
    ['gid', String(spec.runAs.gid)],
    ['lock', spec.lock],
    ['run', run],
    ['pid_file', spec.pidFile],
    ['qmp', spec.qmpControl],
    ['start', `${run}.start`],
    ['serial_log', spec.serialLog],
    ['serial_window', spec.serialWindow],
    ['qemu_log', spec.qemuLog],
    ['qemu_window', spec.qemuWindow],
    ...(spec.helpers.length > 0
      ? [['helper_file', spec.helperPids] as const, ['guest_uid', String(guestUid(spec.runAs))] as const]
      : []),
    ['disk', spec.disk],
    ['log_window', String(LOG_WINDOW)],
  ];
  return `${values.map(([name, value]) => `${name}=${q(value)}`).join('\n')}\nme=$(id -u)\n`;
}

function whoSection({ runAs }: LaunchSpec): string {
  if (runAs.drop) {
    return `if [ "$me" != 0 ]; then die "this machine's project belongs to root: run this as root"; fi\n`;
  }
  return `if [ "$me" != "$uid" ]; then
  if [ "$me" = 0 ]; then
    exec setpriv --reuid="$uid" --regid="$gid" --init-groups --reset-env -- sh "$0" "$@"
  fi
  die "this machine belongs to user $uid"
fi
`;
}

function lockSection(): string {
  return `if [ "\${1-}" != --locked ]; then
  exec 9>>"$lock"
  if ! flock -n 9; then
    die "another command works on this project ($(head -c 200 -- "$lock" 2>/dev/null)): try again when it is done" 75
  fi
  printf '%s %s\\n' "$$" "start-$vm.sh" >"$lock"
fi
if pid=$(runs_already); then
  printf 'start-%s: runs already\\n' "$vm" >&2
  printf '%s\\n' "$pid"
  done=1
  exit 0
fi
`;
}

function runSection({ runDirs, runAs, none }: LaunchSpec): string {
  const above = runDirs.slice(0, -1).map((dir) => `own_dir ${q(dir)} ${runAs.drop ? '0711' : '0700'}`);
  return `${above.join('\n')}
find_log_begin "\${run%/*}"
if [ -d "$run" ] && [ ! -L "$run" ]; then
  keep_log "$serial_window" "$serial_log"
  keep_log "$qemu_window" "$qemu_log"
fi
rm -rf -- "$run"
own_dir "$run" 0700
if ! open_log "$serial_window"; then
  rm -f -- "$serial_window"
  ln -s /dev/null "$serial_window"
  printf 'start-%s: no serial log: the file system of %s cannot bound one\\n' "$vm" "$run" | printable >&2
fi
open_log "$qemu_window" || : >"$qemu_window"
${none === null ? '' : `mkdir -m 555 -- ${q(none)}\n`}`;
}

function diskSection({ scratch, audioWav }: LaunchSpec): string {
  const lines = [
    'magic=none',
    '[ -L "$disk" ] || magic=$(od -An -tx1 -N4 -- "$disk" 2>/dev/null) || :',
    `case $magic in *51*46*49*fb*) ;; *) die "$disk is not a qcow2 disk: run \\\`ai-vm up\\\`" ;; esac`,
  ];
  if (scratch) {
    // Nothing survives: the old file goes, with all that was in it.
    lines.push(
      `scratch=${q(scratch.path)}`,
      'rm -f -- "$scratch"',
      ...(scratch.from === undefined
        ? [
            `truncate -s ${scratch.size} -- "$scratch"`,
            'mke2fs -q -F -t ext4 -O ^has_journal -E lazy_itable_init=1,nodiscard,root_owner=0:0 -- "$scratch"',
          ]
        : [`cp --sparse=always -- ${q(scratch.from)} "$scratch"`, 'chmod 600 -- "$scratch"']),
    );
  }
  if (audioWav !== null) lines.push(`: >>${q(audioWav)}`);
  return `${lines.join('\n')}\n`;
}

function grantSection({ runAs, grant, scratch, audioWav }: LaunchSpec): string {
  if (!runAs.drop) return '';
  const files = [...grant, ...(scratch ? [scratch.path] : []), ...(audioWav === null ? [] : [audioWav])];
  return `# QEMU runs as user ${runAs.uid}: what it opens becomes theirs.
chown -hR "$uid:$gid" -- ${[...files].map(q).join(' ')}
# The directory last: from here on nothing in it is opened as root.
chown -h "$uid:$gid" -- "$serial_window" "$qemu_window" "$run"
`;
}

function helperSection({ helpers, runAs, vm }: LaunchSpec): string {
  if (runAs.subUid === null || runAs.subGid === null) throw new AiVmError('internal', `no subordinate ids for ${vm}`);
  const call = ({ tag, share, mode, socket, flavour, binary }: Helper): string =>
    `serve ${[tag, share.path, share.identity, mode, basename(socket), flavour, binary].map(q).join(' ')}`;
  return `mkdir -p "$run/fs"
make_namespace "$uid" "$gid" ${runAs.subUid} ${runAs.subGid} "$guest_uid" || die 'user namespaces cannot be used here any more: run \`ai-vm up\`'
${helpers.map(call).join('\n')}
kill "$holder" 2>/dev/null || :
holder=''
`;
}

function directorySection({ path, identity, fd }: OpenDirectory): string {
  return `share=${q(path)}
if ! { command exec ${fd}<"$share"; } 2>/dev/null; then changed "$share"; fi
[ "$(stat -L -c %d:%i /proc/self/fd/${fd})" = ${q(identity)} ] || changed "$share"
`;
}

/** QEMU's user and nothing beside; its code comes from a file that this user need not be able to reach. */
function gatewaySection({ gateway, runAs, vm }: LaunchSpec): string {
  if (!gateway) throw new AiVmError('internal', `${vm} has no gateway`);
  const settings = q(`AI_VM_GATEWAY=${JSON.stringify(gateway.settings)}`);
  return `gateway_code=${q(gateway.code)}
start_gateway ${privileges(runAs)} -- sh -c 'exec 2>>"$0"; exec "$@"' "$qemu_window" \\
  setsid env -i "PATH=$PATH" ${settings} \\
  ${q(gateway.node)} --max-old-space-size=256 --input-type=module - "$run"
`;
}

/** What only QEMU is to have. */
function closeSection(spec: LaunchSpec): string {
  const fds = descriptorsOf(spec).map((fd) => `${fd}<&-`);
  return fds.length > 0 ? `exec ${fds.join(' ')}\n` : '';
}

/** `setpriv` with what leaves a process no privileges. */
function privileges(runAs: RunAs): string {
  const groups = runAs.groups.length > 0 ? `--groups=${runAs.groups.join(',')}` : '--clear-groups';
  const drop = `--reuid="$uid" --regid="$gid" ${groups} --inh-caps=-all --bounding-set=-all --no-new-privs`;
  return `setpriv ${runAs.drop ? drop : '--no-new-privs'}`;
}

function qemuSection({ qemu, argv, runAs, vm, runDirs, helpers }: LaunchSpec): string {
  const run = runDirs.at(-1) ?? '';
  if (helpers.some((h) => dirname(h.socket) !== run))
    throw new AiVmError('internal', `a socket of ${vm} is not in ${run}`);
  const session = `for name in ${SESSION}; do
  eval "value=\\\${$name-}"
  if [ -n "$value" ]; then set -- "$name=$value" "$@"; fi
done
`;
  const monitor = `pipe,id=start,path=${run.replaceAll(',', ',,')}.start`;
  const words = [qemu, ...argv, '-chardev', monitor, '-mon', 'chardev=start,mode=control'];
  return `set -- \\\n${words.map((word) => `  ${q(word)}`).join(' \\\n')}
set -- ${privileges(runAs)} -- sh -c 'exec >>"$0" 2>&1; exec "$@"' "$qemu_window" "$@"
${runAs.drop ? '' : session}set -- setsid env -i "PATH=$PATH" "$@"
`;
}

/**
 * The part of a start script that is the same for every machine: shell functions, no data. POSIX sh with the tools of
 * coreutils and util-linux.
 */

/** How much of the serial console (and of what QEMU prints) is kept since the last start, in bytes. host/logs.ts has the same number. */
export const LOG_WINDOW = 4 * 1024 * 1024;

/** Checks, directories, logs. Variables of the machine: see script.ts. */
export const FUNCTIONS = `printable() { LC_ALL=C tr -d '\\000-\\010\\013-\\037\\177'; }

die() {
  printf 'start-%s: %s\\n' "$vm" "$1" | printable >&2
  exit "\${2:-1}"
}

own_dir() { # PATH MODE: makes it, or makes sure that it is a real directory of ours
  if [ ! -e "$1" ] && mkdir -m "$2" -- "$1" 2>/dev/null; then return 0; fi
  if [ -L "$1" ] || [ ! -d "$1" ] || [ ! -O "$1" ]; then
    die "$1 is not a directory of user $me: remove or rename it"
  fi
  chmod "$2" -- "$1"
}

runs_already() { # prints the pid of this machine's QEMU
  [ -f "$pid_file" ] || return 1
  read -r pid <"$pid_file" || :
  case $pid in '' | *[!0-9]*) return 1 ;; esac
  [ -r "/proc/$pid/cmdline" ] || return 1
  tr '\\000' '\\n' <"/proc/$pid/cmdline" | grep -qxF -e "$uuid" || return 1
  printf '%s\\n' "$pid"
}

# log_begin: a little below the end of the largest file that the file system of directory $1 can hold. A log that begins
# there is bounded by the kernel: QEMU cannot rotate its logs, and a process that did it would have to stay. Empty where it
# cannot be had.
find_log_begin() {
  log_begin=''
  kind=$(stat -f -c '%T %S' -- "$1")
  case $kind in
    'tmpfs '* | 'xfs '* | 'btrfs '*) log_begin=$((9223372036854775807 - log_window)) ;;
    'ext'* | 'overlayfs '*)
      # The largest file of ext4 has 2^32-1 blocks: tried, since an overlay may lie on anything.
      log_begin=$((4294967295 * \${kind##* } - log_window))
      if truncate -s "$((log_begin + log_window + 1))" -- "$1/.end-$$" 2>/dev/null; then
        log_begin=$((9223372036854775807 - log_window))
      fi
      rm -f -- "$1/.end-$$"
      ;;
  esac
}

keep_log() { # WINDOW HISTORY: what the last start has left is added to what is kept
  if [ -L "$1" ] || [ ! -s "$1" ]; then return 0; fi
  size=$(stat -c %s -- "$1")
  begin=0
  if [ -n "$log_begin" ] && [ "$size" -ge "$log_begin" ]; then begin=$log_begin; fi
  [ "$size" -gt "$begin" ] || return 0
  if [ -f "$2" ] && [ "$(stat -c %s -- "$2")" -gt "$log_window" ]; then mv -f -- "$2" "$2.1"; fi
  tail -c "$((size - begin))" -- "$1" >>"$2"
}

open_log() { # WINDOW: an empty file that takes log_window bytes and no more; fails where that cannot be had
  [ -n "$log_begin" ] && truncate -s "$log_begin" -- "$1" 2>/dev/null
}

last_lines() {
  tail -c 4000 -- "$1" 2>/dev/null | printable | tail -n 12 >&2
}

# Whatever ends this script before the machine runs leaves nothing behind.
qemu_pid='' helper_pids='' gateway_pid='' holder='' reader='' pipes='' done=''
finish() {
  code=$?
  trap '' EXIT HUP INT TERM
  for pid in $holder $reader; do kill "$pid" 2>/dev/null || :; done
  if [ -n "$pipes" ]; then rm -f -- "$start" "$start.in" "$start.out"; fi
  if [ -z "$done" ]; then
    for pid in $qemu_pid $helper_pids $gateway_pid; do kill -9 "$pid" 2>/dev/null || :; done
  fi
  exit "$code"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
`;

/** `serve TAG SHARE IDENTITY MODE SOCKET FLAVOUR BINARY`: one virtiofsd in the namespace that `make_namespace` made. */
export const SERVE_HELPER = `serve() {
  code=0
  cd "$2" 2>/dev/null || changed "$2"
  pid=$(in_namespace sh -c "$serve_script" serve "$run" "$3" "$4" "$5" "$guest_uid" "$6" "$7" "$qemu_window" "$helper_file" 9>&-) || code=$?
  cd /
  case $code in
    0) ;;
    3) changed "$2" ;;
    *)
      last_lines "$qemu_window"
      die "virtiofsd for the share $2 did not start"
      ;;
  esac
  helper_pids="$helper_pids $pid"
}
`;

export const CHANGED = `changed() { die "the share $1 is not the directory any more that \\\`ai-vm up\\\` judged: run \\\`ai-vm up\\\`"; }
`;

/**
 * Starts `"$@"` detached, with nothing of ours but its descriptors of directories. Its sockets are there before its devices are,
 * and a shell cannot talk to a socket; so one more monitor listens on a pipe: see {@link AWAIT_QEMU}.
 * The pipe lies beside the machine's directory, which may be another user's by now: there root opens and changes nothing.
 */
export const LAUNCH = `pipes=1
rm -f -- "$start" "$start.in" "$start.out"
mkfifo "$start.in" "$start.out"
if [ "$me" = 0 ]; then chown -h "$uid:$gid" "$start.in" "$start.out"; fi
cat <>"$start.out" >"$start" 9>&- &
reader=$!
(cd / && exec "$@") </dev/null 9>&- &
qemu_pid=$!
`;

/**
 * Waits until QEMU answers: it is told nonsense and complains of it once it has got as far as its main loop. It is never negotiated
 * with, so it sends no events.
 */
export const AWAIT_QEMU = `qemu_lives() {
  # One that has been killed is there until this shell looks after it, and may take a while to go.
  state=''
  { while read -r key state _ && [ "$key" != State: ]; do :; done <"/proc/$qemu_pid/status"; } 2>/dev/null || state=''
  case $state in '' | Z | X) ;; *) return 0 ;; esac
  last_lines "$qemu_window"
  die 'QEMU ended at its start; its last lines are above'
}

complains() {
  while read -r line; do
    case $line in *'"error"'*) return 0 ;; esac
  done <"$start"
  return 1
}

tries=0
until [ -S "$qmp" ] && complains; do
  qemu_lives
  tries=$((tries + 1))
  if [ "$tries" -gt 3000 ]; then die 'QEMU did not answer within 30 s'; fi
  sleep 0.01
  printf '{}\\n' 1<>"$start.in"
done
kill "$reader" 2>/dev/null || :
reader=''
`;

/** The machine runs, if QEMU has not ended while its gateway was started. */
export const DONE = `qemu_lives
done=1
printf '%s\\n' "$qemu_pid"
`;

/**
 * `start_gateway COMMAND…`: the process that plays the machine's network, with its code on stdin and its settings in the environment.
 * `await_gateway`: it says that it works by the socket that it makes; what it says otherwise is in QEMU's log.
 */
export const GATEWAY = `start_gateway() {
  (cd / && exec "$@") <"$gateway_code" >/dev/null 9>&- &
  gateway_pid=$!
}

await_gateway() {
  tries=0
  until [ -S "$run/gateway.sock" ]; do
    tries=$((tries + 1))
    # It has nobody to connect to then, or has ended for that.
    if [ -n "$qemu_pid" ]; then qemu_lives; fi
    if [ "$tries" -gt 3000 ] || ! kill -0 "$gateway_pid" 2>/dev/null; then
      last_lines "$qemu_window"
      die "the gateway of $vm did not start; QEMU's log has its last lines"
    fi
    sleep 0.01
  done
}
`;

/** One that hangs goes first. The file is not root's: whatever it is, nobody waits for it. */
export const END_GATEWAY = `pid=$(timeout 1 head -c 20 -- "$run/gateway.pid" 2>/dev/null) || pid=''
case $pid in
  '' | *[!0-9]*) ;;
  *)
    # It is known by its last word, which is this machine's directory.
    if tr '\\000' '\\n' <"/proc/$pid/cmdline" 2>/dev/null | tail -n 1 | grep -qxF -e "$run"; then
      kill -9 "$pid" 2>/dev/null || :
    fi
    ;;
esac
rm -f -- "$run/gateway.sock"
`;

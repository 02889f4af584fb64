/**
 * Shell functions that give a virtiofsd a user and mount namespace of its own. Used by the start script, which needs no
 * Node, and by the probe that finds out whether it works here. POSIX sh; no data in here, everything comes as arguments.
 */

/**
 * `make_namespace UID GID SUBUID SUBGID GUEST` sets `holder`, a process that keeps a new user namespace open for a minute.
 * In it 0 is SUBUID, and GUEST, the number of the guest's first user and group, is UID and GID. Nothing else is mapped: root of
 * the guest is nobody of importance on the host.
 */
export const MAKE_NAMESPACE = `make_namespace() {
  unshare --user -- sh -c 'exec sleep 60 2>&1' </dev/null >/dev/null 9>&- &
  holder=$!
  outer=$(readlink /proc/self/ns/user)
  tries=0
  while inner=$(readlink "/proc/$holder/ns/user" 2>/dev/null) || :; [ -z "$inner" ] || [ "$inner" = "$outer" ]; do
    tries=$((tries + 1))
    if [ "$tries" -gt 500 ] || ! kill -0 "$holder" 2>/dev/null; then return 1; fi
    sleep 0.01
  done
  if [ "$(id -u)" = 0 ]; then
    printf '0 %s 1\\n%s %s 1\\n' "$3" "$5" "$1" >"/proc/$holder/uid_map" &&
      printf '0 %s 1\\n%s %s 1\\n' "$4" "$5" "$2" >"/proc/$holder/gid_map"
  else
    newuidmap "$holder" 0 "$3" 1 "$5" "$1" 1 && newgidmap "$holder" 0 "$4" 1 "$5" "$2" 1
  fi
}

# in_namespace COMMAND…: as root of the holder's user namespace, with mounts, network and IPC of its own.
in_namespace() {
  setsid -w nsenter --user="/proc/$holder/ns/user" --setuid 0 --setgid 0 -- \\
    unshare --mount --net --ipc --propagation private -- "$@"
}
`;

/** The probe: `sh -c PROBE ai-vm UID GID SUBUID SUBGID GUEST`. */
export const PROBE_NAMESPACE = `${MAKE_NAMESPACE}
holder=''
trap 'kill "$holder" 2>/dev/null' EXIT
trap 'exit 1' TERM
make_namespace "$@" || exit 1
in_namespace sh -c 'mount -n -t tmpfs tmpfs /mnt && mkdir /mnt/a /mnt/b && mount -n --bind /mnt/a /mnt/b &&
  mount -n -o remount,bind,ro /mnt/b && chown "$1:$1" /mnt/a' probe "$5"
`;

/**
 * Runs inside the namespace, in the directory that is shared: `sh -c SERVE serve RUN IDENTITY MODE SOCKET GUEST FLAVOUR BINARY LOG
 * HELPERS`: what it says goes to LOG, pid and start time to HELPERS, opened here because root of the host must not open what lies
 * in a directory of the user's.
 * The working directory, not a path: root of the namespace may not pass through a directory whose group is not mapped, while
 * the user who came here may. Prints the pid of the virtiofsd once its socket can be connected to. The share is compared
 * after it is mounted: what was checked is what is served. Exit code 3: it is another object than the one that was judged.
 */
export const SERVE = `set -eu
umask 077
exec 2>>"$8"
stage=$1/fs helpers=$9
mount -n -t tmpfs -o size=256k,mode=0755 tmpfs "$stage"
mkdir "$stage/share" "$stage/sock"
mount -n -c --bind . "$stage/share"
cd /
[ "$(stat -c %d:%i "$stage/share")" = "$2" ] || exit 3
[ "$3" = rw ] || mount -n -o remount,bind,ro "$stage/share"
mount -n -c --bind "$1" "$stage/sock"
ulimit -n "$(ulimit -H -n)"
run=$1 socket=$4 guest=$5
case $6 in
  c)
    # It keeps a lock file in /run, where this user may not write: it gets a /run of its own.
    set -- unshare --mount -- sh -c 'mount -n --rbind "$1" /run && shift && exec "$@"' serve "$stage" \\
      "$7" -f --rlimit-nofile=0 --socket-path="/run/sock/$socket" -o source=/run/share \\
      -o sandbox=chroot -o no_writeback -o no_xattr -o no_posix_acl -o log_level=warn
    ;;
  *)
    set -- "$7" --rlimit-nofile=0 --socket-path="$stage/sock/$socket" --shared-dir="$stage/share" --sandbox=chroot \\
      --log-level=warn
    ;;
esac
env -i "PATH=$PATH" "$@" </dev/null >&2 &
pid=$!
tries=0
while [ ! -S "$stage/sock/$socket" ]; do
  tries=$((tries + 1))
  if [ "$tries" -gt 1000 ] || ! kill -0 "$pid" 2>/dev/null; then kill -9 "$pid" 2>/dev/null || :; exit 1; fi
  sleep 0.01
done
# When it began is the 22nd field; the name, which is the second, may hold anything.
read -r stat <"/proc/$pid/stat"
# shellcheck disable=SC2086 # Numbers.
set -- \${stat##*) }
printf '%s %s\\n' "$pid" "\${20}" >>"$helpers"
chown "$guest:$guest" "$run/$socket" "$helpers"
printf '%s\\n' "$pid"
`;

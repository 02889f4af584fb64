#!/bin/sh
# Brings a bare machine to the point where ai-vm can be built and run: host packages, npm packages, the bundle.
# Idempotent: what is there is left alone, and a second run does nothing.
# usage: scripts/setup.sh [--test] [--host-only]
#   --test       also what only `npm test` needs
#   --host-only  host packages only, no npm
set -eu
cd "$(dirname "$0")/.."

levels='need want'
host_only=no
for argument in "$@"; do
  case $argument in
    --test) levels='need want test' ;;
    --host-only) host_only=yes ;;
    *) echo "setup: unknown option $argument (known: --test, --host-only)" >&2; exit 64 ;;
  esac
done

say() { printf 'setup: %s\n' "$*" >&2; }

# --- which package manager ------------------------------------------------------------------------------------------
# column = this manager's place in host-packages.tsv
if command -v apt-get >/dev/null; then manager=apt column=4
elif command -v dnf >/dev/null; then manager=dnf column=5
elif command -v pacman >/dev/null; then manager=pacman column=6
elif command -v zypper >/dev/null; then manager=zypper column=7
elif command -v apk >/dev/null; then manager=apk column=8
elif command -v brew >/dev/null; then manager=brew column=9
else manager=none column=4
fi

present() { # probe: commands or absolute paths, alternatives separated by |
  old_ifs=$IFS; IFS='|'
  for candidate in $1; do
    IFS=$old_ifs
    case $candidate in
      /*) [ -e "$candidate" ] && return 0 ;;
      *) PATH="$PATH:/usr/sbin:/sbin" command -v "$candidate" >/dev/null && return 0 ;;
    esac
  done
  IFS=$old_ifs
  return 1
}

# --- what is missing ------------------------------------------------------------------------------------------------
tab=$(printf '\t')
missing='' unknown=''
while IFS="$tab" read -r probe level cost rest; do
  case $probe in ''|\#*) continue ;; esac
  case " $levels " in *" $level "*) ;; *) continue ;; esac
  present "$probe" && continue
  package=$(printf '%s\t%s\t%s\t%s\n' "$probe" "$level" "$cost" "$rest" | cut -f "$column")
  if [ "$package" = - ] || [ "$manager" = none ]; then
    unknown="$unknown
  $probe: $cost"
    continue
  fi
  say "missing: $probe ($cost)"
  case " $missing " in *" $package "*) ;; *) missing="$missing $package" ;; esac
done <scripts/host-packages.tsv

if [ -n "$missing" ]; then
  if [ "$manager" = brew ] || [ "$(id -u)" = 0 ]; then as=''
  elif command -v sudo >/dev/null; then as='sudo'
  else
    say "this needs root, and there is no sudo here. As root, run:"
    say "  scripts/setup.sh --host-only"
    exit 69
  fi
  # shellcheck disable=SC2086 # the package list is meant to be split
  set -- $missing
  case $manager in
    apt) say "will run: $as apt-get update && $as apt-get install --no-install-recommends $*"
         $as apt-get update -q >&2
         $as env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" >&2 ;;
    dnf) say "will run: $as dnf install $*"; $as dnf install -y "$@" >&2 ;;
    pacman) say "will run: $as pacman -S --needed $*"; $as pacman -S --needed --noconfirm "$@" >&2 ;;
    zypper) say "will run: $as zypper install $*"; $as zypper --non-interactive install "$@" >&2 ;;
    apk) say "will run: $as apk add $*"; $as apk add "$@" >&2 ;;
    brew) say "will run: brew install $*"; brew install "$@" >&2 ;;
  esac
fi
[ -z "$unknown" ] || say "not to be had through $manager, and so left out:$unknown"

[ "$host_only" = no ] || exit 0

# --- the project ----------------------------------------------------------------------------------------------------
stamp=node_modules/.ai-vm-installed
if ! [ -e "$stamp" ] || [ package-lock.json -nt "$stamp" ] || [ package.json -nt "$stamp" ]; then
  say 'installing npm packages (npm ci)'
  npm ci --no-audit --no-fund --loglevel=error >&2
  : >"$stamp"
fi
npm run --silent build >&2

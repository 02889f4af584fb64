#!/bin/bash
# Starts OpenCode without permission prompts: this machine is its sandbox. All arguments are handed on.
set -eu
share=/mnt/host-ro/opencode-auth
umask 077

# take FILE TARGET: from the host's share, unless what is here is newer.
take() {
  if [ -r "$share/$1" ] && { [ ! -e "$2" ] || [ "$share/$1" -nt "$2" ]; }; then
    mkdir -p "${2%/*}"
    cp --preserve=timestamps "$share/$1" "$2.new" && mv "$2.new" "$2"
  fi
}
take auth.json "${XDG_DATA_HOME:-$HOME/.local/share}/opencode/auth.json"

export OPENCODE_DISABLE_AUTOUPDATE=1
# A variable, since not all of its subcommands take the flag.
export OPENCODE_PERMISSION=${OPENCODE_PERMISSION:-'{"*":"allow"}'}
exec opencode "$@"

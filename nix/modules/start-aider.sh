#!/bin/bash
# Starts Aider without permission prompts: this machine is its sandbox. All arguments are handed on.
set -eu
share=/mnt/host-ro/aider-auth
umask 077

# take FILE TARGET: from the host's share, unless what is here is newer.
take() {
  if [ -r "$share/$1" ] && { [ ! -e "$2" ] || [ "$share/$1" -nt "$2" ]; }; then
    mkdir -p "${2%/*}"
    cp --preserve=timestamps "$share/$1" "$2.new" && mv "$2.new" "$2"
  fi
}
mkdir -p "$HOME/.aider"
take oauth-keys.env "$HOME/.aider/oauth-keys.env"

export AIDER_CHECK_UPDATE=false
exec aider --yes-always "$@"

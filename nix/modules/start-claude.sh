#!/bin/bash
# Starts Claude Code without permission prompts: this machine is its sandbox. All arguments are handed on.
set -eu
share=/mnt/host-ro/claude-auth
umask 077

# take FILE TARGET: from the host's share, unless what is here is newer.
take() {
  if [ -r "$share/$1" ] && { [ ! -e "$2" ] || [ "$share/$1" -nt "$2" ]; }; then
    mkdir -p "${2%/*}"
    cp --preserve=timestamps "$share/$1" "$2.new" && mv "$2.new" "$2"
  fi
}
config=${CLAUDE_CONFIG_DIR:-$HOME/.claude}
state=${CLAUDE_CONFIG_DIR:-$HOME}/.claude.json
mkdir -p "$config"
take .credentials.json "$config/.credentials.json"
take claude.json "$state"
take .claude.json "$state"

# No theme, no tour, no question whether bypassing permissions is meant.
if [ ! -s "$state" ]; then
  printf '{"hasCompletedOnboarding":true,"bypassPermissionsModeAccepted":true,"theme":"dark"}\n' >"$state"
fi
if [ ! -e "$config/settings.json" ]; then
  printf '{"skipDangerousModePermissionPrompt":true}\n' >"$config/settings.json"
fi

export DISABLE_AUTOUPDATER=1
# As root, Claude Code refuses to skip its prompts unless it is told that it is in a sandbox.
export IS_SANDBOX=1
exec claude --dangerously-skip-permissions "$@"

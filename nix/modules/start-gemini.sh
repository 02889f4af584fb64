#!/bin/bash
# Starts Gemini CLI without permission prompts: this machine is its sandbox. All arguments are handed on.
set -eu
share=/mnt/host-ro/gemini-auth
umask 077

# take FILE TARGET: from the host's share, unless what is here is newer.
take() {
  if [ -r "$share/$1" ] && { [ ! -e "$2" ] || [ "$share/$1" -nt "$2" ]; }; then
    mkdir -p "${2%/*}"
    cp --preserve=timestamps "$share/$1" "$2.new" && mv "$2.new" "$2"
  fi
}
config=${GEMINI_CLI_HOME:-$HOME}/.gemini
mkdir -p "$config"
take oauth_creds.json "$config/oauth_creds.json"
take google_accounts.json "$config/google_accounts.json"

# No theme, no question how to log in where the login is there, and no updates of its own.
if [ ! -e "$config/settings.json" ]; then
  auth=''
  if [ -e "$config/oauth_creds.json" ]; then auth=',"security":{"auth":{"selectedType":"oauth-personal"}}'; fi
  printf '{"general":{"enableAutoUpdate":false},"ui":{"theme":"Default"}%s}\n' "$auth" >"$config/settings.json"
fi

# In a directory that it does not trust it would ask all the same.
export GEMINI_CLI_TRUST_WORKSPACE=true
exec gemini --approval-mode=yolo "$@"

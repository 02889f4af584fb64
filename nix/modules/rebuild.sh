# shellcheck shell=bash
# rebuild [ARGUMENTS]: makes this machine what /etc/nixos says, and keeps the change in its git repository.
# Arguments are those of `nixos-rebuild switch`.
set -euo pipefail
as=()
[ "$(id -u)" = 0 ] || as=(sudo)
# A flake in a git repository is no more than what git knows of.
"${as[@]}" git -C /etc/nixos add -A
"${as[@]}" nixos-rebuild switch "$@"
if ! "${as[@]}" git -C /etc/nixos diff --cached --quiet; then
  "${as[@]}" git -C /etc/nixos -c user.name=ai-vm -c user.email=ai-vm@localhost commit -q -m 'Rebuilt'
fi

#!/usr/bin/env bash
# Rebuilds a NixOS machine from within, and looks whether it is still itself. To be run inside of it, by a user with sudo:
#   ai-vm exec dev -- bash -s <tests/manual-nixos-rebuild-test.sh
# It needs no network as long as /etc/nixos is as the machine was built with.
set -uo pipefail

passed=0 failed=0
check() { # check WHAT COMMAND...
  local what=$1
  shift
  if "$@" >/dev/null 2>&1; then
    passed=$((passed + 1))
    echo "ok      $what"
  else
    failed=$((failed + 1))
    echo "FAILED  $what"
  fi
}

mounts() { findmnt -rno TARGET,FSTYPE,OPTIONS | sort; }
system() { readlink -f /run/current-system; }

check 'this is NixOS' test -e /run/current-system/nixos-version
check 'the flake is in /etc/nixos' test -e /etc/nixos/flake.nix -a -e /etc/nixos/flake.lock -a -e /etc/nixos/guest.json
check 'it is under git, with a first commit' sudo git -C /etc/nixos rev-parse HEAD
check 'nobody has an empty password' test -z "$(sudo cut -d: -f2 /etc/shadow | grep -x '')"
check 'what runs is known to Nix' nix-store --check-validity /run/current-system

before_system=$(system)
before_mounts=$(mounts)
before_link=$(readlink /nix/var/nix/gcroots/ai-vm-boot)

check 'an unchanged configuration can be rebuilt, offline' \
  sudo nixos-rebuild switch --option substituters ''
check 'it is the very same system' test "$(system)" = "$before_system"
check 'all mounts are kept' test "$(mounts)" = "$before_mounts"
check 'the same system boots next' test "$(readlink /nix/var/nix/gcroots/ai-vm-boot)" = "$before_link"
check 'sshd runs' systemctl is-active sshd.service
check 'the agent runs' systemctl is-active qemu-guest-agent.service
check 'garbage can be collected' sudo nix-collect-garbage
check 'and what runs is still there' nix-store --check-validity /run/current-system
check 'rebuild is there as well' command -v rebuild

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]

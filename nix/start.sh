# shellcheck shell=sh
# What `nix run` starts: ai-vm, and two habits of the earlier version. Without anything it asks what the machine shall be, where no file
# says so, and brings it up; flags alone are those of `up`.
# Whoever runs this has a Nix with flakes, if only for this call: nothing has to be looked for to know what guests are to be.
export AI_VM_DEFAULT_IMAGE="${AI_VM_DEFAULT_IMAGE:-nixos}"

# Whether a file says what the machines are: one that is named, or one here or above, as ai-vm itself looks for it. Asked all the same,
# somebody in a directory of a project would be given a project within it.
declared() {
  [ -z "${AI_VM_FILE:-}" ] || return 0
  dir=$PWD
  while :; do
    for file in ai-vm.yaml ai-vm.yml ai-vm.toml; do
      if [ -e "$dir/$file" ] || [ -L "$dir/$file" ]; then return 0; fi
    done
    [ -n "$dir" ] || return 1
    dir=${dir%/*}
  done
}

case ${1-} in
'')
  declared || ai-vm init || exit
  exec ai-vm up
  ;;
-h | --help | -V | --version) exec ai-vm "$@" ;;
-*) exec ai-vm up "$@" ;;
*) exec ai-vm "$@" ;;
esac

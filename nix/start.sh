# shellcheck shell=sh
# What `nix run` starts: ai-vm, and two habits of the earlier version. Without anything it asks what the machine shall be, where no file
# says so, and brings it up; flags alone are those of `up`.
# Whoever runs this has a Nix with flakes, if only for this call: nothing has to be looked for to know what guests are to be.
export AI_VM_DEFAULT_IMAGE="${AI_VM_DEFAULT_IMAGE:-nixos}"
case ${1-} in
'')
  [ -e ai-vm.yaml ] || [ -e ai-vm.yml ] || [ -e ai-vm.toml ] || ai-vm init || exit
  exec ai-vm up
  ;;
-h | --help | -V | --version) exec ai-vm "$@" ;;
-*) exec ai-vm up "$@" ;;
*) exec ai-vm "$@" ;;
esac

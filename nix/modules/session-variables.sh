# shellcheck shell=bash disable=SC2154
# Part of what every shell reads when it starts, after the variables that NixOS has for everybody. Those that sshd began the session
# with are the host's word (`env` of the machine), and win. $ai_vm_names: the variables that there is a choice of, with blanks around each.
if [ -n "${SSH_CONNECTION:-}" ]; then
  while IFS= read -r -d '' ai_vm_begun; do
    case $ai_vm_names in
      *" ${ai_vm_begun%%=*} "*) export "${ai_vm_begun?}" ;;
    esac
  done <"/proc/$$/environ"
fi
unset ai_vm_names ai_vm_begun

#!/bin/sh
# The installed command. Starting Node takes as long as everything else that `ai-vm exec` does over a connection that is there
# already, so this case runs ssh from here: docs/adr/0024-exec-without-node.md. All others are Node's.
#
# After its checks Node leaves a recipe for a machine and a directory: what has to be as it was then, and the ssh that it runs
# (src/app/recipe/text.ts). Where one of these is another, or there is any doubt, it is Node's again. Nothing has run by then:
# ssh takes the place of this shell, and nothing comes after it.

# What is in the environment is Node's to see: names of this file's own begin with aivm_.
# shellcheck disable=SC3013 # Every sh that there is has -nt; one without has no recipe that counts.

# The command line that wrote the recipes which are understood here. Put in by the build.
aivm_build=@BUILD@
# A package that brings its own says which.
aivm_node=node

# Hands everything to Node.
by_node() {
  aivm_file=$0
  # Package managers install links to this file.
  while [ -L "$aivm_file" ]; do
    aivm_target=$(readlink "$aivm_file") || break
    case $aivm_target in
      /*) aivm_file=$aivm_target ;;
      *) aivm_file=${aivm_file%/*}/$aivm_target ;;
    esac
  done
  case $aivm_file in */*) ;; *) aivm_file=./$aivm_file ;; esac
  if ! command -v "$aivm_node" >/dev/null; then
    printf '%s\n' 'error: node is not installed' \
      '  why: ai-vm runs on Node.js, and there is no node on PATH.' \
      '  fix: Install Node.js 20.19 or newer.' \
      '  code: host.missing (docs/errors.md#hostmissing)' >&2
    exit 69
  fi
  exec "$aivm_node" "${aivm_file%/*}/main.js" "$@"
}

# Whether all of these are there, and have not been written to since the recipe's checks began.
unchanged() {
  for aivm_file; do
    [ -e "$aivm_file" ] && [ "$aivm_recipe" -nt "$aivm_file" ] || return 1
  done
}

# Whether the process PID that was started at START (a clock tick since the host's boot) lives, and is not stopped.
alive() {
  { read -r aivm_stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  aivm_start=$2
  # The name before may hold anything. Then: the state, and what follows it.
  # shellcheck disable=SC2086
  set -- ${aivm_stat##*) }
  case ${1-} in R | S | D | I) [ "${20-}" = "$aivm_start" ] ;; *) return 1 ;; esac
}

# Appends a word to $aivm_command as quoteCommand (src/guest/quote.ts) does, for the shell in the guest.
quote() {
  case $1 in
    '') aivm_command="$aivm_command ''" ;;
    *[!ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_/.:@%+-]*) quote_odd "$1" ;;
    *) aivm_command="$aivm_command $1" ;;
  esac
}

# The same for one that is not plain: in single quotes, but for runs of backslashes and single quotes, which are in double ones.
quote_odd() {
  aivm_rest=$1
  aivm_word=''
  while [ -n "$aivm_rest" ]; do
    aivm_plain=${aivm_rest%%[\\\']*}
    aivm_rest=${aivm_rest#"$aivm_plain"}
    aivm_run=${aivm_rest%%[!\\\']*}
    aivm_rest=${aivm_rest#"$aivm_run"}
    [ -z "$aivm_plain" ] || aivm_word="$aivm_word'$aivm_plain'"
    [ -n "$aivm_run" ] || continue
    aivm_word="$aivm_word\""
    while [ -n "$aivm_run" ]; do
      case $aivm_run in
        \\*) aivm_word="$aivm_word\\\\" ;;
        *) aivm_word="$aivm_word'" ;;
      esac
      aivm_run=${aivm_run#?}
    done
    aivm_word="$aivm_word\""
  done
  aivm_command="$aivm_command $aivm_word"
}

# Sets $aivm_recipe to the file that counts for the machine $1 in this directory.
find_recipe() {
  case $1 in '' | [!A-Za-z0-9]* | *[!A-Za-z0-9_-]*) return 1 ;; esac
  # Whose / is, is root, who goes by no variable.
  if [ -O / ]; then
    aivm_home=/run/ai-vm
  else
    aivm_home=${XDG_RUNTIME_DIR-}/ai-vm
    case $aivm_home in /ai-vm | [!/]*) return 1 ;; esac
  fi
  [ -O "$aivm_home" ] && [ ! -L "$aivm_home" ] || return 1
  # Where we are, and not by which links we came; the point keeps newlines at the end of a name.
  aivm_at=$(pwd -P 2>/dev/null && echo .) || return 1
  aivm_recipe=$aivm_home/exec${aivm_at%??}/.ai-vm.$1.$aivm_build
  [ -f "$aivm_recipe" ] || return 1
  # What was seen of the machine is believed until then. A process that has just begun shows in /proc with the time that it is now: one of
  # its own, for this one may have been somebody else before. A clock that was set back tells nothing of what is older.
  # shellcheck disable=SC2235 # The subshell is what it is about.
  ([ "$aivm_recipe.until" -nt /proc/self ] && [ /proc/self -nt "$aivm_recipe" ])
}

# `exec VM -- WORD...`, or `exec VM WORD...` without a word that may be an option. Comes back when it is Node's.
exec_quickly() {
  [ $# -ge 3 ] || return
  aivm_machine=$2
  shift 2
  if [ "$1" = -- ]; then
    shift
    [ $# -gt 0 ] || return
  else
    for aivm_word; do case $aivm_word in -*) return ;; esac; done
  fi
  # Somebody sits in front of it: that is another ssh.
  [ -t 0 ] && [ -t 1 ] && return
  find_recipe "$aivm_machine" || return
  aivm_command=''
  for aivm_word; do
    # Longer is slow here, and longest too long for ssh, which Node explains. In characters, which may have four bytes.
    [ $((${#aivm_command} + ${#aivm_word})) -lt 8192 ] || return
    quote "$aivm_word"
  done
  # It comes back without success unless all is as it was; else connect is the ssh of this machine.
  # shellcheck disable=SC1090
  command . "$aivm_recipe" || return
  command -v ssh >/dev/null || return
  export LC_ALL=C.UTF-8
  connect "${aivm_command# }"
}

[ "${1-}" != exec ] || exec_quickly "$@"
by_node "$@"

/**
 * A template has the users of the machine that it was made for, and keeps the lists that its image came with: text for POSIX sh, run as
 * root in the guest.
 */

/** On the file system of the lists that take their place. */
export const KEPT = '/etc/.ai-vm';
/** Names the users that the system's lists have been given. Empty: by now they are the machine's own, whatever they were. */
export const MADE = `${KEPT}/made`;
/** Each is whole when the next one is put into its place: a user is there when all else of theirs is. A system may not have all: then there is `no-` and its name. */
export const LISTS = 'group gshadow shadow passwd';

/** What a machine with other users does, and a boot of one that was cut off before it was told who it is. */
export const PUT_BACK = `set --; for list in ${LISTS}; do if [ -e ${KEPT}/$list ]; then set -- "$@" ${KEPT}/$list; elif [ -e ${KEPT}/no-$list ]; then rm -f /etc/$list; fi; done; [ $# = 0 ] || mv -f "$@" /etc/ && : >${MADE}`;

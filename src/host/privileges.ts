/** Programs that root starts for a machine, without being root. */
import type { RunAs } from '../model/capabilities.ts';

/** What stands before a program's name so that it runs as whom machines run as; nothing when that is us. */
export function privilegesOf({ drop, uid, gid, groups }: RunAs): string[] {
  if (!drop) return [];
  const kept = groups.length === 0 ? ['--clear-groups'] : ['--groups', groups.join(',')];
  return ['setpriv', '--reuid', String(uid), '--regid', String(gid), ...kept, '--inh-caps=-all', '--'];
}

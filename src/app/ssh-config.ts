/** `ssh-config`: the way in for programs that run `ssh` themselves. */
import { sshConfig } from '../guest/ssh.ts';
import { observe } from '../reconcile/observe.ts';
import type { Context } from './context.ts';
import { hostAlias } from './identity.ts';
import { recordOf } from './record.ts';
import { chooseAny } from './select.ts';

export interface SshHost {
  readonly vm: string;
  /** What stands behind `ssh`. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly identityFile: string;
  readonly knownHostsFile: string;
  readonly hostKeyAlias: string;
  readonly running: boolean;
}

/** What a machine is called in `ssh_config`: names of machines alone would clash between projects. */
export const sshName = (project: string, vm: string): string => `ai-vm-${project}-${vm}`;

/** Machines that have been started at least once; others have no keys yet. */
export async function sshHosts(
  context: Context,
  names: readonly string[],
): Promise<readonly { readonly host: SshHost; readonly section: string }[]> {
  const { project, emit } = context;
  const found = await Promise.all(
    (await chooseAny(context, names)).map(async (vm) => {
      const paths = project.machine(vm);
      const seen = await observe(vm, paths);
      const declared = project.desired?.vms.find((config) => config.name === vm);
      const applied = recordOf(seen, declared);
      if (!seen.identity || !applied) {
        if (names.includes(vm)) emit({ type: 'warning', vm, message: `${vm} has no keys yet: ai-vm up ${vm}` });
        return [];
      }
      const host: SshHost = {
        ...{ vm, host: sshName(project.name, vm), port: applied.sshPort, user: applied.config.users[0]! },
        ...{ identityFile: paths.privateKey, knownHostsFile: paths.knownHosts },
        ...{ hostKeyAlias: hostAlias(seen.identity.uuid), running: seen.process !== null },
      };
      const section = sshConfig(host.host, {
        ...{ user: host.user, port: host.port, hostAlias: host.hostKeyAlias },
        ...{ privateKey: paths.privateKey, knownHosts: paths.knownHosts },
        // Its directory is there only while the machine runs, and a socket cannot be made without.
        controlPath: null,
      });
      return [{ host, section }];
    }),
  );
  return found.flat();
}

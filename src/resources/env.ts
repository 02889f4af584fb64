import { UNKNOWN, type Resource } from '../model/resource.ts';
import { keyedChanges, part } from './support.ts';

type Env = Readonly<Record<string, string>>;

/** sshd's own quoting: double quotes, with `\` and `"` escaped. Values hold no newline: the configuration refuses it. */
const quoted = (name: string, value: string): string =>
  `"${name}=${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

const asMap = (env: Env): Map<string, string> => new Map(Object.entries(env));

/**
 * `env`: variables of every session in the guest. Through sshd's SetEnv and not /etc/environment, whose parser cuts a
 * value at `#` and knows no quoting.
 */
export const env: Resource<Env> = {
  name: 'env',
  desired: (vm) => vm.env,
  boot: (values) => {
    const pairs = Object.entries(values).map(([name, value]) => quoted(name, value));
    const content = pairs.length === 0 ? '' : `SetEnv ${pairs.join(' ')}\n`;
    return part({
      guest: {
        files: [
          { path: '/etc/ssh/sshd_config.d/10-ai-vm-env.conf', mode: '0600', owner: 'root', group: 'root', content },
        ],
      },
    });
  },
  observe: (_seen, applied) => applied?.env ?? UNKNOWN,
  changes: (desired, observed) =>
    keyedChanges('env', asMap(observed), asMap(desired), 'reboot', 'the environment is set at boot').map((change) => ({
      ...change,
      // Values may be secrets: a plan says that they differ, not what they are.
      before: change.before === 'none' ? 'none' : 'set',
      after: change.after === 'none' ? 'none' : change.before === 'none' ? 'set' : 'set to another value',
    })),
};

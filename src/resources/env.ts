import { UNKNOWN, type Resource } from '../model/resource.ts';
import { beginSessions, sessionFile } from './session-files.ts';
import { keyedChanges, part } from './support.ts';

type Env = Readonly<Record<string, string>>;

const WHEN = 'sessions that begin from then on have it';

const asMap = (env: Env): Map<string, string> => new Map(Object.entries(env));

/** `env`: variables of every session in the guest. */
export const env: Resource<Env> = {
  name: 'env',
  desired: (vm) => vm.env,
  boot: (_values, context) => part({ guest: { files: [sessionFile(context)] } }),
  observe: (_seen, applied) => applied?.env ?? UNKNOWN,
  changes: (desired, observed) =>
    keyedChanges('env', asMap(observed), asMap(desired), 'live', WHEN).map((change) => ({
      ...change,
      // Values may be secrets: a plan says that they differ, not what they are.
      before: change.before === 'none' ? 'none' : 'set',
      after: change.after === 'none' ? 'none' : change.before === 'none' ? 'set' : 'set to another value',
    })),
  steps: (_change, _values, context) => beginSessions(context),
  adopt: (applied, _change, { env: after }) => ({ ...applied, config: { ...applied.config, env: after } }),
};

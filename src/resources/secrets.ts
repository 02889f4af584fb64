import type { VmConfig } from '../model/desired.ts';
import type { Change } from '../model/plan.ts';
import { isTls, secretHostsText, type GatewaySecretState, type SecretConfig } from '../model/secrets.ts';
import { UNKNOWN, type Resource } from '../model/resource.ts';
import type { Sightings } from '../model/observed.ts';
import { beginSessions, FORGET_TRUST, trustFiles } from './session-files.ts';
import { adoptEntry, keyedChanges, part } from './support.ts';

type Secrets = readonly GatewaySecretState[];

/** Null: there is no gateway that could have them. */
type Seen = Secrets | null;

function seenOf({ argv, gateway }: Sightings): Seen | typeof UNKNOWN {
  if (argv === null) return UNKNOWN;
  // One that has ended has none; another one is given them.
  return gateway === null ? null : gateway.is === 'gone' ? [] : (gateway.secrets ?? []);
}

const texts = (secrets: Secrets): Map<string, string> =>
  new Map(secrets.map(({ name, hosts }) => [name, `to ${secretHostsText(hosts)}`]));

const OPENED = 'TLS to these hosts is opened on this host; sessions that begin from then on have the placeholder';
const CLEAR = 'sessions that begin from then on have the placeholder';

/** What becomes of one of them, for people. */
function whyOf(desired: Secrets, seen: Seen, { key, after }: Change): string {
  if (seen === null) return 'it takes a gateway, and the card is wired when the machine starts';
  if (after === 'none') return 'at once';
  const isOpened = desired.some(({ name, hosts }) => name === key && hosts.some(isTls));
  return isOpened ? OPENED : CLEAR;
}

const declared = (vm: VmConfig): readonly SecretConfig[] => vm.secrets ?? [];

/** `secrets`: values that the gateway puts into requests; the guest has placeholders, in the file of its other variables. */
export const secrets: Resource<readonly SecretConfig[], Seen> = {
  name: 'secrets',
  desired: declared,
  // Its variables are in the file of `env`.
  boot: (_secrets, { authority }) => part({ guest: { files: trustFiles(authority) } }),
  observe: seenOf,
  changes: (desired, observed) =>
    keyedChanges('secrets', texts(observed ?? []), texts(desired), observed ? 'live' : 'reboot', '').map((change) => ({
      ...change,
      reason: whyOf(desired, observed, change),
    })),
  steps: (_change, desired, context) => [
    { do: 'secrets', title: 'give its gateway the secrets', secrets: desired },
    { do: 'guest', title: 'forget what it has trusted', script: FORGET_TRUST },
    ...beginSessions(context, trustFiles(context.authority)),
  ],
  adopt: (applied, { key = '' }, desired) => {
    const { secrets: was = [], ...config } = applied.config;
    const now = adoptEntry(was, declared(desired), key, ({ name }) => name);
    return { ...applied, config: { ...config, ...(now.length > 0 && { secrets: now }) } };
  },
};

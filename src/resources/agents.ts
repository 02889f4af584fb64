import type { AgentConfig } from '../model/desired.ts';
import { UNKNOWN, type Resource } from '../model/resource.ts';
import { keyedChanges, part } from './support.ts';

/** Their software is part of the image. */
const logins = (agents: readonly AgentConfig[]): Map<string, string> =>
  new Map(agents.map(({ name, shareAuth }) => [name, shareAuth ? 'with the login of this host' : 'without a login']));

/** `agents`: whether the login of this host is shared with them. */
export const agents: Resource<readonly AgentConfig[]> = {
  name: 'agents',
  desired: (vm) => vm.agents,
  boot: () => part({}),
  observe: (_seen, applied) => applied?.agents ?? UNKNOWN,
  changes: (desired, observed) =>
    keyedChanges('agents', logins(observed), logins(desired), 'reboot', 'a login is brought along at start').filter(
      ({ before, after }) => before !== 'none' && after !== 'none',
    ),
};

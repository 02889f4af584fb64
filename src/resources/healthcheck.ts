import type { HealthcheckConfig } from '../model/desired.ts';
import { UNKNOWN, type Resource } from '../model/resource.ts';
import { formatDuration } from '../model/units.ts';
import { part, valueChange } from './support.ts';

const text = (check: HealthcheckConfig | null): string =>
  check === null
    ? 'none'
    : `${check.test} (every ${formatDuration(check.interval)}, ${check.retries} times, within ${formatDuration(check.timeout)}, after ${formatDuration(check.startPeriod)})`;

/** `healthcheck`: asked by `up`; nothing of it is in the machine. */
export const healthcheck: Resource<HealthcheckConfig | null> = {
  name: 'healthcheck',
  desired: (vm) => vm.healthcheck,
  boot: () => part({}),
  observe: (_seen, applied) => (applied ? applied.healthcheck : UNKNOWN),
  changes: (desired, observed) => valueChange('healthcheck', text(observed), text(desired), 'live', ''),
  steps: () => [],
  adopt: (applied, _change, { healthcheck: after }) => ({
    ...applied,
    config: { ...applied.config, healthcheck: after },
  }),
};

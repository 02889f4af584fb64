import { UNKNOWN, type Resource } from '../model/resource.ts';
import { keyedChanges, part } from './support.ts';

type Labels = Readonly<Record<string, string>>;

const asMap = (labels: Labels): Map<string, string> => new Map(Object.entries(labels));

/** `labels`: for whoever looks at `ps`; the machine knows nothing of them. */
export const labels: Resource<Labels> = {
  name: 'labels',
  desired: (vm) => vm.labels,
  boot: () => part({}),
  observe: (_seen, applied) => applied?.labels ?? UNKNOWN,
  changes: (desired, observed) => keyedChanges('labels', asMap(observed), asMap(desired), 'live', ''),
  steps: () => [],
  adopt: (applied, _change, { labels: after }) => ({ ...applied, config: { ...applied.config, labels: after } }),
};

import { describe, expect, it } from '@jest/globals';
import { recordOf } from '../../../src/app/record.ts';
import { NO_SIGHTINGS, type Observed } from '../../../src/model/observed.ts';
import { machineArguments } from '../../../src/qemu/argv.ts';
import { RESOURCES } from '../../../src/resources/index.ts';
import { applied, bootContext, identity, vmConfig } from '../../fixtures/machines.ts';

const config = vmConfig();
const boot = bootContext({ vm: config, sshPort: 2207 });
const parts = RESOURCES.map((resource) => resource.boot(resource.desired(config), boot));
const { argv } = machineArguments(boot, parts, new Map());

const seen = (over: Partial<Observed> = {}): Observed => ({
  vm: 'dev',
  state: 'running',
  process: { pid: 77, startTime: '1' },
  identity: identity(),
  applied: null,
  rebooted: false,
  diskSize: null,
  sightings: { ...NO_SIGHTINGS, argv },
  halfRestored: false,
  suspended: false,
  problem: null,
  ...over,
});

describe('the record of the last start', () => {
  it('is what was recorded, whatever runs', () => {
    const record = applied(config, { sshPort: 4000 });
    expect(recordOf(seen({ applied: record }), vmConfig({ cpus: 8 }))).toBe(record);
  });

  it('is pieced together from what runs when it is lost', () => {
    expect(recordOf(seen(), config)).toEqual(applied(config, { sshPort: 2207 }));
  });

  it('is none for a machine that does not run, is not declared, or could not be looked at', () => {
    expect(recordOf(seen({ process: null, state: 'stopped' }), config)).toBeNull();
    expect(recordOf(seen(), undefined)).toBeNull();
    expect(recordOf(seen({ sightings: NO_SIGHTINGS }), config)).toBeNull();
  });
});

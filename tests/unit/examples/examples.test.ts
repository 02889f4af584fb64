/** What each example would do on a host that has none of its machines: its plan, and QEMU's command lines. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { asksOf } from '../../../src/app/asks.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { parserFor } from '../../../src/config/parser.ts';
import type { Desired, VmConfig } from '../../../src/model/desired.ts';
import { machineArguments } from '../../../src/qemu/argv.ts';
import { planUp } from '../../../src/reconcile/plan.ts';
import { renderPlan } from '../../../src/report/plan.ts';
import { makeStyle } from '../../../src/report/style.ts';
import { RESOURCES } from '../../../src/resources/index.ts';
import { absent, bootContext, capabilities, paths } from '../../fixtures/machines.ts';

const ROOT = join(import.meta.dirname, '../../..');
const examples = readdirSync(join(ROOT, 'examples')).filter((name) => /\.(ya?ml|toml)$/.test(name));
const files = [...examples.map((name) => join('examples', name)), 'ai-vm.yaml'];

const DIR = '/home/ann/shop';

const PARSERS = new Map(await Promise.all(files.map(async (file) => [file, await parserFor(file)] as const)));

const desiredOf = (file: string): Desired =>
  loadConfig({
    files: [{ path: join(DIR, file), text: readFileSync(join(ROOT, file), 'utf8'), parse: PARSERS.get(file)! }],
    dir: DIR,
    env: {},
    home: '/home/ann',
  }).desired;

function planOf({ name, vms }: Desired): string {
  const plan = planUp({
    project: name,
    vms,
    observed: new Map(vms.map((vm) => [vm.name, absent(vm.name)])),
    resources: RESOURCES,
    // Machines that are made from the same things have the same image.
    images: new Map(vms.map((vm) => [vm.name, JSON.stringify(vm.image)])),
    provision: new Map(vms.map((vm) => [vm.name, vm.provision])),
    options: { restart: false, recreate: new Set() },
  });
  return renderPlan(plan, makeStyle(false, true));
}

/** What differs between machines, one option a line; what all have is in the golden text of resources. */
function argvOf(vm: VmConfig): string {
  const context = bootContext({
    vm,
    paths: paths(vm.name),
    // Every driver, so that the example decides.
    host: capabilities(),
    judged: new Map(vm.shares.map(({ path }, index) => [path, { path, identity: `1:${index + 1}` }])),
  });
  const parts = RESOURCES.map((resource) => resource.boot(resource.desired(vm), context));
  const { argv } = machineArguments(context, parts, new Map());
  return argv
    .slice(argv.indexOf('-smp'))
    .join('\n')
    .replaceAll(/\n(?!-)/g, ' ');
}

describe.each(files)('%s', (file) => {
  const desired = desiredOf(file);

  it('plans this where none of its machines exists', () => {
    expect(planOf(desired)).toMatchSnapshot();
  });

  it.each(desired.vms.map((vm) => vm.name))('starts %s like this', (name) => {
    expect(argvOf(desired.vms.find((vm) => vm.name === name)!)).toMatchSnapshot();
  });

  it('asks this of the host', () => {
    expect(asksOf(desired, new Map()).map((ask) => `${ask.vm} wants to ${ask.text}`)).toMatchSnapshot();
  });
});

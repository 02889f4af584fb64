import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Context } from '../../../../src/app/context.ts';
import type { Run } from '../../../../src/app/steps/run.ts';
import { templateStep } from '../../../../src/app/steps/template.ts';
import { chooseWarm } from '../../../../src/app/warm/choose.ts';
import { factsOf, templateKey, templateShape } from '../../../../src/app/warm/shape.ts';
import { findBundle, sealBundle } from '../../../../src/images/bundle.ts';
import { makeTemplate, TEMPLATE, type TemplateKey } from '../../../../src/images/templates.ts';
import type { Capabilities } from '../../../../src/model/capabilities.ts';
import type { VmConfig } from '../../../../src/model/desired.ts';
import type { Event } from '../../../../src/model/events.ts';
import type { Observed } from '../../../../src/model/observed.ts';
import type { Plan } from '../../../../src/model/plan.ts';
import { GiB } from '../../../../src/model/units.ts';
import { planUp } from '../../../../src/reconcile/plan.ts';
import { RESOURCES } from '../../../../src/resources/index.ts';
import { absent, bundle, capabilities, runAs, running, vmConfig } from '../../../fixtures/machines.ts';

const { signal } = new AbortController();
const DIGEST = 'd'.repeat(64);

let root: string;
let images: string;
let host: Capabilities;
let probes: number;
let events: Event[];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ai-vm-choose-'));
  images = join(root, 'images');
  await writeFile(join(root, 'qemu'), '');
  host = capabilities({ qemu: { ...capabilities().qemu, binary: join(root, 'qemu') } });
  probes = 0;
  events = [];
});
afterEach(() => rm(root, { recursive: true }));

const context = (): Context => {
  const project = { paths: { images }, runAs };
  const able = (): Promise<Capabilities> => ((probes += 1), Promise.resolve(host));
  return { project, capabilities: able, emit: (event: Event) => events.push(event), signal } as unknown as Context;
};

async function addImage(features = bundle.manifest.features): Promise<void> {
  const dir = join(images, DIGEST);
  await mkdir(dir, { recursive: true });
  for (const name of ['vmlinuz', 'initrd.zst', 'root.qcow2']) await writeFile(join(dir, name), name);
  await sealBundle(dir, { ...bundle.manifest, digest: DIGEST, features });
}

const keyOf = async (vm: VmConfig): Promise<TemplateKey> =>
  templateKey(templateShape(vm, (await findBundle(images, DIGEST))!, host, runAs), await factsOf(host));

async function addTemplate(vm: VmConfig) {
  return makeTemplate(images, await keyOf(vm), { signal, onWait: () => undefined }, async (dir) => {
    for (const name of Object.values(TEMPLATE)) await writeFile(join(dir, name), name);
    return { image: DIGEST, waiting: { settle: 700, grow: 701 } };
  });
}

function planOf(vms: readonly VmConfig[], observed: readonly Observed[]): Plan {
  return planUp({
    ...{ project: 'p', vms, observed: new Map(observed.map((o) => [o.vm, o])), resources: RESOURCES },
    ...{ images: new Map(vms.map((vm) => [vm.name, DIGEST])), provision: new Map() },
    options: { restart: false, recreate: new Set() },
  });
}

async function choose(vms: readonly VmConfig[], observed: readonly Observed[], cold = false) {
  const digests = new Map(vms.map((vm) => [vm.name, DIGEST]));
  const { templates, make, cold: why } = await chooseWarm(context(), planOf(vms, observed), vms, digests, NOBODY, cold);
  return { templates: [...templates.keys()], make: [...make], cold: [...why] };
}
const NOBODY: ReadonlySet<string> = new Set();
const NOTHING = { templates: [], make: [], cold: [] };

const vm = vmConfig();
const stopped = (config: VmConfig): Observed => running(config, { state: 'stopped', process: null });

describe('which machines start warm', () => {
  it('none that runs, none that boots what is on its disk; then nobody asks what the host can do', async () => {
    await addImage();
    expect(await choose([vm], [running(vm)])).toEqual(NOTHING);
    expect(await choose([vm], [stopped(vm)])).toEqual(NOTHING);
    expect(await choose([vm], [absent()], true)).toEqual(NOTHING);
    expect(await choose([vmConfig({ warm: false })], [absent()])).toEqual(NOTHING);
    expect(probes).toBe(0);
  });

  it('one whose template is there', async () => {
    await addImage();
    await addTemplate(vm);
    expect(await choose([vm], [absent()])).toEqual({ ...NOTHING, templates: ['dev'] });
  });

  it('one that forgets, at every start', async () => {
    const overlay = vmConfig({ overlay: true });
    await addImage();
    await addTemplate(overlay);
    expect(await choose([overlay], [stopped(overlay)])).toEqual({ ...NOTHING, templates: ['dev'] });
  });

  it('but not one that forgets and goes on where it was', async () => {
    const overlay = vmConfig({ overlay: true });
    await addImage();
    await addTemplate(overlay);
    const plan = planOf([overlay], [stopped(overlay)]);
    const suspended = new Set(['dev']);
    const choice = await chooseWarm(context(), plan, [overlay], new Map([['dev', DIGEST]]), suspended, false);
    expect([choice.templates.size, choice.make.size]).toEqual([0, 0]);
  });

  it('one after its template has been made: also where its image is still to be built', async () => {
    expect(await choose([vm], [absent()])).toEqual({ ...NOTHING, make: [['dev', 'before']] });
    await addImage();
    expect(await choose([vm], [absent()])).toEqual({ ...NOTHING, make: [['dev', 'before']] });
  });

  it('one the next time, when its template is damaged or was made elsewhere: this time it boots', async () => {
    await addImage();
    const { dir } = await addTemplate(vm);
    await truncate(join(dir, TEMPLATE.memory), 1);
    expect(await choose([vm], [absent()])).toEqual({
      ...NOTHING,
      make: [['dev', 'after']],
      cold: [['dev', 'its template is damaged']],
    });
    await addTemplate(vm);
    host = { ...host, qemu: { ...host.qemu, version: '9.0' } };
    expect(await choose([vm], [absent()])).toMatchObject({ make: [['dev', 'after']], templates: [] });
  });

  it('none that cannot, and says why', async () => {
    const many = vmConfig({
      name: 'many',
      shares: Array.from({ length: 11 }, (_, n) => ({
        ...{
          path: `/s${n}`,
          target: `/mnt/s${n}`,
          mode: 'ro' as const,
          driver: 'virtiofs' as const,
          allowSensitive: false,
        },
      })),
    });
    await addImage();
    await addTemplate(vm);
    expect(await choose([vm, many], [absent(), absent('many')])).toEqual({
      ...NOTHING,
      templates: ['dev'],
      cold: [['many', 'it has more shares than can be attached later']],
    });
  });

  it('each by its own class', async () => {
    const large = vmConfig({ name: 'large', memory: 64 * GiB });
    await addImage();
    await addTemplate(vm);
    expect(await choose([vm, large], [absent(), absent('large')])).toEqual({
      ...NOTHING,
      templates: ['dev'],
      make: [['large', 'before']],
    });
  });
});

describe('a template that cannot be made', () => {
  const step = { id: 'template:dev', kind: 'template' as const, vm: 'dev', needs: [], title: '' };
  const run = (): Run =>
    ({
      ...{ vms: [vm], observed: new Map(), images: new Map([['dev', DIGEST]]) },
      ...{ bundles: new Map(), templates: new Map() },
    }) as unknown as Run;
  const warnings = (): string[] => events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));

  it('keeps no machine from starting, and is told in one line', async () => {
    const here = run();
    await templateStep(context(), here, step, { signal, progress: () => undefined });
    expect(warnings()).toEqual([
      expect.stringMatching(/^dev has no warm start: the image .* is gone or damaged: [^\n]*$/),
    ]);
    expect(here.templates.size).toBe(0);
  });

  it('is not told of where the machine boots anyway', async () => {
    await addImage(['virtio-mem']);
    await templateStep(context(), run(), step, { signal, progress: () => undefined });
    expect(warnings()).toEqual([]);
  });

  it('is not made again where somebody else has made it', async () => {
    await addImage();
    const made = await addTemplate(vm);
    const here = run();
    await templateStep(context(), here, step, { signal, progress: () => undefined });
    expect(here.templates.get('dev')).toEqual(made);
  });

  it('is no excuse to go on when nobody wants it', async () => {
    const at = { signal: AbortSignal.abort(), progress: () => undefined };
    await expect(templateStep(context(), run(), step, at)).rejects.toThrow('abort');
    expect(warnings()).toEqual([]);
  });
});

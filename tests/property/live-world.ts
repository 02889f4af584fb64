/** One machine in memory, brought to what its file says by the real look, plan, executor and changes. */
import fc from 'fast-check';
import { renewal } from '../../src/app/steps/renewal.ts';
import type { BootPart } from '../../src/model/boot.ts';
import type { ImageConfig, ShareConfig, VmConfig } from '../../src/model/desired.ts';
import type { Applied } from '../../src/model/machine.ts';
import type { NetworkConfig, SeenGateway } from '../../src/model/network.ts';
import type { Observed } from '../../src/model/observed.ts';
import type { Plan, Step } from '../../src/model/plan.ts';
import type { BootContext } from '../../src/model/resource.ts';
import { baseImage, softwareOf } from '../../src/model/software.ts';
import { GiB, MiB } from '../../src/model/units.ts';
import { chassisOf, pluggedBackend } from '../../src/model/chassis.ts';
import { EventLog } from '../../src/qemu/events.ts';
import { guestSettings } from '../../src/qemu/argv.ts';
import { adjust } from '../../src/reconcile/adjust.ts';
import { makeChanges } from '../../src/reconcile/change.ts';
import { changesOf, concernsGuest } from '../../src/reconcile/changes.ts';
import { execute, type Handlers, type Outcome } from '../../src/reconcile/execute.ts';
import { look } from '../../src/reconcile/look.ts';
import { planUp } from '../../src/reconcile/plan.ts';
import { RESOURCES } from '../../src/resources/index.ts';
import { Faults, type FaultOptions } from '../fakes/faults.ts';
import { Guest, type Disk } from '../fakes/guest.ts';
import { FakeGateway, handsOf, monitorOf, Servers, type Reached } from '../fakes/hands.ts';
import { Hardware } from '../fakes/hardware.ts';
import { absent, bootContext, debianImage, identity, OUTSIDE, vmConfig } from '../fixtures/machines.ts';

const { uuid } = identity();
const judgedOf = (shares: readonly ShareConfig[]): BootContext['judged'] =>
  new Map(shares.map(({ path }) => [path, { path, identity: '1:1' }]));

/** A machine as a start leaves it: everything that is declared, from the command line and the credentials alone. */
interface Started extends Reached {
  readonly boot: BootContext;
  readonly argv: readonly string[];
  readonly parts: readonly BootPart[];
}

const wordsAfter = (argv: readonly string[], option: string): Record<string, string>[] =>
  argv.flatMap((word, at) => {
    if (argv[at - 1] !== option) return [];
    const [driver = '', ...pairs] = word.split(',');
    return [{ driver, ...Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string])) }];
  });

/** What is seen of a machine beside its monitor. */
const around = ({ servers, gateway }: Reached): [number[], SeenGateway | null] => [servers.places(), gateway.seen()];

const digestOf = (image: ImageConfig): string => `image with ${image.packages.join(' ')}`;

function start(vm: VmConfig, diskSize: number, sshPort: number, software: Disk): Started {
  const boot = bootContext({ vm, sshPort, judged: judgedOf(vm.shares) });
  const parts = RESOURCES.map((resource) => resource.boot(resource.desired(vm), boot));
  const argv = parts.flatMap((part) => part.argv);
  const disk = { node: 'root', file: boot.paths.disk, virtualSize: diskSize };
  const hardware = new Hardware({ cpus: boot.chassis.cpus, memory: boot.chassis.memory.base, disk });
  const servers = new Servers();
  const guest = new Guest(hardware, software);
  Object.assign(hardware, { sockets: servers, inside: guest });
  for (const helper of parts.flatMap((part) => part.helpers)) servers.serve(helper);
  const netdev = argv[argv.indexOf('-netdev') + 1] ?? '';
  for (const [, rule = ''] of netdev.matchAll(/hostfwd=([^,]+)/g)) hardware.hmp(`hostfwd_add net0 ${rule}`);
  for (const { id = '', path = '' } of wordsAfter(argv, '-chardev')) hardware.addChardev(id, path);
  hardware.objects.set('mem1', pluggedBackend(boot.chassis.memory));
  for (const device of wordsAfter(argv, '-device')) {
    if (/^(vhost-user-fs|virtio-mem)-pci$/.test(device['driver'] ?? '')) hardware.addDevice(device, true);
  }
  guest.boot(guestSettings(parts), vm.cpus);
  return {
    uuid,
    hardware,
    guest,
    servers,
    gateway: new FakeGateway(vm.network),
    boot,
    argv: [...argv, '-append', parts.flatMap((p) => p.params).join(' ')],
    parts,
  };
}

/** What somebody would find who looks at the machine, and at the host for what belongs to it. */
export interface State {
  readonly mounts: Readonly<Record<string, string>>;
  readonly servers: readonly string[];
  readonly gateway: SeenGateway | null;
  readonly forwards: readonly string[];
  readonly vcpus: number;
  readonly memory: number;
  readonly sshd: string;
  readonly logins: readonly string[];
  /** The file system is as large as its disk. */
  readonly grown: boolean;
  readonly config: Omit<VmConfig, 'storage'>;
  readonly sshPort: number;
}

export class LiveWorld {
  machine: Started | null = null;
  applied: Applied | null = null;
  diskSize: number | null = null;
  /** What is on the disk, and the image that it was made from. */
  disk: Disk & { readonly image: string } = { packages: new Map(), marks: new Set(), image: '' };
  /** Kinds of steps that were carried out, in order. */
  readonly done: string[] = [];

  async observed(vm: VmConfig): Promise<Observed> {
    const seen = { ...absent(vm.name), applied: this.applied, diskSize: this.diskSize };
    if (this.diskSize === null) return seen;
    if (!this.machine) return { ...seen, identity: identity(), state: 'stopped' };
    const monitor = monitorOf(this.machine, new Faults(), new EventLog());
    const found = await look(monitor, { uuid }, this.machine.argv, this.applied, ...around(this.machine));
    const { bootId } = this.applied ?? {};
    const rebooted = bootId !== undefined && bootId !== this.machine.guest.bootId;
    return { ...seen, ...found, identity: identity(), process: { pid: 42, startTime: '1' }, rebooted };
  }

  async plan(vm: VmConfig, restart = false): Promise<Plan> {
    return planUp({
      ...{ project: 'p', vms: [vm], resources: RESOURCES },
      observed: new Map([[vm.name, await this.observed(vm)]]),
      images: new Map([[vm.name, digestOf(vm.image)]]),
      bases: new Map(this.applied ? [[vm.name, digestOf(baseImage(this.applied))]] : []),
      provision: new Map(),
      options: { restart, recreate: new Set() },
    });
  }

  /** As `ai-vm up` does it. What failed is in the outcome; who was killed has none. */
  async up(
    vm: VmConfig,
    given: FaultOptions & { readonly restart?: boolean } = {},
  ): Promise<Outcome & { effects: string[] }> {
    const faults = new Faults(given);
    const plan = await this.plan(vm, given.restart);
    const outcome = await execute(
      plan,
      this.#handlers(vm, faults),
      () => undefined,
      faults.signal,
      () => 0,
    );
    return { ...outcome, effects: faults.effects };
  }

  state(): State {
    const { hardware, guest, servers, gateway } = this.machine!;
    const serverOf = (tag: string): string => {
      const device = [...hardware.devices.values()].find((each) => each.tag === tag);
      const server = servers.of(device?.chardev ?? '');
      return server ? `${server.share} ${server.mode}` : 'nobody';
    };
    const mounts = [...guest.mounts].map(([target, { tag, mode }]): [string, string] => [
      target,
      `${serverOf(tag)} ${mode}`,
    ]);
    const { storage: _, shares, ports, ...rest } = this.applied!.config;
    // Their order makes no difference to a machine.
    const by = <T>(list: readonly T[], key: (each: T) => string): T[] =>
      [...list].sort((a, b) => (key(a) < key(b) ? -1 : 1));
    const config = { ...rest, shares: by(shares, (each) => each.target), ports: by(ports, (each) => `${each.host}`) };
    return {
      mounts: Object.fromEntries(mounts.sort()),
      servers: servers.list
        .map(({ share, mode, client }) => `${share} ${mode}${client === null ? ' for nobody' : ''}`)
        .sort(),
      gateway: gateway.seen(),
      forwards: hardware.forwards.map((f) => `${f.protocol} ${f.bind}:${f.host}-${f.guest}`).sort(),
      vcpus: guest.vcpus.filter(Boolean).length,
      memory: hardware.spec.memory + (hardware.devices.get('memory1')?.size ?? 0),
      ...{ sshd: guest.sshd, logins: guest.logins(), grown: guest.fileSystem === hardware.diskSize },
      ...{ config, sshPort: this.applied!.sshPort },
    };
  }

  stop(): void {
    this.machine = null;
    this.applied = { ...this.applied!, stopped: true };
  }

  /** The guest boots by itself, as QEMU was first told. */
  reboot(): void {
    const { guest, parts, boot } = this.machine!;
    guest.boot(guestSettings(parts), boot.vm.cpus);
  }

  #handlers(vm: VmConfig, faults: Faults): Handlers {
    const record = async (next: Applied): Promise<void> => {
      await Promise.resolve();
      faults.act('record', () => (this.applied = next));
    };
    const act = (kind: string, work: () => void | Promise<void>) => async (_step: Step) => {
      faults.look();
      await work();
      this.done.push(kind);
    };
    const nothing = (kind: string) => act(kind, () => undefined);
    return {
      ...{ image: nothing('image'), template: nothing('template'), thaw: nothing('thaw'), health: nothing('health') },
      ...{ provision: nothing('provision'), ready: nothing('ready'), release: nothing('release') },
      create: act('create', () => {
        if (this.diskSize !== null) throw new Error('there is a disk already');
        this.diskSize = vm.storage;
        const packages = new Map(vm.image.packages.map((name) => [name, true]));
        this.disk = { packages, marks: new Set(), image: digestOf(vm.image) };
      }),
      delete: act('delete', () => {
        throw new Error('nobody has asked for that');
      }),
      stop: act('stop', () => {
        this.machine = null;
      }),
      start: act('start', () => {
        if (this.machine) throw new Error('a second QEMU on one disk');
        this.diskSize = Math.max(this.diskSize ?? 0, vm.storage);
        const sshPort = vm.ssh.declared ? vm.ssh.port : (this.applied?.sshPort ?? vm.ssh.port);
        this.machine = start(vm, this.diskSize, sshPort, this.disk);
        const { image } = this.disk;
        const disk = { image, declared: vm.image, wanted: digestOf(vm.image), isNew: this.applied === null };
        const { image: config, installed } = softwareOf(disk, this.applied);
        this.applied = {
          formatVersion: 1,
          config: { ...vm, image: config },
          image,
          installed,
          begun: (this.applied?.begun ?? []).filter(({ resource }) => resource === 'packages'),
          sshPort,
          stopped: false,
          provisioned: [],
          chassis: chassisOf(vm),
        };
      }),
      change: act('change', () => this.#change(vm, faults, record)),
    };
  }

  async #change(vm: VmConfig, faults: Faults, record: (next: Applied) => Promise<void>): Promise<void> {
    const seen = { ...(await this.observed(vm)), applied: this.applied! };
    const { boot, argv, guest } = this.machine!;
    const changes = changesOf(RESOURCES, vm, seen).filter((change) => change.class === 'live');
    if (seen.rebooted || (concernsGuest(RESOURCES, changes) && seen.applied.bootId === undefined)) {
      seen.applied = { ...seen.applied, bootId: guest.bootId };
      if (!seen.rebooted) await record(seen.applied);
    }
    const hands = handsOf(this.machine!, faults);
    const running = { ...boot, start: 'warm' as const, attached: seen.sightings.shares ?? [] };
    if (seen.rebooted) {
      const { config, sshPort } = seen.applied;
      await adjust(renewal({ ...running, vm: config, sshPort, judged: judgedOf(config.shares) }), hands);
      await record(seen.applied);
    }
    const { failed } = await makeChanges(
      {
        ...{ resources: RESOURCES, desired: vm, seen, hands, record },
        boot: { ...running, judged: new Map() },
        look: async () => (await look(hands.control, { uuid }, argv, this.applied, ...around(this.machine!))).sightings,
        judge: (shares) => Promise.resolve(judgedOf(shares)),
      },
      changes,
    );
    this.diskSize = this.machine!.hardware.diskSize;
    const [first] = failed.values();
    if (first) throw first;
  }
}

const share = (path: string, target: string, mode: 'ro' | 'rw'): ShareConfig => ({
  ...{ path, target, mode, driver: 'virtiofs', allowSensitive: false },
});
const shares = fc
  .uniqueArray(
    fc.record({
      path: fc.constantFrom('/s/a', '/s/b', '/s/c c'),
      target: fc.constantFrom('/a', '/b', "/it's here", '/d'),
      mode: fc.constantFrom('ro' as const, 'rw' as const),
    }),
    { maxLength: 4, selector: ({ target }) => target },
  )
  .map((list) => list.map(({ path, target, mode }) => share(path, target, mode)));
const HOSTS = [2222, 2223, 8000, 8001];
/** SSH and ports share the host's numbers, and may swap them. */
const ports = fc
  .tuple(
    fc.shuffledSubarray(HOSTS),
    fc.boolean(),
    fc.constantFrom(80, 81),
    fc.constantFrom('tcp' as const, 'udp' as const),
  )
  .map(([hosts, declared, guest, protocol]) => ({
    ssh: { port: declared ? (hosts[0] ?? 2222) : 2222, declared: declared && hosts.length > 0 },
    ports: hosts
      .slice(1)
      .filter((host) => (declared && hosts.length > 0) || host !== 2222)
      .map((host, n) => ({
        ...{ bind: '127.0.0.1', host, guest: guest + n, protocol: n === 0 ? protocol : ('tcp' as const) },
      })),
  }));

const reach = (over: Partial<NetworkConfig>): NetworkConfig => ({ ...OUTSIDE, ...over });
const networks = fc.constantFrom(
  ...[OUTSIDE, reach({ allowHost: [5432] }), reach({ egress: { kind: 'only', allow: [], presets: [] } })],
  reach({ egress: { kind: 'only', allow: [{ host: 'a.example.org', port: null }], presets: ['npm'] } }),
);

/** Any file of the machine. What only a restart or a new disk can change is rare. */
export const files: fc.Arbitrary<VmConfig> = fc
  .record({
    cpus: fc.constantFrom(1, 2, 3, 4),
    memory: fc.constantFrom(GiB, 1536 * MiB, 2 * GiB, 3 * GiB),
    storage: fc.constantFrom(5 * GiB, 6 * GiB, 7 * GiB),
    shares,
    packages: fc.subarray(['git', 'jq', 'tree']),
    users: fc.constantFrom(['dev'], ['dev', 'ann'], ['dev', 'ann', 'bob'], ['dev', 'bob']),
    env: fc.dictionary(fc.constantFrom('A', 'B', 'C'), fc.constantFrom('1', "it's", '"')),
    labels: fc.dictionary(fc.constantFrom('team', 'none'), fc.constantFrom('core', 'none')),
    healthcheck: fc.constantFrom(null, { test: 'true', interval: 1, timeout: 1, retries: 1, startPeriod: 0 }),
    net: ports,
    network: networks,
  })
  .map(({ net, packages, ...over }) => vmConfig({ ...over, ...net, image: debianImage(packages) }));

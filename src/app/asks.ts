/**
 * What a configuration asks for beyond its own directory and the loopback. Pure. A person consents to each on this host,
 * once; the consent is kept outside the repository, keyed by what was asked.
 */
import { createHash } from 'node:crypto';
import { isWithin } from '../host/share-rules.ts';
import type { Ask } from '../model/approval.ts';
import { egressText, PRESETS, ruleText, sameRule, type Egress, type NetworkConfig } from '../model/network.ts';
import { isTls, secretHostText } from '../model/secrets.ts';
import type { BorrowedFile, Desired, PortConfig, ShareConfig, VmConfig } from '../model/desired.ts';

/** `keys` are everything that the consent covers: any other value is another question. */
function ask(vm: string, text: string, risk: string, ...keys: readonly string[]): Ask {
  const digest = createHash('sha256')
    .update(JSON.stringify([vm, ...keys]))
    .digest('hex');
  return { vm, text, risk, digest };
}

/** @param realPath of the share, or its declared path when it does not exist */
function shareAsk(vm: VmConfig, share: ShareConfig, realPath: string, projectDir: string): Ask[] {
  if (isWithin(realPath, projectDir) && !share.allowSensitive) return [];
  const verb = share.mode === 'rw' ? 'read and write' : 'read';
  const risk =
    share.mode === 'rw'
      ? 'Everything in there can be read, changed and deleted from inside the machine.'
      : 'Everything in there can be read from inside the machine, and sent anywhere.';
  const sensitive = share.allowSensitive ? ' (allow_sensitive)' : '';
  return [
    ask(vm.name, `${verb} ${realPath}${sensitive}`, risk, 'share', realPath, share.mode, String(share.allowSensitive)),
  ];
}

const loopback = (bind: string): boolean => bind.startsWith('127.') || bind === '::1';

function portAsk(vm: VmConfig, port: PortConfig): Ask[] {
  if (loopback(port.bind)) return [];
  return [
    ask(
      vm.name,
      `be reached from other computers at ${port.bind}:${port.host}/${port.protocol}`,
      'Whoever reaches this host on the network reaches what listens there in the machine.',
      ...['port', port.bind, String(port.host), port.protocol, String(port.guest)],
    ),
  ];
}

function audioAsk(vm: VmConfig): Ask[] {
  const { audio } = vm;
  if (audio === false || audio.driver === 'none') return [];
  if (audio.driver === 'wav') {
    if (audio.path === null) return [];
    return [ask(vm.name, `write sound to the file ${audio.path}`, 'The file is overwritten.', 'wav', audio.path)];
  }
  const risk = 'The machine hears the microphone that the host has chosen, and plays through its speakers.';
  return [ask(vm.name, `use the microphone and the speakers through ${audio.driver}`, risk, 'audio', audio.driver)];
}

function authAsk(vm: VmConfig): Ask[] {
  return vm.agents
    .filter((agent) => agent.shareAuth)
    .map((agent) =>
      ask(
        vm.name,
        `use your ${agent.name} credentials`,
        'Whatever runs in the machine can act as you towards that service, and keep a copy.',
        ...['auth', agent.name],
      ),
    );
}

const HOST_RISK = 'What listens there, for you and for nobody else, is reached from inside the machine.';
const OUT_RISK = 'The machine can send there whatever it knows, and take in what is there.';

/** Services of the host are asked for always; what leaves is, where more does than up to now. */
function networkAsks({ name, network }: VmConfig, was: NetworkConfig | undefined): Ask[] {
  if (network) return [...hostAsks(name, network), ...(was ? egressAsks(name, network.egress, was.egress) : [])];
  const text = 'be without its gateway, and reach every network of this host and its loopback';
  return [ask(name, text, `${HOST_RISK} ${OUT_RISK}`, 'network', 'host')];
}

/** Each host by itself: another one is another question, and one less is none. */
function secretAsks({ name, secrets = [] }: VmConfig): Ask[] {
  return secrets.flatMap((secret) =>
    secret.hosts.map((host) => {
      const clear = isTls(host)
        ? 'To put it in, the TLS of the machine to this host is opened on this host.'
        : 'It travels in the clear there.';
      return ask(
        name,
        `use the value of the host variable ${secret.from} in requests to ${secretHostText(host)}`,
        `Whatever runs in the machine can act with it there, and does not get to know it. ${clear}`,
        ...['secret', secret.from, host.host, String(host.port)],
      );
    }),
  );
}

function hostAsks(name: string, { hostLoopback, allowHost }: NetworkConfig): Ask[] {
  if (hostLoopback)
    return [ask(name, 'reach all that listens on the loopback of this host', HOST_RISK, 'host-loopback')];
  return allowHost.map((port) =>
    ask(name, `reach port ${port} of the loopback of this host`, HOST_RISK, 'host-port', String(port)),
  );
}

function egressAsks(name: string, now: Egress, was: Egress): Ask[] {
  if (was.kind === 'open') return [];
  if (now.kind === 'open') {
    return [ask(name, `reach every public address, and not only ${egressText(was)}`, OUT_RISK, 'egress', 'open')];
  }
  const rules = now.allow.filter((rule) => !was.allow.some((before) => sameRule(rule, before)));
  const presets = now.presets.filter((preset) => !was.presets.includes(preset));
  return [
    ...rules.map((rule) => ask(name, `reach ${ruleText(rule)}`, OUT_RISK, 'egress', ruleText(rule))),
    ...presets.map((preset) => {
      const hosts = PRESETS[preset].map(ruleText).join(', ');
      return ask(name, `reach what ${preset} needs: ${hosts}`, OUT_RISK, 'egress-preset', preset);
    }),
  ];
}

const FLAKE_RISK =
  'Nix fetches it on this host and builds what it says, with what it fetches in turn; the guest is made from that.';
const MODULE_RISK = 'It decides what the guest is, and what it names in its directory becomes readable in there.';

function imageAsks({ name, image }: VmConfig, projectDir: string): Ask[] {
  if (image.provider !== 'nixos') return [];
  const { flake } = image;
  const outside = (path: string): boolean => !isWithin(path, projectDir);
  const shown = flake && (flake.output === null ? flake.ref : `${flake.ref}#${flake.output}`);
  return [
    ...(flake && (flake.kind === 'remote' || outside(flake.ref))
      ? [ask(name, `be made from the flake ${shown}`, FLAKE_RISK, 'flake', flake.ref, flake.output ?? '')]
      : []),
    ...image.modules
      .filter(outside)
      .map((path) => ask(name, `be made with the NixOS module ${path}`, MODULE_RISK, 'module', path)),
  ];
}

/** What the images of machines are made from, beyond the project itself. */
export const sourceAsks = ({ vms, dir }: Desired): Ask[] => vms.flatMap((vm) => imageAsks(vm, dir));

const BORROWED: Readonly<Record<BorrowedFile['as'], { readonly text: string; readonly risk: string }>> = {
  include: { text: 'come from', risk: 'What the file says of the machine counts as if it stood here.' },
  extends: { text: 'start from what is in', risk: 'What the file says of the machine counts as if it stood here.' },
  env_file: { text: 'have the variables in', risk: 'All that the file sets becomes known inside the machine.' },
  git: {
    text: 'take in',
    risk: 'It is fetched from there, and what it says of its machines counts as if it stood here.',
  },
  variables: { text: 'be made with the variables in', risk: 'Values of the file may become known inside the machine.' },
};

/** A file that changes is another one. */
export function borrowedAsk({ vm, as, path, digest }: BorrowedFile): Ask {
  const { text, risk } = BORROWED[as];
  if (as === 'git') return ask(vm, `${text} ${path}`, risk, as, path);
  return ask(vm, `${text} ${path}, as it is now (${as})`, risk, 'file', as, path, digest);
}

/**
 * @param realPaths declared share path → real path
 * @param applied machine → what it was last given: what it may reach is asked for where it is more than that
 * @returns in the order of the file, without repetition
 */
export function asksOf(
  desired: Desired,
  realPaths: ReadonlyMap<string, string>,
  applied: ReadonlyMap<string, VmConfig> = new Map(),
): Ask[] {
  const all = desired.vms.flatMap((vm) => [
    ...vm.shares.flatMap((share) => shareAsk(vm, share, realPaths.get(share.path) ?? share.path, desired.dir)),
    ...vm.ports.flatMap((port) => portAsk(vm, port)),
    ...audioAsk(vm),
    ...networkAsks(vm, applied.get(vm.name)?.network),
    ...secretAsks(vm),
    ...authAsk(vm),
    ...imageAsks(vm, desired.dir),
  ]);
  const drawn = desired.drawn.map(({ variable, vm, field }) => {
    const risk = 'The value of this variable of your environment becomes known inside the machine.';
    return ask(vm, `see the host variable ${variable}, in ${field}`, risk, 'variable', variable, field);
  });
  const borrowed = desired.borrowed.map(borrowedAsk);
  return [...new Map([...borrowed, ...all, ...drawn].map((a) => [a.digest, a])).values()];
}

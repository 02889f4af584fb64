/**
 * What a configuration asks for beyond its own directory and the loopback. Pure. A person consents to each on this host,
 * once; the consent is kept outside the repository, keyed by what was asked.
 */
import { createHash } from 'node:crypto';
import { isWithin } from '../host/share-rules.ts';
import type { Ask } from '../model/approval.ts';
import type { Desired, PortConfig, ShareConfig, VmConfig } from '../model/desired.ts';

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

/**
 * @param realPaths declared share path → real path
 * @returns in the order of the file, without repetition
 */
export function asksOf(desired: Desired, realPaths: ReadonlyMap<string, string>): Ask[] {
  const all = desired.vms.flatMap((vm) => [
    ...vm.shares.flatMap((share) => shareAsk(vm, share, realPaths.get(share.path) ?? share.path, desired.dir)),
    ...vm.ports.flatMap((port) => portAsk(vm, port)),
    ...audioAsk(vm),
    ...authAsk(vm),
  ]);
  const drawn = desired.drawn.map(({ variable, field }) => {
    const vm = /^vms\.([^.]+)/.exec(field)?.[1] ?? '*';
    const risk = 'The value of this variable of your environment becomes known inside the machine.';
    return ask(vm, `see the host variable ${variable}, in ${field}`, risk, 'variable', variable, field);
  });
  return [...new Map([...all, ...drawn].map((a) => [a.digest, a])).values()];
}

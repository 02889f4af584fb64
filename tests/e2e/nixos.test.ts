/**
 * A machine whose image Nix builds, driven like any other. What Nix builds here is what mmdebstrap has built before, since no
 * nixpkgs can be had: all else on the way from the file to the guest is real.
 */
import { lstatSync, mkdirSync, readFileSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, expect } from '@jest/globals';
import { execa } from 'execa';
import { asGuestRoot, inGuest, machine, until } from '../support/guest.ts';
import { askTcp, freePorts } from '../support/network.ts';
import { NixHome } from '../support/nix-home.ts';
import type { CliResult } from '../support/cli.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';

const ports = { first: 0, second: 0 };
let nix: NixHome | undefined;
const opened = (): NixHome => {
  if (nix === undefined) throw new Error('there is no store yet');
  return nix;
};

const file = (fields = ''): string => `
name: nix
vms:
  dev:
    image: {modules: [./nix/my.nix], store: host}
    cpus: 1
    memory: 1GiB
    storage: 5GiB
    packages: {nixos: [hello]}
    shares: [./work, {path: ./docs, mode: ro}]
    ports: ['${ports.first}:8080']
${fields}`;

const MODULE = '{ deep = import ../lib/value.nix; warm = true; }\n';

const SERVER = `
cat >/tmp/serve.pl <<'END'
use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalPort => 8080, Listen => 5, ReuseAddr => 1) or die;
while (my $client = $server->accept) { my $line = <$client>; print $client "heard $line"; close $client }
END
systemd-run --quiet --unit serve perl /tmp/serve.pl
`;

/** Images of its own: those of other scenarios are no links into a store that goes with this one. */
const env = (box: Sandbox): Record<string, string> => ({ ...opened().env(), AI_VM_IMAGES: join(box.home, 'images') });

const ok = (box: Sandbox, ...args: string[]): Promise<string> => box.ok(args, { env: env(box) });
const run = (box: Sandbox, ...args: string[]): Promise<CliResult> => box.cli(args, { env: env(box) });

const links = (box: Sandbox): string[] =>
  readdirSync(join(box.home, 'images')).filter((name) => lstatSync(join(box.home, 'images', name)).isSymbolicLink());

const templates = (box: Sandbox): string[] =>
  readdirSync(join(box.home, 'images/templates')).filter((name) => !name.startsWith('.'));

/** The bundle of a plain Debian machine, built or in the cache. */
async function debianBundle(box: Sandbox): Promise<string> {
  box.write('debian/ai-vm.yaml', 'name: plain\nvms: {dev: {image: debian, warm: false}}\n');
  const text = await box.ok(['build'], { cwd: join(box.project, 'debian') });
  return text.trim().split('\t')[1] ?? '';
}

/** A path in the store of this host, as its Nix adds one. */
let stored = '';
const storedInside = (): string => `/nix/.host-store/${basename(stored)}/text`;
const hostNix = async (...args: readonly string[]): Promise<string> => {
  const env = { NIX_CONFIG: 'experimental-features = nix-command flakes\nbuild-users-group =\nsubstituters =' };
  return (await execa('nix', ['store', ...args], { env })).stdout.trim();
};

afterAll(async () => {
  await nix?.remove();
  if (stored !== '') await hostNix('delete', stored);
});

scenario(
  'a machine whose image Nix builds',
  async () => {
    const [first = 0, second = 0] = await freePorts(2);
    Object.assign(ports, { first, second });
    const files = { 'ai-vm.yaml': file(), 'nix/my.nix': MODULE, 'lib/value.nix': '"value"\n', 'docs/b': 'docs' };
    return { files, ports: [first, second] };
  },
  (obligation) => {
    let pid: number | null = null;

    obligation('is shown no store of the host that was not allowed', async (box) => {
      const marker = join(box.dir, 'marker');
      mkdirSync(marker);
      writeFileSync(join(marker, 'text'), 'from the store of the host\n');
      stored = await hostNix('add-path', '--name', 'ai-vm-marker', marker);
      nix = new NixHome();
      const { code, stderr } = await run(box, 'up');
      expect({ code, stderr }).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('read /nix/store') as unknown,
      });
      await nix.remove();
    });

    obligation('is built from its file, its modules and its packages', async (box) => {
      nix = new NixHome(await debianBundle(box));
      await ok(box, 'approve', '--yes');
      const { code, stderr } = await run(box, 'up', '--progress', 'json');
      expect({ code, stderr }).toMatchObject({ code: 0 });
      expect(stderr).toMatch(/building ai-vm-guest/u);
      ({ pid } = await machine(box));
      const [link] = links(box);
      const target = realpathSync(join(box.home, 'images', link!));
      expect(target.startsWith(`${opened().store}/`)).toBe(true);
      expect(JSON.parse(readFileSync(join(target, 'parameters.json'), 'utf8'))).toMatchObject({
        ...{ packages: ['hello'], modules: ['modules/project/nix/my.nix'], user: 'dev' },
      });
      expect(JSON.parse(readFileSync(join(target, 'modules.json'), 'utf8'))).toEqual([{ deep: 'value', warm: true }]);
    });

    obligation('has its users, shares and ports', async (box) => {
      expect(await inGuest(box, 'id -un; sudo -n id -un')).toBe('dev\nroot\n');
      await inGuest(box, 'printf work >/mnt/host-rw/work/a; cat /mnt/host-ro/docs/b');
      expect(readFileSync(join(box.project, 'work/a'), 'utf8')).toBe('work');
      expect((await run(box, 'exec', 'dev', '--', 'touch', '/mnt/host-ro/docs/c')).code).not.toBe(0);
      await asGuestRoot(box, SERVER);
      expect(await until('an answer', async () => (await askTcp(ports.first, 'hello')) || null)).toBe('heard hello\n');
    });

    obligation('reads the store of the host, and cannot write to it', async (box) => {
      const inside = storedInside();
      expect(await inGuest(box, `cat ${inside}`)).toBe('from the store of the host\n');
      await asGuestRoot(box, `! touch /nix/.host-store/new && ! rm -f ${inside} && ! sh -c 'echo x >${inside}'`);
      await asGuestRoot(box, 'mount -o remount,rw /nix/.host-store || :; ! touch /nix/.host-store/new');
      expect(readFileSync(join(stored, 'text'), 'utf8')).toBe('from the store of the host\n');
      expect(readdirSync('/nix/store')).not.toContain('new');
    });

    obligation('is changed while it runs', async (box) => {
      box.write('ai-vm.yaml', file('    env: {COLOUR: red}\n').replace(`${ports.first}:8080`, `${ports.second}:8080`));
      await ok(box, 'up');
      expect(await machine(box)).toMatchObject({ pid });
      expect(await askTcp(ports.second, 'again')).toBe('heard again\n');
      expect(await inGuest(box, 'echo "$COLOUR"')).toBe('red\n');
    });

    obligation('asks for a new disk when a file that its module imports has changed', async (box) => {
      const pending = async (): Promise<unknown> => {
        const { vms } = JSON.parse(await ok(box, 'plan', '--format', 'json')) as { vms: { pending: unknown }[] };
        return vms[0]?.pending;
      };
      expect(await pending()).toEqual([]);
      box.write('lib/value.nix', '"another"\n');
      expect(await pending()).toMatchObject([{ field: 'image', class: 'recreate' }]);
      box.write('lib/value.nix', '"value"\n');
      expect(await pending()).toEqual([]);
    });

    obligation('keeps its image from the garbage collector', async (box) => {
      await opened().collectGarbage();
      await ok(box, 'down');
      await ok(box, 'up');
      expect(await inGuest(box, `echo "$COLOUR"; cat ${storedInside()}`)).toBe('red\nfrom the store of the host\n');
      await ok(box, 'rm', '--yes', 'dev');
    });

    obligation('has a template where what makes its image says that it can start warm, and else none', async (box) => {
      expect(templates(box)).toHaveLength(1);
      box.write('nix/my.nix', MODULE.replace('warm = true; ', ''));
      await ok(box, 'build');
      expect(links(box)).toHaveLength(2);
      expect(templates(box)).toHaveLength(1);
      box.write('nix/my.nix', MODULE);
    });

    obligation('starts warm when it is new, and needs no Nix for that', async (box) => {
      const { env: watched, calls } = opened().watched();
      const { code, stderr } = await box.cli(['up', '--progress', 'json'], { env: { ...env(box), ...watched } });
      expect({ code, stderr }).toMatchObject({ code: 0 });
      expect(stderr).toMatch(/restoring its memory/u);
      expect(calls()).toBe('');
      expect(await inGuest(box, 'echo "$COLOUR"')).toBe('red\n');
    });

    obligation('is NixOS still when its file says nothing of an image any more', async (box) => {
      box.write('ai-vm.yaml', file().replace(/ +image:.*\n/u, ''));
      const { machines } = JSON.parse(await ok(box, 'ps', '--format', 'json')) as { machines: { image: string }[] };
      expect(machines).toMatchObject([{ image: 'nixos' }]);
      expect(await ok(box, 'config')).toMatch(/image: nixos/u);
      box.write('ai-vm.yaml', file());
    });
  },
);

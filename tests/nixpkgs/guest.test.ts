import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { factsOf, type Facts } from '../support/guests.ts';

const TREE = process.env['AI_VM_TEST_NIXPKGS'] ?? '';
/** One evaluation, on a machine that does other things as well (milliseconds). */
const LONG = 300_000;

const BASE = { formatVersion: 1, system: 'x86_64-linux' };

describe('a guest as most are', () => {
  let facts: Facts;
  beforeAll(() => {
    facts = factsOf({ ...BASE, agents: ['claude'], packages: ['postgresql'] }, TREE);
  }, LONG);

  it('makes no account, and nobody has a password', () => {
    expect(facts.users).toEqual({ normal: [], withPassword: [], mutableUsers: true });
  });

  it('lets in by key alone, with the key and the variables that the host gives', () => {
    expect(facts.ssh).toMatchObject({
      ...{ enable: true, ports: [22], startWhenNeeded: false, hostKeys: [], aliases: ['ssh.service'] },
      ...{ PasswordAuthentication: false, KbdInteractiveAuthentication: false, PermitRootLogin: 'prohibit-password' },
    });
    expect(facts.ssh['authorizedKeysFiles']).toContain('%h/.ssh/authorized_keys');
    expect(facts.ssh.extraConfig).toMatch(/^HostKey \/etc\/ssh\/ssh_host_ed25519_key$/m);
    expect(facts.ssh.extraConfig).toMatch(/^Include \/etc\/ssh\/sshd_config\.d\/\*\.conf$/m);
  });

  it('leaves to a session the variables that it began with, whatever NixOS has for everybody', () => {
    const session = { SSH_CONNECTION: 'x', EDITOR: 'vim', LANG: 'C', HOME: '/root', USER: 'root' };
    const shown = (env: Record<string, string>): string =>
      execFileSync('bash', ['--norc', '-c', `${facts.environment}\necho "$EDITOR $LANG $PAGER"`], {
        env,
        encoding: 'utf8',
      });
    expect(shown(session)).toBe('vim C less\n');
    expect(shown({ HOME: '/root', USER: 'root' })).toBe('nano C.UTF-8 less\n');
  });

  it('has the list of certificates as a file that tmpfiles can copy', () => {
    const source = expect.stringMatching(/^\/nix\/store\/.*\.crt$/) as unknown;
    expect(facts.trust).toEqual({ mode: '0644', target: 'ssl/certs/ca-certificates.crt', source });
  });

  it('has files that a new home has copies of, and not links to the store', () => {
    const copied = ['skel/.bash_logout', 'skel/.bashrc', 'skel/.profile'];
    expect(facts.skel).toEqual(Object.fromEntries(copied.map((name) => [name, '0644'])));
  });

  it('asks for no password of who may use sudo', () => {
    expect(facts.sudo).toMatchObject({ enable: true });
    expect(facts.sudo.extraConfig).toContain('@includedir /etc/sudoers.d');
  });

  it('has the agent, and what takes users and files from credentials before it', () => {
    expect(facts.agent.enable).toBe(true);
    // It answers when there are users, and when what is written has the room that the disk has.
    expect(facts.agent.after).toEqual(expect.arrayContaining(['guest-settings.service', 'grow-root.service']));
    expect(facts.units).toEqual(expect.arrayContaining(['guest-settings', 'qemu-guest-agent', 'grow-root']));
    expect(facts.initrd.modules).toEqual(expect.arrayContaining(['qemu_fw_cfg', 'virtio_blk', 'virtio_pci']));
  });

  it('carries out what its host gives it by its own unit alone, at boot and not at a rebuild', () => {
    expect(facts.imported.system).toEqual({ 'systemd-tmpfiles-setup': '', 'systemd-tmpfiles-resetup': '' });
    expect(facts.imported.initrd).toMatchObject({ 'systemd-tmpfiles-setup': '' });
  });

  it('is named by its host, and leaves ports to it', () => {
    expect(facts.hostName).toBe('');
    expect(facts.lookup.join(' ')).toMatch(/\bfiles\b.*\bmyhostname\b/);
    // The host writes no /etc/hosts in here.
    expect(facts.hosts).toMatchObject({ '10.0.2.2': ['host.ai-vm.internal'] });
    expect(facts.firewall).toBe(false);
  });

  it('has a root that can be laid under a scratch disk, and a store that can be written', () => {
    expect(facts.mounts['/']).toMatchObject({ device: '/dev/vda', fsType: 'ext4' });
    expect(facts.mounts['/nix/.ro-store']).toMatchObject({ fsType: 'erofs', neededForBoot: true });
    expect(facts.mounts['/nix/.ro-store']?.options).toContain('ro');
    expect(facts.mounts['/nix/store']).toMatchObject({ fsType: 'overlay', neededForBoot: true });
    expect(facts.initrd.systemd).toBe(true);
    expect(facts.initrd.units).toEqual(expect.arrayContaining(['sysroot-overlay', 'sysroot.mount']));
    expect(facts.initrd.modules).toEqual(expect.arrayContaining(['ext4', 'erofs', 'overlay']));
    expect(facts.units).toContain('nix-register');
  });

  it('boots what a link on its disk says, so that a rebuild lasts', () => {
    const { params } = facts.manifest.boot;
    expect(params.filter((param) => /^(root|init)=/.test(param))).toEqual([
      'root=fstab',
      'init=/nix/var/nix/gcroots/ai-vm-boot/init',
    ]);
  });

  it('has the development tools, what was asked for, and the agent by its name', () => {
    const tools = [
      ...['curl', 'wget', 'git', 'vim', 'nano', 'htop', 'pstree', 'tree', 'unzip', 'fish', 'rsync', 'bat', 'jq'],
      ...['file', 'tmux', 'fd', 'ripgrep', 'ripgrep-all', 'nodejs', 'python3', 'rustc', 'cargo', 'go', 'gcc-wrapper'],
      ...['gnumake', 'postgresql', 'claude-code', 'start-claude', 'rebuild', 'nixos-rebuild'],
    ];
    expect(tools.filter((tool) => !facts.packages.includes(tool))).toEqual([]);
    expect(facts.shell).toBe('fish');
    expect(facts.nix).toMatchObject({ 'experimental-features': ['nix-command', 'flakes'], gc: true, ld: true });
  });

  it('has its own configuration in /etc/nixos', () => {
    expect(facts.units).toContain('etc-nixos');
    // Whoever it does not belong to can look at it, and build from it.
    expect(facts.git).toMatch(/^\[safe\]\n\s*directory = "\/etc\/nixos"$/m);
  });

  it('says what it is in its manifest', () => {
    expect(facts.manifest).toMatchObject({ provider: 'nixos', arch: 'x86_64', agents: ['claude'] });
    expect(facts.manifest.versions.systemd).toBeGreaterThanOrEqual(254);
    expect(facts.manifest.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it('boots, and has all the same what a template would ask of it', () => {
    expect(facts.manifest.features).not.toContain('warm');
    // The host writes in there before all else, and hands files over by this.
    expect(facts.provision).toContain('/etc/ssh/sshd_config.d');
  });

  it('has neither desktop nor sound', () => {
    expect(facts.desktop).toMatchObject({ plasma: false, sddm: false, firefox: false });
    expect(facts.audio).toBe(false);
  });
});

describe('a guest with a desktop and sound', () => {
  it(
    'has Plasma on Wayland for whom it is for, Firefox, and PulseAudio',
    () => {
      const facts = factsOf({ ...BASE, desktop: true, audio: true, user: 'alice' }, TREE);
      expect(facts.desktop).toEqual({ plasma: true, sddm: true, wayland: true, firefox: true, autoLogin: 'alice' });
      expect(facts.audio).toBe(true);
      expect(facts.users.withPassword).toEqual([]);
    },
    LONG,
  );
});

describe('a guest with a module', () => {
  it(
    'can start warm when that says so',
    () => {
      const guest = { ...BASE, modules: ['modules/0.nix'] };
      const { manifest } = factsOf(guest, TREE, { 'modules/0.nix': '{ ai-vm.warm = true; }\n' });
      expect(manifest.features).toContain('warm');
    },
    LONG,
  );
});

describe('what cannot be', () => {
  it.each([
    ['a package that is not there', { packages: ['no-such-package'] }, /has no package "no-such-package"/],
    ['an unfree package without its name', { packages: ['unrar'] }, /unfree/],
  ])(
    'is said: %s',
    (_what, more, said) => {
      expect(() => factsOf({ ...BASE, ...more }, TREE)).toThrow(said);
    },
    LONG,
  );
});

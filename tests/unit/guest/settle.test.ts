import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  failedSteps,
  growScript,
  mountSteps,
  prepare,
  settleScript,
  type Script,
  type Self,
} from '../../../src/guest/settle.ts';
import { prepareWaiting, waitAt, waitingPlace } from '../../../src/guest/waiting.ts';
import type { GuestSettings } from '../../../src/model/boot.ts';
import type { GuestStep } from '../../../src/model/live.ts';

const SELF: Self = {
  hostname: 'shop',
  machineId: '0123456789abcdef0123456789abcdef',
  mac: '52:54:00:12:34:56',
  hostKey: '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n',
  hostKeyPublic: 'ssh-ed25519 AAAAhost shop',
  seed: 'c2VlZA==',
  now: 1_790_000_000_123,
};
const SETTINGS: GuestSettings = {
  mounts: [{ tag: 'rw1-a', target: '/mnt/host-rw/a', type: 'virtiofs', options: ['rw'] }],
  users: [{ name: 'dev', uid: 1000, groups: ['sudo'], sudo: true, authorizedKeys: ['ssh-ed25519 AAAA dev'] }],
  files: [{ path: '/etc/motd', mode: '0644', owner: 'root', group: 'root', content: 'hello\n' }],
};

describe('the scripts', () => {
  it('that tell a machine who it is', () => {
    const more = [{ title: 'do more', script: 'more\n' }];
    expect(settleScript(SETTINGS, SELF, more).text).toMatchInlineSnapshot(`
      "exec 2>&1
      { echo 1 >/proc/sys/net/ipv4/conf/eth0/arp_notify
      [ -z "\${link-}" ] || printf %s 'link set dev eth0 address 52:54:00:12:34:56
      ' 1<>"$pipes/link"
      } || echo ai-vm-failed 0
      { made=
      [ ! -s /etc/.ai-vm/made ] || read -r made </etc/.ai-vm/made
      case $made in
      17abf9d08b68c5f1) : >/etc/.ai-vm/made ;;
      *)
      [ -z "$made" ] || { set --; for list in group gshadow shadow passwd; do if [ -e /etc/.ai-vm/$list ]; then set -- "$@" /etc/.ai-vm/$list; elif [ -e /etc/.ai-vm/no-$list ]; then rm -f /etc/$list; fi; done; [ $# = 0 ] || mv -f "$@" /etc/ && : >/etc/.ai-vm/made; } &&
      if there=0
      while IFS=: read -r name _ uid _; do
      case $name:$uid in dev:1000) there=$((there + 1)) ;; esac
      done </etc/passwd
      [ $there = 1 ]
      then :
      else
      printf %s 'u dev 1000 "dev" /home/dev /bin/bash
      m dev sudo
      ' >/run/ai-vm/credentials/sysusers.extra &&
      CREDENTIALS_DIRECTORY=/run/ai-vm/credentials systemd-sysusers /dev/null >/dev/null
      fi
      ;;
      esac
      } || echo ai-vm-failed 1
      { text='L+ /run/ai-vm/sshd_config - - - - /etc/ssh/sshd_config
      d /home/dev 0750 dev dev -
      C /home/dev/.bashrc 0644 dev dev - /etc/skel/.bashrc
      C /home/dev/.profile 0644 dev dev - /etc/skel/.profile
      C /home/dev/.bash_logout 0644 dev dev - /etc/skel/.bash_logout
      d /home/dev/.ssh 0700 dev dev -
      f+~ "/home/dev/.ssh/authorized_keys" 0600 dev dev - c3NoLWVkMjU1MTkgQUFBQSBkZXYK
      f+~ "/etc/sudoers.d/90-ai-vm-dev" 0440 root root - ZGV2IEFMTD0oQUxMOkFMTCkgTk9QQVNTV0Q6IEFMTAo=
      f+~ "/etc/motd" 0644 root root - aGVsbG8K
      '
      [ -z "\${files-}" ] || printf %s "$text" 1<>"$pipes/tmpfiles"
      } || echo ai-vm-failed 2
      { umask 077
      printf %s '-----BEGIN OPENSSH PRIVATE KEY-----
      AAAA
      -----END OPENSSH PRIVATE KEY-----
      ' >/etc/ssh/ssh_host_ed25519_key &&
      umask 022 &&
      printf %s 'ssh-ed25519 AAAAhost shop
      ' >/etc/ssh/ssh_host_ed25519_key.pub &&
      { [ ! -p /run/ai-vm/sshd_config ] || echo 'Include /etc/ssh/sshd_config' 1<>/run/ai-vm/sshd_config; } &&
      if [ -s /run/sshd.pid ]; then read -r pid </run/sshd.pid && : >/run/sshd.pid && kill -HUP "$pid" && again=yes; fi
      } || echo ai-vm-failed 3
      { date -s @1790000000.123 >/dev/null
      } || echo ai-vm-failed 4 &
      { echo 'c2VlZA==' >/dev/urandom
      } || echo ai-vm-failed 5
      { echo 'shop' >/proc/sys/kernel/hostname
      } || echo ai-vm-failed 6
      { echo '0123456789abcdef0123456789abcdef' >/etc/machine-id
      } || echo ai-vm-failed 7
      { [ -d '/mnt/host-rw/a' ] || mkdir -p -- '/mnt/host-rw/a'
      tries=0
      until mount -t virtiofs -o 'rw' -- 'rw1-a' '/mnt/host-rw/a' 2>/dev/null || mountpoint -q -- '/mnt/host-rw/a'; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || break
        sleep 0.05
      done
      [ "$tries" -lt 100 ]
      } || echo ai-vm-failed 8
      { { [ -n "\${files-}" ] && wait "$files" && files=; } || {
      files=
      printf %s "$text" >/run/ai-vm/credentials/tmpfiles.extra &&
      CREDENTIALS_DIRECTORY=/run/ai-vm/credentials systemd-tmpfiles --create --boot provision.conf
      code=$?
      printf '' >/run/ai-vm/credentials/tmpfiles.extra
      [ $code = 0 ]
      }
      } || echo ai-vm-failed 9
      { more
      } || echo ai-vm-failed 10
      { { [ -n "\${link-}" ] && wait "$link" && link=; } || {
      link=
      ip link set dev eth0 address '52:54:00:12:34:56'
      }
      } || echo ai-vm-failed 11
      { [ -z "\${again:-}" ] || {
      tries=0
      until [ -s /run/sshd.pid ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 200 ] || break
        sleep 0.05
      done
      [ "$tries" -lt 200 ]
      }
      } || echo ai-vm-failed 12
      { [ ! -e /sys/fs/cgroup/system.slice/systemd-journald.service/cgroup.freeze ] || echo 0 >/sys/fs/cgroup/system.slice/systemd-journald.service/cgroup.freeze
      [ ! -e /sys/fs/cgroup/system.slice/systemd-udevd.service/cgroup.freeze ] || echo 0 >/sys/fs/cgroup/system.slice/systemd-udevd.service/cgroup.freeze
      [ ! -e /sys/fs/cgroup/init.scope/cgroup.freeze ] || echo 0 >/sys/fs/cgroup/init.scope/cgroup.freeze
      } || echo ai-vm-failed 13
      wait
      echo ai-vm-done
      "
    `);
  });

  it('that let it grow', () => {
    const { text, steps } = growScript([{ title: 'grow its disk', script: 'growfs /\n', late: true }]);
    expect(text).toMatchInlineSnapshot(`
      "exec 2>&1
      { growfs /
      } || echo ai-vm-failed 0
      { [ ! -d /etc/.ai-vm ] || rm -rf /etc/.ai-vm
      } || echo ai-vm-failed 1
      { systemctl restart --no-block systemd-journald.service
      } || echo ai-vm-failed 2
      echo ai-vm-done
      "
    `);
    expect(steps.map(({ title }) => title)).toEqual([
      'grow its disk',
      'forget the lists of its template',
      'begin its journal',
    ]);
  });

  it('mount the outer before the inner, whatever order they were declared in', () => {
    const mount = (target: string) => ({ ...SETTINGS.mounts[0]!, target });
    const titles = mountSteps({ ...SETTINGS, mounts: ['/a/b/c', '/d', '/a', '/a/b'].map(mount) }).map((s) => s.title);
    expect(titles).toEqual(['mount /a', 'mount /a/b', 'mount /a/b/c', 'mount /d']);
  });

  it('call everything vital that makes a machine itself, and no mount', () => {
    const { steps } = settleScript(SETTINGS, SELF, []);
    expect(steps.filter((step) => step.vital !== true).map((step) => step.title)).toEqual(['mount /mnt/host-rw/a']);
  });
});

/** A guest of which there are only the places that the scripts write to, and programs that note how they were called. */
let root: string;
const STUBS = [
  'date',
  'ip',
  'mkdir',
  'mount',
  'mountpoint',
  'mv',
  'rm',
  'sleep',
  'systemctl',
  'systemd-sysusers',
  'systemd-tmpfiles',
];
const NET = '/proc/sys/net/ipv4/conf/eth0';
const PLACES =
  /(?<![\w/])\/(run\/ai-vm|run\/sshd\.pid|etc\/ssh|etc\/machine-id|etc\/\.ai-vm|etc\/passwd|etc\/\$list|proc\/sys|dev\/urandom|sys\/fs\/cgroup)/gu;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ai-vm-settle-'));
  for (const dir of ['bin', 'calls', 'run/ai-vm/credentials', 'etc/ssh', 'dev', 'proc/sys/kernel', NET.slice(1)]) {
    await mkdir(join(root, dir), { recursive: true });
  }
  await writeFile(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/bash\n');
  for (const name of STUBS) await stub(name);
});
afterEach(() => rm(root, { recursive: true }));

/** @param then what it does after it has noted its arguments and the credentials that it would read */
async function stub(name: string, then = ''): Promise<void> {
  const text = `#!/bin/sh
calls=${root}/calls/${name}
for argument; do printf '%s\\0' "$argument" >>"$calls"; done
printf '\\001\\0' >>"$calls"
${then}
`;
  await writeFile(join(root, 'bin', name), text);
  await chmod(join(root, 'bin', name), 0o755);
}

/** How a program was called: one list of arguments for each time. */
async function calls(name: string): Promise<string[][]> {
  const text = await readFile(join(root, 'calls', name), 'utf8').catch(() => '');
  return text
    .split('\u0001\0')
    .slice(0, -1)
    .map((call) => call.split('\0').slice(0, -1));
}

/** The script as it would run in the guest, but that what is outside of quotes is below `root`: it must not touch this host. */
function moved({ text }: Script): string {
  const parts = text.split(/('[^']*'|\\')/);
  const local = parts.map((part, n) => (n % 2 === 1 ? part : part.replaceAll(PLACES, (place) => root + place)));
  const outside = local
    .filter((_, n) => n % 2 === 0)
    .join('')
    .matchAll(/>\s*(\S+)/g);
  for (const [, target] of outside) expect(target).toMatch(new RegExp(`^(${root}|"\\$pipes/|/dev/null$|&1$|&2;?$)`));
  return local.join('');
}

const run = (script: Script, input = moved(script)): Promise<string> =>
  new Promise((resolve, reject) => {
    const options = { env: { PATH: join(root, 'bin') }, cwd: root };
    const child = execFile('/bin/sh', ['-s'], options, (error, stdout) => {
      if (error && typeof error.code !== 'number') reject(new Error('no shell', { cause: error }));
      else resolve(stdout);
    });
    child.stdin?.end(input);
  });

const failed = async (script: Script): Promise<string[]> =>
  failedSteps(await run(script), script).map((step) => step.title);
const written = (path: string): Promise<string> => readFile(join(root, path), 'utf8');

describe('a shell that runs them', () => {
  it('makes the machine itself', async () => {
    expect(await failed(settleScript(SETTINGS, SELF, []))).toEqual([]);
    expect(await written('etc/ssh/ssh_host_ed25519_key')).toBe(SELF.hostKey);
    expect(await written('etc/ssh/ssh_host_ed25519_key.pub')).toBe(`${SELF.hostKeyPublic}\n`);
    expect(await written('proc/sys/kernel/hostname')).toBe('shop\n');
    expect(await written('etc/machine-id')).toBe(`${SELF.machineId}\n`);
    expect(await written('dev/urandom')).toBe(`${SELF.seed}\n`);
    expect(await calls('date')).toEqual([['-s', '@1790000000.123']]);
    expect(await calls('ip')).toEqual([['link', 'set', 'dev', 'eth0', 'address', SELF.mac]]);
    expect(await calls('mount')).toEqual([['-t', 'virtiofs', '-o', 'rw', '--', 'rw1-a', '/mnt/host-rw/a']]);
    expect(await calls('mkdir')).toEqual([['-p', '--', '/mnt/host-rw/a']]);
    expect(await calls('systemd-sysusers')).toEqual([['/dev/null']]);
    expect(await calls('systemd-tmpfiles')).toEqual([['--create', '--boot', 'provision.conf']]);
  });

  const passwd = (...names: string[]): Promise<void> =>
    writeFile(join(root, 'etc/passwd'), ['root:x:0:0::', ...names].map((name) => `${name}:/home:/bin/bash\n`).join(''));

  it('makes no users that are there, and all where one is not, or is another one', async () => {
    const users = [1000, 1001].map((uid) => ({ ...SETTINGS.users[0]!, name: `u${uid}`, uid }));
    const made = async (): Promise<number> => {
      expect(await failed(settleScript({ ...SETTINGS, users }, SELF, []))).toEqual([]);
      return (await calls('systemd-sysusers')).length;
    };
    await passwd('u1000:x:1000:1000:', 'u1001:x:1001:1001:');
    expect(await made()).toBe(0);
    await passwd('u1000:x:1000:1000:');
    expect(await made()).toBe(1);
    await passwd('u1000:x:1000:1000:', 'u1001:x:1002:1002:');
    expect(await made()).toBe(2);
  });

  describe('in a clone of a template that has users', () => {
    const kept = (): string => join(root, 'etc/.ai-vm');
    const names = ['group', 'gshadow', 'shadow', 'passwd'];
    beforeEach(async () => {
      const marker = /echo (\w+) >\/etc\/\.ai-vm\/made/u.exec(prepare(SETTINGS.users))?.[1] ?? '';
      await mkdir(kept());
      for (const name of names) await writeFile(join(kept(), name), '');
      await writeFile(join(kept(), 'made'), `${marker}\n`);
    });
    const settled = async (users: GuestSettings['users']): Promise<void> => {
      expect(await failed(settleScript({ ...SETTINGS, users }, SELF, []))).toEqual([]);
    };
    const others = [{ ...SETTINGS.users[0]!, uid: 1001 }];

    it('has them without any more ado when they are its own', async () => {
      await settled(SETTINGS.users);
      expect([...(await calls('mv')), ...(await calls('systemd-sysusers'))]).toEqual([]);
      expect(await written('etc/.ai-vm/made')).toBe('');
      // They are a machine's by now: one that is made of it never goes back behind that.
      await settled(others);
      expect(await calls('mv')).toEqual([]);
      expect(await calls('systemd-sysusers')).toHaveLength(1);
    });

    it('has none of them when it has others, or none', async () => {
      await passwd('dev:x:1000:1000:', 'dev:x:1001:1001:');
      await settled([]);
      expect(await calls('mv')).toEqual([['-f', ...names.map((name) => join(kept(), name)), '/etc/']]);
      expect(await written('etc/.ai-vm/made')).toBe('');
    });

    it('has no list that its image has not', async () => {
      await rm(join(kept(), 'gshadow'));
      await writeFile(join(kept(), 'no-gshadow'), '');
      await settled(others);
      expect((await calls('mv'))[0]).not.toContain(join(kept(), 'gshadow'));
      expect(await calls('rm')).toEqual([['-f', join(root, 'etc/gshadow')]]);
    });

    it('makes its own once those of the image are back, and none when they are not', async () => {
      await stub('mv', 'exit 1');
      expect(await failed(settleScript({ ...SETTINGS, users: others }, SELF, []))).toEqual(['make its users']);
      expect(await calls('systemd-sysusers')).toEqual([]);
      expect(await written('etc/.ai-vm/made')).not.toBe('');
      await stub('mv');
      await settled(others);
      expect(await calls('systemd-sysusers')).toHaveLength(1);
    });
  });

  it('leaves what sshd reads to the shell, and waits for files before it mounts over them', () => {
    const ofSshd = {
      path: '/etc/ssh/sshd_config.d/10-env.conf',
      mode: '0600',
      owner: 'root',
      group: 'root',
      content: 'SetEnv A=1',
    };
    const mounts = [{ ...SETTINGS.mounts[0]!, target: '/home/dev' }];
    const { text, steps } = settleScript({ ...SETTINGS, mounts, files: [...SETTINGS.files, ofSshd] }, SELF, []);
    expect(text).toContain(`printf %s 'SetEnv A=1' >'${ofSshd.path}'`);
    expect(text).not.toContain(`f+~ "${ofSshd.path}"`);
    const titles = steps.map(({ title }) => title);
    expect(titles.indexOf('write its files')).toBeLessThan(titles.indexOf('mount /home/dev'));
    const apart = settleScript(SETTINGS, SELF, []).steps.map(({ title }) => title);
    expect(apart.indexOf('write its files')).toBeGreaterThan(apart.indexOf('mount /mnt/host-rw/a'));
  });

  it('leaves its key to root alone, and nothing of its files behind', async () => {
    await stub(
      'systemd-tmpfiles',
      `while read -r line; do echo "$line"; done <"$CREDENTIALS_DIRECTORY/tmpfiles.extra" >${root}/seen`,
    );
    await run(settleScript(SETTINGS, SELF, []));
    expect(await written('seen')).toContain('/home/dev/.ssh/authorized_keys');
    expect(await written('run/ai-vm/credentials/tmpfiles.extra')).toBe('');
    const { mode } = await stat(join(root, 'etc/ssh/ssh_host_ed25519_key'));
    expect(mode & 0o777).toBe(0o600);
  });

  const two = ['/mnt/outer', '/mnt/outer/in ner'].map((target, n) => ({
    ...SETTINGS.mounts[0]!,
    tag: `rw${n}`,
    target,
  }));
  it('mounts several shares by one program, outer ones first', async () => {
    expect(await failed(settleScript({ ...SETTINGS, mounts: [two[1]!, two[0]!] }, SELF, []))).toEqual([]);
    expect(await calls('mount')).toEqual([['-a', '-T', `${root}/run/ai-vm/fstab`]]);
    expect(await written('run/ai-vm/fstab')).toBe(
      'rw0 /mnt/outer virtiofs rw,X-mount.mkdir 0 0\nrw1 /mnt/outer/in\\040ner virtiofs rw,X-mount.mkdir 0 0\n',
    );
  });

  it('mounts each by itself where that fails, and names the one that cannot be', async () => {
    await stub('mount', 'case "$*" in *-a*|*rw1*) exit 1 ;; esac');
    await stub('mountpoint', 'exit 1');
    expect(await failed(settleScript({ ...SETTINGS, mounts: two }, SELF, []))).toEqual(['mount /mnt/outer/in ner']);
  });

  it('waits for what runs beside the rest, and names it when it fails', async () => {
    await stub('date', '/bin/sleep 0.3; exit 1');
    expect(await failed(settleScript(SETTINGS, SELF, []))).toEqual(['set its clock']);
  });

  describe('that waited in a template', () => {
    const place = (): string => join(root, 'run/ai-vm');
    /** As in a template: the shell and both programs wait, each at its pipe. @returns what it prints */
    async function told(script: string, shell = '/bin/sh'): Promise<string> {
      const pipes = ['settle', 'tmpfiles', 'link'].map((name) => join(place(), name));
      execFileSync('mkfifo', pipes);
      const options = { env: { PATH: join(root, 'bin') }, cwd: root };
      const waiting = promisify(execFile)(shell, ['-c', waitAt('settle', place())], options);
      await writeFile(pipes[0]!, script);
      return (await waiting).stdout;
    }
    // By the shell itself: it is its own wait that is looked at.
    const reads = (file: string): string => `while read -r line; do echo "$line"; done <"${file}" >"$0.read"`;
    const work = async (ofIp = '', ofFiles = ''): Promise<void> => {
      await stub('ip', ofIp || reads('$2'));
      await stub('systemd-tmpfiles', ofFiles || reads('$3'));
    };
    const read = (name: string): Promise<string> => written(`bin/${name}.read`);

    // Of NixOS: it reads a pipe to its end before it begins.
    it.each(['/bin/sh', '/bin/bash'])(
      'has programs do their work that wait beside %s, and starts no others',
      async (shell) => {
        await work();
        const script = settleScript(SETTINGS, SELF, []);
        expect(failedSteps(await told(moved(script), shell), script)).toEqual([]);
        expect(await read('ip')).toBe(`link set dev eth0 address ${SELF.mac}\n`);
        expect(await read('systemd-tmpfiles')).toMatch(
          /^L\+ \/run\/ai-vm\/sshd_config - - - - \/etc\/ssh\/sshd_config\nd \/home\/dev /,
        );
        expect(await calls('ip')).toEqual([['-batch', join(root, 'run/ai-vm/link')]]);
        expect(await calls('systemd-tmpfiles')).toEqual([['--create', '--boot', join(root, 'run/ai-vm/tmpfiles')]]);
      },
    );

    it('does it in the other way when one of them fails, or is gone', async () => {
      // The one reads, and fails; the other never comes.
      await work(`case $1 in -batch) ${reads('$2')}; exit 1 ;; esac`, 'case $3 in */*) kill -9 $$ ;; esac');
      const script = settleScript(SETTINGS, SELF, []);
      expect(failedSteps(await told(moved(script)), script)).toEqual([]);
      expect((await calls('ip'))[1]).toEqual(['link', 'set', 'dev', 'eth0', 'address', SELF.mac]);
      expect((await calls('systemd-tmpfiles'))[1]).toEqual(['--create', '--boot', 'provision.conf']);
    });

    it('takes them with it when nobody needs it, also when it comes too late to its pipe', async () => {
      await work();
      expect(await told('exit 0\n')).toBe('');
      const late = promisify(execFile)('/bin/sh', ['-c', waitAt('settle', join(root, 'gone'))], {
        env: { PATH: join(root, 'bin') },
      });
      await expect(late).rejects.toMatchObject({ stdout: '' });
      expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain(root);
    });

    it('makes each place anew, and has those end that wait at another', async () => {
      for (const name of ['cat', 'mkfifo', 'mv', 'rm', 'mkdir'])
        await writeFile(join(root, 'bin', name), `#!/bin/sh\nPATH=/usr/bin:/bin exec ${name} "$@"\n`, { mode: 0o755 });
      const run = (now: number, nonce: string): void => {
        const text = prepareWaiting(waitingPlace(now, nonce)).replaceAll(PLACES, (path) => root + path);
        execFileSync('/bin/sh', ['-c', text], { env: { PATH: join(root, 'bin') } });
      };
      const waitsAt = (now: number, nonce: string) =>
        promisify(execFile)('/bin/sh', ['-c', `. ${root}${waitingPlace(now, nonce)}/settle; echo on`]);
      const places = async (): Promise<string[]> => (await readdir(place())).filter((name) => name.startsWith('w.'));
      run(10, 'z');
      const waiting = waitsAt(10, 'z');
      await new Promise((resolve) => setTimeout(resolve, 100));
      run(11, 'b');
      expect((await waiting).stdout).toBe('');
      const mine = [expect.stringMatching(/b$/u)];
      expect(await places()).toEqual(mine);
      // One that was begun before, and comes late.
      const younger = waitsAt(11, 'b');
      await new Promise((resolve) => setTimeout(resolve, 100));
      run(9, 'y');
      expect(await places()).toEqual([expect.stringMatching(/y$/u), ...mine]);
      await writeFile(join(root, waitingPlace(11, 'b'), 'settle'), 'echo told; exit 0\n');
      expect((await younger).stdout).toBe('told\n');
    });
  });

  const hostile = [
    '$(touch pwned)',
    '`touch pwned`',
    "'; touch pwned; '",
    '"; touch pwned; "',
    'a\ntouch pwned\n',
    '\\',
    "it's",
    '-o exec',
    '$HOME * ? ~ # ! & | < >',
    '%s%n\\n\\c',
    'END',
  ];
  it.each(hostile)('expands nothing of %j', async (text) => {
    const settings: GuestSettings = {
      mounts: [{ tag: `rw-${text}`, target: `/mnt/${text}`, type: '9p', options: ['rw', text] }],
      users: [{ name: 'dev', uid: 1000, groups: [], sudo: false, authorizedKeys: [text] }],
      files: [{ path: `/etc/${text}`, mode: '0644', owner: 'root', group: 'root', content: text }],
    };
    const self = { ...SELF, hostKey: text, hostKeyPublic: text, mac: text };
    await stub('touch', `: >${root}/pwned`);
    expect(await failed(settleScript(settings, self, []))).toEqual([]);
    expect(await calls('touch')).toEqual([]);
    expect(await readdir(root)).not.toContain('pwned');
    expect(await calls('mount')).toEqual([['-t', '9p', '-o', `rw,${text}`, '--', `rw-${text}`, `/mnt/${text}`]]);
    expect(await calls('ip')).toEqual([['link', 'set', 'dev', 'eth0', 'address', text]]);
    expect(await written('etc/ssh/ssh_host_ed25519_key')).toBe(text);
  });

  it('expands nothing of anything', async () => {
    const texts = fc.string({ unit: fc.constantFrom(...Array.from('\'"`$(){}\\\n\t ;&|<>*~#!-=%aEND0')) });
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        await rm(join(root, 'calls', 'mount'), { force: true });
        const mounts = [{ tag: text, target: `/mnt/${text}`, type: 'virtiofs' as const, options: ['rw'] }];
        const script = settleScript({ mounts, users: [], files: [] }, { ...SELF, hostKey: text }, []);
        expect(await failed(script)).toEqual([]);
        expect(await calls('mount')).toEqual([['-t', 'virtiofs', '-o', 'rw', '--', text, `/mnt/${text}`]]);
        expect(await written('etc/ssh/ssh_host_ed25519_key')).toBe(text);
      }),
      { numRuns: 15 },
    );
  });

  it('waits for a device that appears late, and names what never comes', async () => {
    const second = `[ -e ${root}/once ] || { : >${root}/once; exit 1; }`;
    await stub('mountpoint', 'exit 1');
    await stub('mount', second);
    expect(await failed(settleScript(SETTINGS, SELF, []))).toEqual([]);
    expect(await calls('mount')).toHaveLength(2);
    expect(await calls('sleep')).toEqual([['0.05']]);

    await stub('mount', 'exit 32');
    expect(await failed(settleScript(SETTINGS, SELF, []))).toEqual(['mount /mnt/host-rw/a']);
  });

  it('has an sshd that runs take up the new key, and waits until it has', async () => {
    const pidFile = join(root, 'run/sshd.pid');
    await stub('sleep', 'exec /bin/sleep "$1"');
    const takesUp = `trap 'echo 7 >${pidFile}; exit 0' HUP; echo up; while :; do sleep 0.02; done`;
    const sshd = spawn('/bin/sh', ['-c', takesUp], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(sshd.stdout, 'data');
    await writeFile(pidFile, `${sshd.pid}\n`);
    const exited = once(sshd, 'exit');
    expect(await failed(settleScript(SETTINGS, SELF, []))).toEqual([]);
    expect(await written('run/sshd.pid')).toBe('7\n');
    await exited;
  });

  it('does not mount again what is mounted', async () => {
    await stub('mount', 'exit 32');
    expect(await failed(settleScript(SETTINGS, SELF, []))).toEqual([]);
    expect(await calls('mountpoint')).toEqual([['-q', '--', '/mnt/host-rw/a']]);
  });

  it.each([
    ['date', 'set its clock'],
    ['ip', 'set its network address'],
    ['systemd-sysusers', 'make its users'],
    ['systemd-tmpfiles', 'write its files'],
  ])('names the step of a %s that fails, and goes on', async (program, title) => {
    await stub(program, 'echo oh no >&2; exit 1');
    expect(await failed(settleScript(SETTINGS, SELF, []))).toEqual([title]);
    expect(await calls('mount')).toHaveLength(1);
  });

  it.each([
    ['etc/ssh', ['set its SSH host key']],
    ['proc/sys/kernel', ['set its name']],
    ['run/ai-vm/credentials', ['make its users', 'write its files']],
  ])('names the steps that cannot write into %s, and goes on', async (dir, titles) => {
    await rm(join(root, dir), { recursive: true });
    expect(await failed(settleScript(SETTINGS, SELF, []))).toEqual(titles);
    expect(await calls('mount')).toHaveLength(1);
  });

  it('runs what may come later, and what was asked for beyond', async () => {
    const more = [
      { title: 'one', script: 'false' },
      { title: 'two', script: 'true\n' },
      { title: 'three', script: 'not-there 2>/dev/null' },
    ];
    expect(await failed(growScript(more))).toEqual(['one', 'three']);
    expect(await calls('systemctl')).toEqual([['restart', '--no-block', 'systemd-journald.service']]);
  });
});

describe('what the guest says of it', () => {
  const steps: GuestStep[] = ['a', 'b', 'c'].map((title) => ({ title, script: ':' }));
  const script: Script = { text: '', steps };

  it('only picks from the steps that were asked for', () => {
    const said = (text: string): string[] => failedSteps(text, script).map((step) => step.title);
    expect(said(`ai-vm-failed 1\nai-vm-done\n`)).toEqual(['b']);
    expect(said(`noise\nai-vm-failed 2\nai-vm-failed 0\nai-vm-failed 2\nai-vm-done\n`)).toEqual(['a', 'c']);
    expect(said(`ai-vm-failed 3\nai-vm-failed 99999\nai-vm-failed -1\nai-vm-done\n`)).toEqual([]);
    expect(said(` ai-vm-failed 1\nai-vm-failed 1 x\nai-vm-failed one\nai-vm-done\n`)).toEqual([]);
  });

  it('that breaks off is as bad as all of them', async () => {
    const cut = settleScript(SETTINGS, SELF, []);
    expect(failedSteps('', cut)).toEqual(cut.steps);
    const dies = growScript([{ title: 'die', script: 'exit 0' }, ...steps]);
    expect(await failed(dies)).toEqual(dies.steps.map((step) => step.title));
  });
});

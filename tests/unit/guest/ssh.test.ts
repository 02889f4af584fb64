import { describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { sshArgv } from '../../../src/guest/ssh.ts';
import type { SshTarget } from '../../../src/guest/ssh.ts';

const target: SshTarget = {
  user: 'dev',
  port: 2222,
  privateKey: '/state/dev/id_ed25519',
  knownHosts: '/state/dev/known_hosts',
  hostAlias: 'ai-vm-1234',
  controlPath: '/run/user/1000/ai-vm/12345678/dev/ssh',
  tty: false,
};

/** What ssh itself understands, without connecting: option → value. */
async function understood(argv: readonly string[]): Promise<Map<string, string>> {
  const { stdout } = await execa('ssh', ['-G', ...argv]);
  return new Map(
    stdout.split('\n').map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
  );
}

describe('the arguments of ssh', () => {
  it('are these', () => {
    expect(sshArgv({ ...target, command: 'exec ls' }).join(' ')).toBe(
      '-F none -l dev -p 2222 -T -o HostKeyAlias=ai-vm-1234 -o HostKeyAlgorithms=ssh-ed25519 -o StrictHostKeyChecking=yes' +
        ' -o UserKnownHostsFile="/state/dev/known_hosts" -o GlobalKnownHostsFile=/dev/null -o CheckHostIP=no' +
        ' -o UpdateHostKeys=no -o IdentitiesOnly=yes -o IdentityFile="/state/dev/id_ed25519" -o IdentityAgent=none' +
        ' -o PreferredAuthentications=publickey -o KexAlgorithms=curve25519-sha256 -o LogLevel=ERROR -o ForwardAgent=no -o ForwardX11=no -o ConnectTimeout=15 -o SendEnv=LC_AI_VM_*' +
        ' -o BatchMode=yes -o ControlMaster=auto -o ControlPath="/run/user/1000/ai-vm/12345678/dev/ssh"' +
        ' -o ControlPersist=30 -- 127.0.0.1 exec ls',
    );
  });

  it('ask for a terminal where a person sits in front of it', () => {
    const argv = sshArgv({ ...target, tty: true });
    expect(argv).toContain('-t');
    expect(argv).not.toContain('-T');
    expect(argv).not.toContain('BatchMode=yes');
  });

  it('forward an agent only when that is asked for, and variables by a pattern', () => {
    expect(sshArgv(target)).toEqual(expect.arrayContaining(['ForwardAgent=no', 'IdentityAgent=none']));
    const argv = sshArgv({ ...target, forwardAgent: true });
    expect(argv).toEqual(expect.arrayContaining(['ForwardAgent=yes', 'SendEnv=LC_AI_VM_*', 'IdentitiesOnly=yes']));
    expect(argv).not.toContain('IdentityAgent=none');
  });

  it('share no connection when the socket cannot have such a long path', () => {
    expect(sshArgv({ ...target, controlPath: null })).toContain('ControlPath=none');
    expect(sshArgv({ ...target, controlPath: `/${'x'.repeat(85)}` })).toContain('ControlMaster=auto');
    expect(sshArgv({ ...target, controlPath: `/${'x'.repeat(86)}` })).toContain('ControlPath=none');
    expect(sshArgv({ ...target, controlPath: `/${'ä'.repeat(43)}` })).toContain('ControlPath=none');
  });

  it('mean to ssh what they should', async () => {
    const options = await understood(sshArgv(target));
    expect(Object.fromEntries(options)).toMatchObject({
      hostname: '127.0.0.1',
      port: '2222',
      user: 'dev',
      hostkeyalias: 'ai-vm-1234',
      stricthostkeychecking: 'true',
      identitiesonly: 'yes',
      forwardagent: 'no',
      forwardx11: 'no',
      batchmode: 'yes',
      requesttty: 'false',
      controlmaster: 'auto',
      controlpath: target.controlPath,
      identityfile: target.privateKey,
      userknownhostsfile: target.knownHosts,
    });
  });

  it.each(['two words', 'quo"te', "quo'te", 'back\\slash', '100%h', '$HOME ~ #'])(
    'keep the odd path %j whole',
    async (odd) => {
      const knownHosts = `/state/${odd}/known_hosts`;
      const privateKey = `/state/${odd}/id_ed25519`;
      const options = await understood(sshArgv({ ...target, knownHosts, privateKey, controlPath: `/run/${odd}` }));
      expect(options.get('controlpath')).toBe(`/run/${odd}`);
      // ssh -G prints these two before it replaces the %-tokens.
      expect(options.get('identityfile')?.replaceAll('%%', '%')).toBe(privateKey);
      expect(options.get('userknownhostsfile')?.replaceAll('%%', '%')).toBe(knownHosts);
    },
  );

  it('take no command for an option', async () => {
    const { stderr, exitCode } = await execa('ssh', ['-G', ...sshArgv({ ...target, command: '-Q nonsense' })], {
      reject: false,
    });
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
  });
});

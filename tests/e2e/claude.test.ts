/** `agents: [claude]`: Claude Code in the guest, started in the project's share, with credentials only where that was allowed. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { asGuestRoot, inGuest, machine } from '../support/guest.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';

const FILE = `
name: agent
vms:
  dev:
    memory: 1GiB
    cpus: 2
    storage: 8GiB
    shares: [./work]
    agents: {claude: {share_auth: true}}
`;

const CREDENTIALS = '{"claudeAiOauth":{"accessToken":"only-for-the-test"}}\n';
const HOST_ONLY = 'this-stays-on-the-host';

/** The home of somebody who uses Claude Code on the host. */
function withHome(box: Sandbox): { readonly env: Readonly<Record<string, string>> } {
  const home = join(box.dir, 'fake-home');
  const claude = join(home, '.claude');
  if (!existsSync(home)) {
    mkdirSync(join(claude, 'projects'), { recursive: true });
    writeFileSync(join(claude, '.credentials.json'), CREDENTIALS, { mode: 0o600 });
    for (const name of ['history.jsonl', 'settings.json', 'projects/session.jsonl']) {
      writeFileSync(join(claude, name), HOST_ONLY);
    }
    writeFileSync(join(home, '.claude.json'), HOST_ONLY);
  }
  return { env: { HOME: home } };
}

const VERSION = /^\d+\.\d+\.\d+ \(Claude Code\)\n$/u;

scenario(
  'Claude Code in a machine',
  () => ({ files: { 'ai-vm.yaml': FILE } }),
  (obligation) => {
    obligation('gets the host’s credentials only after consent', async (box) => {
      const { code, stderr } = await box.cli(['up'], withHome(box));
      expect(code).toBe(1);
      expect(stderr).toContain('dev wants to use your claude credentials');
      expect(await machine(box)).toMatchObject({ state: 'absent' });
      await box.ok(['approve', '--yes'], withHome(box));
    });

    obligation('is in the guest', async (box) => {
      await box.ok(['up'], withHome(box));
      expect(await box.ok(['exec', 'dev', '--', 'claude', '--version'])).toMatch(VERSION);
      expect((await machine(box)).problem).toBeNull();
    });

    obligation(
      'finds the credentials and nothing else of the host’s, in a share that cannot be written',
      async (box) => {
        const share = '/mnt/host-ro/claude-auth';
        expect(await inGuest(box, `ls -A ${share}; cat ${share}/.credentials.json`)).toBe(
          `.credentials.json\n${CREDENTIALS}`,
        );
        const tried = await asGuestRoot(
          box,
          `mount -o remount,rw ${share} || :; for f in .credentials.json new; do echo x >${share}/$f || echo refused; done; rm ${share}/.credentials.json || echo refused`,
        );
        expect(tried).toBe('refused\nrefused\nrefused\n');
      },
    );

    obligation('is started by `ai-vm claude`, with the exit code passed through', async (box) => {
      const { code, stdout } = await box.cli(['claude', 'dev', '--', '--version'], withHome(box));
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(VERSION) });
    });

    obligation('has its own copy of the credentials then, readable by the guest’s user alone', async (box) => {
      const seen = await inGuest(
        box,
        'cd ~/.claude; stat -c "%a %U" . .credentials.json; id -un; cat .credentials.json; rm -f .credentials.json',
      );
      const [dir, file, user, ...text] = seen.split('\n');
      expect(dir).toBe(`700 ${user}`);
      expect(file).toBe(`600 ${user}`);
      expect(text.join('\n')).toBe(CREDENTIALS);
      const found = await asGuestRoot(box, `grep -rls ${HOST_ONLY} /home /root /mnt /etc /tmp || echo nowhere`);
      expect(found).toBe('nowhere\n');
    });

    obligation(
      'starts in the project’s share, without permission prompts, with its arguments byte for byte',
      async (box) => {
        await asGuestRoot(
          box,
          `cd /usr/local/bin; mv claude claude.real
      printf '%s\\n' '#!/bin/sh' 'pwd; printf "[%s]" "$@"; exit 3' >claude; chmod 755 claude`,
        );
        const { code, stdout } = await box.cli(['claude', '--', '-p', 'two words', '', "it's"], withHome(box));
        expect(code).toBe(3);
        expect(stdout).toBe("/mnt/host-rw/work\n[--dangerously-skip-permissions][-p][two words][][it's]");
      },
    );

    obligation('leaves the host’s own files as they were', (box) => {
      const claude = join(box.dir, 'fake-home', '.claude');
      expect(readFileSync(join(claude, '.credentials.json'), 'utf8')).toBe(CREDENTIALS);
      expect(readdirSync(claude).sort()).toEqual(['.credentials.json', 'history.jsonl', 'projects', 'settings.json']);
      expect(readdirSync(join(box.project, 'work'))).toEqual([]);
    });
  },
);

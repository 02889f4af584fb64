/** `agents`: coding agents in the guest, started in the project's share, with the host's logins only where that was allowed. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from '@jest/globals';
import { asGuestRoot, inGuest, machine } from '../support/guest.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';

/** Those that npm has. Aider comes from PyPI, which is not reached from everywhere. */
const AGENTS = ['claude', 'codex', 'gemini', 'opencode'] as const;

const FILE = `
name: agent
vms:
  dev:
    memory: 1GiB
    cpus: 2
    storage: 8GiB
    shares: [./work]
    agents: {${AGENTS.map((name) => `${name}: {share_auth: true}`).join(', ')}}
`;

const HOST_ONLY = 'this-stays-on-the-host';

/** Path below the home directory → what a login is. */
const LOGINS: Readonly<Record<string, string>> = {
  '.claude/.credentials.json': '{"claudeAiOauth":{"accessToken":"only-for-the-test"}}\n',
  '.codex/auth.json': '{"OPENAI_API_KEY":"only-for-the-test-too"}\n',
  '.gemini/oauth_creds.json': '{"access_token":"only-for-the-third-test"}\n',
  '.gemini/google_accounts.json': '{"active":"nobody@example.com"}\n',
  '.local/share/opencode/auth.json': '{"openrouter":{"type":"api","key":"only-for-the-last-test"}}\n',
};

const OTHERS = [
  ...['.claude/history.jsonl', '.claude/settings.json', '.claude/projects/session.jsonl', '.claude.json'],
  ...['.codex/config.toml', '.codex/history.jsonl', '.gemini/settings.json', '.gemini/tmp/chat.json'],
  '.local/share/opencode/opencode.db',
];

/** The home of somebody who uses all of them on the host. */
function withHome(box: Sandbox): { readonly env: Readonly<Record<string, string>> } {
  const home = join(box.dir, 'fake-home');
  if (!existsSync(home)) {
    const write = (path: string, text: string): void => {
      mkdirSync(join(home, dirname(path)), { recursive: true });
      writeFileSync(join(home, path), text, { mode: 0o600 });
    };
    for (const [path, text] of Object.entries(LOGINS)) write(path, text);
    for (const path of OTHERS) write(path, HOST_ONLY);
  }
  return { env: { HOME: home } };
}

/** Those that an emulated processor can run: OpenCode's Bun meets an instruction that QEMU 7.2 does not have. */
const VERSIONS: Readonly<Partial<Record<(typeof AGENTS)[number], RegExp>>> = {
  claude: /^\d+\.\d+\.\d+ \(Claude Code\)\n$/u,
  codex: /^codex-cli \d+\.\d+\.\d+\n$/u,
  gemini: /^\d+\.\d+\.\d+\n$/u,
};

/** What each is told, so that it does not ask, before what a person tells it. */
const UNASKED: Readonly<Record<(typeof AGENTS)[number], string>> = {
  claude: '[--dangerously-skip-permissions]',
  codex: '[--dangerously-bypass-approvals-and-sandbox]',
  gemini: '[--approval-mode=yolo]',
  opencode: '',
};

const names = (agent: string): string[] =>
  Object.keys(LOGINS)
    .filter((path) => path.includes(`${agent}/`))
    .map((path) => path.slice(path.lastIndexOf('/') + 1))
    .sort();

scenario(
  'coding agents in a machine',
  () => ({ files: { 'ai-vm.yaml': FILE } }),
  (obligation) => {
    obligation('get the host’s logins only after consent, each for itself', async (box) => {
      const { code, stderr } = await box.cli(['up'], withHome(box));
      expect(code).toBe(1);
      for (const name of AGENTS) expect(stderr).toContain(`dev wants to use your ${name} credentials`);
      expect(await machine(box)).toMatchObject({ state: 'absent' });
      await box.ok(['approve', '--yes'], withHome(box));
    });

    obligation('are in the guest', async (box) => {
      const said = await box.ok(['up'], withHome(box));
      for (const name of AGENTS) {
        expect(said).toContain(`ai-vm ${name} dev`);
        expect(await box.ok(['exec', 'dev', '--', 'sh', '-c', `command -v ${name}`])).toContain(name);
        const version = VERSIONS[name];
        if (version) expect(await box.ok(['exec', 'dev', '--', name, '--version'])).toMatch(version);
      }
      expect((await machine(box)).problem).toBeNull();
    });

    obligation('are told of by ps, with their logins', async (box) => {
      const text = await box.ok(['ps']);
      for (const name of AGENTS) expect(text).toContain(`${name} login:ro`);
      expect(await machine(box)).toMatchObject({ agents: AGENTS.map((name) => ({ name, login: true })) });
    });

    obligation('find the logins and nothing else of the host’s, in shares that cannot be written', async (box) => {
      for (const name of AGENTS) {
        const share = `/mnt/host-ro/${name}-auth`;
        const files = names(name);
        expect(await inGuest(box, `ls -A ${share}`)).toBe(`${files.join('\n')}\n`);
        const tried = await asGuestRoot(
          box,
          `mount -o remount,rw ${share} || :; for f in ${files[0]} new; do echo x >${share}/$f || echo refused; done; rm ${share}/${files[0]} || echo refused`,
        );
        expect(tried).toBe('refused\nrefused\nrefused\n');
      }
    });

    obligation('are started by their verbs, with the exit code passed through', async (box) => {
      for (const name of AGENTS) {
        const { code, stdout } = await box.cli([name, 'dev', '--', '--version'], withHome(box));
        const version = VERSIONS[name];
        if (version) expect({ name, code, stdout }).toEqual({ name, code: 0, stdout: expect.stringMatching(version) });
      }
    });

    obligation('have their own copies of the logins then, readable by the guest’s user alone', async (box) => {
      for (const [path, text] of Object.entries(LOGINS)) {
        const seen = await inGuest(box, `cd; stat -c "%a %U" ${path}; id -un; cat ${path}; rm -f ${path}`);
        const [file, user, ...rest] = seen.split('\n');
        expect(file).toBe(`600 ${user}`);
        expect(rest.join('\n')).toBe(text);
      }
      const found = await asGuestRoot(box, `grep -rls ${HOST_ONLY} /home /root /mnt /etc /tmp || echo nowhere`);
      expect(found).toBe('nowhere\n');
    });

    obligation(
      'start in the project’s share, without permission prompts, with their arguments byte for byte',
      async (box) => {
        for (const name of AGENTS) {
          await asGuestRoot(
            box,
            `cd /usr/local/bin; rm ${name}
      printf '%s\\n' '#!/bin/sh' 'pwd; printf "[%s]" "$@"; test -z "$OPENCODE_PERMISSION" || printf "%s" "$OPENCODE_PERMISSION"; exit 3' >${name}; chmod 755 ${name}`,
          );
          const { code, stdout } = await box.cli([name, '--', '-p', 'two words', '', "it's"], withHome(box));
          expect({ name, code }).toEqual({ name, code: 3 });
          const allowed = name === 'opencode' ? '{"*":"allow"}' : '';
          expect(stdout).toBe(`/mnt/host-rw/work\n${UNASKED[name]}[-p][two words][][it's]${allowed}`);
        }
      },
    );

    obligation('leave the host’s own files as they were', (box) => {
      const home = join(box.dir, 'fake-home');
      for (const [path, text] of Object.entries(LOGINS)) expect(readFileSync(join(home, path), 'utf8')).toBe(text);
      for (const path of OTHERS) expect(readFileSync(join(home, path), 'utf8')).toBe(HOST_ONLY);
      expect(readdirSync(join(home, '.codex')).sort()).toEqual(['auth.json', 'config.toml', 'history.jsonl']);
      expect(readdirSync(join(box.project, 'work'))).toEqual([]);
    });
  },
);

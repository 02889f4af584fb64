/** Claude Code: the native program from its npm package, and `start-claude`. */
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AiVmError } from '../../model/errors.ts';
import type { Agent } from './index.ts';

/** Known to work in our guests. AI_VM_CLAUDE_VERSION asks for another. */
const VERSION = '2.1.330';

const PACKAGE = '@anthropic-ai/claude-code-linux-x64';

/**
 * Starts Claude Code without permission prompts: the machine is the sandbox. Credentials that the host shares read-only are copied
 * in, unless the guest's own are newer. What the first start would ask is answered beforehand.
 */
const START_CLAUDE = `#!/bin/bash
# Starts Claude Code without permission prompts: this machine is its sandbox. All arguments are handed on.
set -eu
share=/mnt/host-ro/claude-auth
config=\${CLAUDE_CONFIG_DIR:-$HOME/.claude}
state=\${CLAUDE_CONFIG_DIR:-$HOME}/.claude.json
umask 077
mkdir -p "$config"

# take FILE TARGET: from the host's share, unless what is here is newer.
take() {
  if [ -r "$share/$1" ] && { [ ! -e "$2" ] || [ "$share/$1" -nt "$2" ]; }; then
    cp --preserve=timestamps "$share/$1" "$2.new" && mv "$2.new" "$2"
  fi
}
take .credentials.json "$config/.credentials.json"
take claude.json "$state"
take .claude.json "$state"

# No theme, no tour, no question whether bypassing permissions is meant.
if [ ! -s "$state" ]; then
  printf '{"hasCompletedOnboarding":true,"bypassPermissionsModeAccepted":true,"theme":"dark"}\\n' >"$state"
fi
if [ ! -e "$config/settings.json" ]; then
  printf '{"skipDangerousModePermissionPrompt":true}\\n' >"$config/settings.json"
fi

export DISABLE_AUTOUPDATER=1
# As root, Claude Code refuses to skip its prompts unless it is told that it is in a sandbox.
export IS_SANDBOX=1
exec claude --dangerously-skip-permissions "$@"
`;

const isVersion = (text: string): boolean => /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(text);

export const claude: Agent = {
  version: (env) => env['AI_VM_CLAUDE_VERSION'] || VERSION,
  packages: ['git', 'ripgrep', 'procps'],
  files: { '/usr/local/bin/start-claude': { content: START_CLAUDE, mode: 0o755 } },

  async fetch(version, { cacheDir, signal }) {
    if (!isVersion(version)) {
      throw new AiVmError('usage', `AI_VM_CLAUDE_VERSION is not a version: ${JSON.stringify(version)}`, {
        fix: `Set it to a full version such as ${VERSION}, or unset it.`,
      });
    }
    const parent = join(cacheDir, 'agents');
    const program = join(parent, `claude-${version}`);
    if (!(await stat(program).catch(() => null))?.isFile()) await download(version, parent, program, signal);
    return { '/usr/local/bin/claude': program };
  },
};

/** npm checks the package against the registry's own record; nothing of it is run on the host. */
async function download(version: string, parent: string, target: string, signal?: AbortSignal): Promise<void> {
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const dir = await mkdtemp(join(parent, 'partial-'));
  // Every command knows the recipe of an agent, and few of them fetch one.
  const { execa } = await import('execa');
  const cancel = signal ? { cancelSignal: signal } : {};
  try {
    await execa('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', dir, `${PACKAGE}@${version}`], {
      // A project's own .npmrc has no say here.
      cwd: dir,
      stdin: 'ignore',
      ...cancel,
    });
    const archive = (await readdir(dir)).find((name) => name.endsWith('.tgz'));
    if (archive === undefined) throw new Error('npm pack left no archive');
    await execa('tar', ['-xzf', archive, '--no-same-owner', 'package/claude'], { cwd: dir, ...cancel });
    await chmod(join(dir, 'package/claude'), 0o755);
    await rename(join(dir, 'package/claude'), target);
  } catch (error) {
    signal?.throwIfAborted();
    const said = error instanceof Error ? error.message : String(error);
    throw new AiVmError('image.build', `Claude Code ${version} could not be fetched with npm`, {
      why: said.split('\n').filter(Boolean).slice(-4).join('\n').slice(0, 1000),
      fix: `npm view ${PACKAGE}@${version} shows whether npm can reach it.`,
      cause: error,
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Claude Code: the native program from its npm package, and `start-claude`. */
import { join } from 'node:path';
import { AGENT_TITLES } from '../../model/agents.ts';
import { startScript, versionOf, type Agent } from './agent.ts';
import { fetchNpm } from './npm.ts';

/** What the first start would ask is answered beforehand. */
const START = `config=\${CLAUDE_CONFIG_DIR:-$HOME/.claude}
state=\${CLAUDE_CONFIG_DIR:-$HOME}/.claude.json
mkdir -p "$config"
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

export const claude: Agent = {
  // Known to work in our guests, as those of the others.
  version: versionOf('AI_VM_CLAUDE_VERSION', '2.1.330'),
  login: ['.claude/.credentials.json'],
  packages: ['git', 'ripgrep', 'procps'],
  files: { '/usr/local/bin/start-claude': startScript('claude', START) },

  async fetch(version, context) {
    const name = '@anthropic-ai/claude-code-linux-x64';
    const dir = await fetchNpm({ title: AGENT_TITLES.claude, name, version }, context);
    return { '/usr/local/bin/claude': join(dir, 'claude') };
  },
};

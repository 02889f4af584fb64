/** Codex: the native programs from its npm package, and `start-codex`. */
import { join } from 'node:path';
import { AGENT_TITLES } from '../../model/agents.ts';
import { startScript, versionOf, type Agent } from './agent.ts';
import { fetchNpm } from './npm.ts';

/** It would confine its commands with Landlock and ask about the rest. */
const START = `config=\${CODEX_HOME:-$HOME/.codex}
mkdir -p "$config"
take auth.json "$config/auth.json"

# It does not look for newer versions: the image has the one that it has.
if [ ! -e "$config/config.toml" ]; then
  printf 'check_for_update_on_startup = false\\n' >"$config/config.toml"
fi

exec codex --dangerously-bypass-approvals-and-sandbox "$@"
`;

export const codex: Agent = {
  version: versionOf('AI_VM_CODEX_VERSION', '0.169.0'),
  login: ['.codex/auth.json'],
  packages: ['git', 'ripgrep'],
  files: { '/usr/local/bin/start-codex': startScript('codex', START) },
  links: { '/usr/local/bin/codex': '../lib/codex/bin/codex' },

  async fetch(version, context) {
    // Speech is for a microphone that a guest has at most by chance.
    const without = ['vendor/*/codex-resources/voice'];
    const wanted = { title: AGENT_TITLES.codex, name: '@openai/codex', version: `${version}-linux-x64`, without };
    return { '/usr/local/lib/codex': join(await fetchNpm(wanted, context), 'vendor/x86_64-unknown-linux-musl') };
  },
};

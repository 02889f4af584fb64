/** Gemini CLI: its npm package, which Debian's Node.js runs, and `start-gemini`. */
import { AGENT_TITLES } from '../../model/agents.ts';
import { startScript, versionOf, type Agent } from './agent.ts';
import { fetchNpm } from './npm.ts';

const START = `config=\${GEMINI_CLI_HOME:-$HOME}/.gemini
mkdir -p "$config"
take oauth_creds.json "$config/oauth_creds.json"
take google_accounts.json "$config/google_accounts.json"

# No theme, no question how to log in where the login is there, and no updates of its own.
if [ ! -e "$config/settings.json" ]; then
  auth=''
  if [ -e "$config/oauth_creds.json" ]; then auth=',"security":{"auth":{"selectedType":"oauth-personal"}}'; fi
  printf '{"general":{"enableAutoUpdate":false},"ui":{"theme":"Default"}%s}\\n' "$auth" >"$config/settings.json"
fi

# In a directory that it does not trust it would ask all the same.
export GEMINI_CLI_TRUST_WORKSPACE=true
exec gemini --approval-mode=yolo "$@"
`;

const PROGRAM = `#!/bin/sh
exec node --no-warnings=DEP0040 /usr/local/lib/gemini/bundle/gemini.js "$@"
`;

export const gemini: Agent = {
  version: versionOf('AI_VM_GEMINI_VERSION', '0.61.0'),
  login: ['.gemini/oauth_creds.json', '.gemini/google_accounts.json'],
  packages: ['git', 'ripgrep', 'nodejs'],
  files: {
    '/usr/local/bin/start-gemini': startScript('gemini', START),
    '/usr/local/bin/gemini': { content: PROGRAM, mode: 0o755 },
  },

  fetch: async (version, context) => ({
    '/usr/local/lib/gemini': await fetchNpm(
      { title: AGENT_TITLES.gemini, name: '@google/gemini-cli', version },
      context,
    ),
  }),
};

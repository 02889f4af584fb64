/** OpenCode: the native program from its npm package, and `start-opencode`. */
import { join } from 'node:path';
import { AGENT_TITLES } from '../../model/agents.ts';
import { startScript, versionOf, type Agent } from './agent.ts';
import { fetchNpm } from './npm.ts';

const START = `take auth.json "\${XDG_DATA_HOME:-$HOME/.local/share}/opencode/auth.json"

export OPENCODE_DISABLE_AUTOUPDATE=1
# A variable, since not all of its subcommands take the flag.
export OPENCODE_PERMISSION=\${OPENCODE_PERMISSION:-'{"*":"allow"}'}
exec opencode "$@"
`;

export const opencode: Agent = {
  // The newest that npm has for all processors.
  version: versionOf('AI_VM_OPENCODE_VERSION', '1.18.18'),
  login: ['.local/share/opencode/auth.json'],
  packages: ['git', 'ripgrep'],
  files: { '/usr/local/bin/start-opencode': startScript('opencode', START) },

  async fetch(version, context) {
    // The one for older processors: an emulated one may have no AVX2.
    const wanted = { title: AGENT_TITLES.opencode, name: 'opencode-linux-x64-baseline', version };
    return { '/usr/local/bin/opencode': join(await fetchNpm(wanted, context), 'bin/opencode') };
  },
};

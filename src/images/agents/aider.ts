/** Aider: from PyPI, with a Python of its own since it does not run on the newest, and `start-aider`. */
import { startScript, versionOf, type Agent } from './agent.ts';

const START = `mkdir -p "$HOME/.aider"
take oauth-keys.env "$HOME/.aider/oauth-keys.env"

export AIDER_CHECK_UPDATE=false
exec aider --yes-always "$@"
`;

/** As its own installer does it: uv brings the Python, and only wheels are taken, so that no package's own code is run. */
const INSTALL = `set -eu
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
python3 -m venv "$tools"
"$tools/bin/pip" install --quiet --no-cache-dir --only-binary :all: uv
export UV_PYTHON_INSTALL_DIR=/usr/local/lib/aider/python UV_TOOL_DIR=/usr/local/lib/aider/tools
export UV_TOOL_BIN_DIR=/usr/local/bin UV_PYTHON_PREFERENCE=only-managed UV_NO_CACHE=1 UV_NO_BUILD=1
"$tools/bin/uv" tool install --force --quiet --python 3.12 --with pip "aider-chat==$1"
`;

export const aider: Agent = {
  version: versionOf('AI_VM_AIDER_VERSION', '0.86.1'),
  // Keys that it was given on the command line or in its configuration are not in here: `env` is for those.
  login: ['.aider/oauth-keys.env'],
  packages: ['git', 'python3-venv'],
  files: { '/usr/local/bin/start-aider': startScript('aider', START) },
  fetch: () => Promise.resolve({}),
  install: INSTALL,
};

/** What everybody may know of the coding agents. What they are made of is in images/agents. */
import type { AgentName } from './desired.ts';

/** By what people know them. */
export const AGENT_TITLES: Readonly<Record<AgentName, string>> = {
  claude: 'Claude Code',
  codex: 'Codex',
  gemini: 'Gemini CLI',
  aider: 'Aider',
  opencode: 'OpenCode',
};

export const AGENT_NAMES = Object.keys(AGENT_TITLES) as readonly AgentName[];

/** Where an agent's copied credentials are mounted in the guest, read-only. No declared share has a place there. */
export const authTarget = (name: AgentName): string => `/mnt/host-ro/${name}-auth`;

export const isAuthTarget = (target: string): boolean => AGENT_NAMES.some((name) => target === authTarget(name));

/** The command in a guest that starts an agent without its permission prompts. */
export const startCommand = (name: AgentName): string => `start-${name}`;

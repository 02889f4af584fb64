/** The coding agents that an image can hold. A new one is one file here and one line below, and one in model/agents.ts. */
import type { AgentName } from '../../model/desired.ts';
import type { Agent } from './agent.ts';
import { aider } from './aider.ts';
import { claude } from './claude.ts';
import { codex } from './codex.ts';
import { gemini } from './gemini.ts';
import { opencode } from './opencode.ts';

export const AGENTS: Readonly<Record<AgentName, Agent>> = { claude, codex, gemini, aider, opencode };

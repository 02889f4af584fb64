/** The verbs that start an agent: alike but for its name and what its own words are. */
import { startAgent } from '../app/agent.ts';
import { AGENT_TITLES } from '../model/agents.ts';
import type { AgentName } from '../model/desired.ts';
import type { Row } from '../report/help.ts';
import { passes } from './exits.ts';
import { session } from './session.ts';
import type { Verb } from './verbs.ts';

/** @param examples what stands behind `--`, and what it does */
export function agentVerb(name: AgentName, examples: readonly Row[]): Verb {
  const title = AGENT_TITLES[name];
  return {
    help: {
      about: `Starts ${title} in the project’s share, without permission prompts: the machine is the boundary. Needs \`agents: [${name}]\` in the file.`,
      examples: [
        [`ai-vm ${name}`, 'Begin a session.'],
        ...examples.map(([words, what]): Row => [`ai-vm ${name} ${words}`, what]),
      ],
      exits: passes(title),
    },
    takesGuestWords: true,
    define(command, io, finish, guestWords) {
      command
        .argument('[vm]', `the machine (default: the one with the ${name} agent)`)
        .argument('[args...]', `after --: handed to ${title}`)
        .usage('[vm] [options] [-- args...]')
        .action(async (vm: string | undefined, words: string[]) => {
          const args = [...words, ...guestWords];
          finish(await session(command, io, (context) => startAgent(context, name, { vm, args })));
        });
    },
  };
}

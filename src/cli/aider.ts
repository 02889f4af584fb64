import { agentVerb } from './agent.ts';

export const verb = agentVerb('aider', [
  ['-- --restore-chat-history', 'Go on with the last one.'],
  ['dev -- --message "Mend the failing test"', 'Have something done.'],
]);

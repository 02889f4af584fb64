import { agentVerb } from './agent.ts';

export const verb = agentVerb('codex', [
  ['-- resume --last', 'Go on with the last one.'],
  ['dev -- exec "Run the tests and mend what fails"', 'Have something done.'],
]);

import { agentVerb } from './agent.ts';

export const verb = agentVerb('claude', [
  ['-- --continue', 'Go on with the last one.'],
  ['dev -- -p "Run the tests and mend what fails"', 'Have something done.'],
]);

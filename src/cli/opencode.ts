import { agentVerb } from './agent.ts';

export const verb = agentVerb('opencode', [
  ['-- --continue', 'Go on with the last one.'],
  ['dev -- run "Run the tests and mend what fails"', 'Have something done.'],
]);

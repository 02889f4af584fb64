import { agentVerb } from './agent.ts';

export const verb = agentVerb('gemini', [
  ['-- --resume latest', 'Go on with the last one.'],
  ['dev -- -p "Run the tests and mend what fails"', 'Have something done.'],
]);

/** Lines of shell, taken apart as far as the documentation goes: which programs are called, with which words. */

/** What ends a command, or leads its output or input elsewhere; `$(`, `<(` and `(` begin one within. */
const OPERATORS = ['&&', '||', '>>', '2>', '|', ';', '&', '>', '<', '(', ')'] as const;
const REDIRECTIONS = new Set<string>(['>>', '2>', '>', '<']);

interface State {
  readonly commands: string[][];
  words: string[];
  /** null: no word has begun. */
  word: string | null;
  /** The next word is a file. */
  redirected: boolean;
}

function endWord(state: State): void {
  if (state.word !== null && !state.redirected) state.words.push(state.word);
  if (state.word !== null) state.redirected = false;
  state.word = null;
}

function endCommand(state: State): void {
  endWord(state);
  state.redirected = false;
  if (state.words.length > 0) state.commands.push(state.words);
  state.words = [];
}

/**
 * The simple commands of a line, those in `$(…)` and `<(…)` too, each as its words without quotes.
 * @throws Error about a quote that does not end
 */
export function commandsIn(line: string): string[][] {
  const state: State = { commands: [], words: [], word: null, redirected: false };
  let at = 0;
  while (at < line.length) {
    const rest = line.slice(at);
    const quoted = /^'([^']*)'/.exec(rest) ?? /^"((?:[^"\\]|\\.)*)"/s.exec(rest);
    if (quoted) {
      state.word = (state.word ?? '') + quoted[1]!;
      if (rest.startsWith('"')) state.commands.push(...within(quoted[1]!));
      at += quoted[0].length;
      continue;
    }
    if (/^['"]/.test(rest)) throw new Error(`a quote that does not end: ${line}`);
    if (/^#/.test(rest) && state.word === null) break;
    const operator =
      rest.startsWith('$(') || rest.startsWith('<(') ? '(' : OPERATORS.find((each) => rest.startsWith(each));
    if (rest.startsWith('\\')) {
      state.word = (state.word ?? '') + rest.slice(1, 2);
      at += 2;
    } else if (/^\s/.test(rest)) {
      endWord(state);
      at += 1;
    } else if (operator === '(' && rest[0] !== '(') {
      const inner = untilClosed(rest.slice(2));
      state.commands.push(...commandsIn(inner));
      state.word = `${state.word ?? ''}…`;
      at += inner.length + 3;
    } else if (operator !== undefined && !(operator === '2>' && state.word !== null)) {
      if (REDIRECTIONS.has(operator)) {
        endWord(state);
        state.redirected = true;
      } else endCommand(state);
      at += operator.length;
    } else {
      state.word = (state.word ?? '') + rest[0]!;
      at += 1;
    }
  }
  endCommand(state);
  return state.commands;
}

/** What `$(…)` in double quotes runs. */
const within = (text: string): string[][] =>
  [...text.matchAll(/\$\(([^()]*)\)/g)].flatMap(([, inner]) => commandsIn(inner!));

function untilClosed(text: string): string {
  let depth = 1;
  for (let at = 0; at < text.length; at += 1) {
    depth += text[at] === '(' ? 1 : text[at] === ')' ? -1 : 0;
    if (depth === 0) return text.slice(0, at);
  }
  throw new Error(`a parenthesis that does not end: ${text}`);
}

/** The words behind `ai-vm` in each call of it on a line, whatever stands before: variables, `sudo`, `npx`, `time`. */
export function callsOf(line: string): string[][] {
  return commandsIn(line).flatMap((words) => {
    const first = words.findIndex((word) => !/^\w+=/.test(word) && !['sudo', 'npx', 'time', 'if', '!'].includes(word));
    return words[first] === 'ai-vm' ? [words.slice(first + 1)] : [];
  });
}

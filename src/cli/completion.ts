import { Argument } from 'commander';
import { EXIT } from '../model/errors.ts';
import { reads } from './exits.ts';
import type { Verb } from './verbs.ts';

/** What the script for bash takes from the package bash-completion, where that is not loaded. */
const WORDS = `if ! declare -F _get_comp_words_by_ref >/dev/null; then
  _get_comp_words_by_ref() {
    words=("\${COMP_WORDS[@]}")
    cword=$COMP_CWORD
    cur=\${COMP_WORDS[COMP_CWORD]}
    prev=\${COMP_WORDS[COMP_CWORD - 1]}
  }
fi
`;

export const verb: Verb = {
  help: {
    about:
      'Prints a script for a shell, with which Tab completes verbs, options and the names of machines and projects. The script asks ai-vm each time, so it needs no renewal.',
    examples: [
      ['source <(ai-vm completion bash)', 'In ~/.bashrc.'],
      ['source <(ai-vm completion zsh)', 'In ~/.zshrc, after compinit.'],
      ['ai-vm completion fish > ~/.config/fish/completions/ai-vm.fish', 'Once.'],
    ],
    exits: reads(),
  },
  define(command, io, finish) {
    command
      .addArgument(new Argument('<shell>', 'bash, zsh or fish').choices(['bash', 'zsh', 'fish']))
      .action(async (shell: string) => {
        // The library prints by itself.
        const { script } = await import('@bomb.sh/tab');
        if (shell === 'bash') io.stdout.write(WORDS);
        await printed(io.stdout, () => script(shell, 'ai-vm', 'ai-vm'));
        finish(EXIT.ok);
      });
  },
};

/** Hands what is printed by console.log to our own stream. */
async function printed(stream: NodeJS.WriteStream, print: () => void): Promise<void> {
  const { Console } = await import('node:console');
  const before = globalThis.console;
  globalThis.console = new Console(stream);
  try {
    print();
  } finally {
    globalThis.console = before;
  }
}

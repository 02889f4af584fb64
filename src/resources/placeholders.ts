/** What stands for a secret in a guest. */
import { createHash } from 'node:crypto';
import type { SecretConfig } from '../model/secrets.ts';

/** What keys of a service look like: programs look at no more than this before they use one. By host, then by the variable's name. */
const SHAPES: readonly (readonly [host: RegExp, name: RegExp, prefix: string, length: number])[] = [
  [/(^|\.)anthropic\.com$/, /^ANTHROPIC_API_KEY$/, 'sk-ant-api03-', 95],
  [/(^|\.)anthropic\.com$/, /^(CLAUDE_CODE_OAUTH|ANTHROPIC_AUTH)_TOKEN$/, 'sk-ant-oat01-', 95],
  [/(^|\.)openai\.com$/, /^OPENAI_/, 'sk-proj-', 156],
  [/(^|\.)openrouter\.ai$/, /^OPENROUTER_/, 'sk-or-v1-', 64],
  [/(^|\.)googleapis\.com$/, /^(GEMINI|GOOGLE)_/, 'AIza', 35],
  [/(^|\.)github\.com$/, /^(GH|GITHUB)_/, 'ghp_', 36],
  [/(^|\.)gitlab\.com$/, /^GITLAB_/, 'glpat-', 20],
  [/(^|\.)npmjs\.org$/, /^(NPM|NODE)_/, 'npm_', 36],
  [/(^|\.)huggingface\.co$/, /^(HF|HUGGING)/, 'hf_', 34],
];

const ANY = { prefix: 'ai-vm-placeholder-', length: 40 };

const SIGNS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * The same at each start of a machine, and nobody else's: made from its number, which nothing outside of it and its host knows, and from
 * nothing of the value.
 * @param seed the machine's UUID; that of the machine that it is a copy of
 */
export function placeholderOf(seed: string, { name, hosts }: Pick<SecretConfig, 'name' | 'hosts'>): string {
  const shape = SHAPES.find(([host, variable]) => variable.test(name) && hosts.some((each) => host.test(each.host)));
  const [, , prefix, length] = shape ?? [null, null, ANY.prefix, ANY.length];
  let text = '';
  for (let block = 0; text.length < length; block += 1) {
    const bytes = createHash('sha256').update(`ai-vm placeholder\0${seed}\0${name}\0${block}`).digest();
    // 248 is four times the number of signs: none comes more often than another.
    for (const byte of bytes) if (byte < 248) text += SIGNS.charAt(byte % SIGNS.length);
  }
  return `${prefix}${text.slice(0, length)}`;
}

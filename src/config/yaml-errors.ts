import type { YAMLError } from 'yaml';

interface Explained {
  readonly message: string;
  readonly hint?: string;
}

/** The parser's faults in our own words, where we have better ones. */
export function explainYaml(fault: YAMLError): Explained {
  const [, bracket] = /must be sufficiently indented and end with a (\S)/.exec(fault.message) ?? [];
  if (bracket !== undefined)
    return { message: `the closing \`${bracket}\` is missing, or indented too far to the left` };
  if (fault.code === 'TAG_RESOLVE_FAILED' && /!(reset|override)\b/.test(fault.message)) return COMPOSE_TAG;
  const known = WORDS[fault.code];
  if (known) return known;
  return { message: fault.message.split('\n')[0]!.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase()) };
}

/** TOML has no tags. */
const COMPOSE_TAG: Explained = {
  message: 'the tags !reset and !override have no meaning here',
  hint: 'Name the field in `unset` of the machine: `unset: [ports]`, and beside it what is to be there instead.',
};

const WORDS: Partial<Record<YAMLError['code'], Explained>> = {
  TAB_AS_INDENT: { message: 'a tab is used for indentation', hint: 'YAML is indented with spaces.' },
  BAD_INDENT: {
    message: 'this line is indented differently from its neighbours',
    hint: 'Entries of one mapping or list begin in the same column.',
  },
  MULTILINE_IMPLICIT_KEY: {
    message: 'a `:` is missing, or this line is indented too far to the left',
    hint: 'A key and its value are written `key: value`.',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'a second `key: value` on one line',
    hint: 'Put it on a line of its own, or put text that holds `: ` in quotes.',
  },
  BAD_ALIAS: {
    message: 'this alias is not usable: text that begins with `*` means an alias',
    hint: 'Put the text in quotes if it is no alias.',
  },
  BAD_SCALAR_START: { message: 'text cannot begin with this character', hint: 'Put the text in quotes.' },
  BAD_DQ_ESCAPE: {
    message: 'unknown escape sequence in double quotes',
    hint: "Write `\\\\` for a backslash, or use single quotes: 'C:\\dir'.",
  },
  TAG_RESOLVE_FAILED: {
    message: 'tags (`!name`) have no meaning here',
    hint: 'Put the text in quotes if it really begins with `!`.',
  },
  NON_STRING_KEY: {
    message: 'a key must be plain text',
    hint: 'Put the key in quotes; text with `{` or `[` at its start needs them too.',
  },
  MULTIPLE_DOCS: {
    message: 'more than one document in the file',
    hint: 'Keep the part above `---` or the part below.',
  },
  KEY_OVER_1024_CHARS: { message: 'this key is longer than 1024 characters' },
  RESOURCE_EXHAUSTION: { message: 'nested too deep' },
};

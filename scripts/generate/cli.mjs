import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/**
 * What the command line takes, asked of the program itself.
 * @returns {Promise<{ group: string, doc: VerbDoc }[]>}
 */
export async function cliReference(root) {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'src/cli/reference.ts')],
    ...{ bundle: true, write: false, format: 'esm', platform: 'node', target: 'node20', packages: 'external' },
    // What is not bundled is found from here.
    absWorkingDir: root,
    logLevel: 'warning',
  });
  const dir = await mkdtemp(join(root, 'node_modules/.cli-'));
  try {
    const file = join(dir, 'reference.mjs');
    await writeFile(file, outputFiles[0].contents);
    const { reference } = await import(pathToFileURL(file).href);
    return await reference();
  } finally {
    await rm(dir, { recursive: true });
  }
}

const usageOf = ({ name, usage }) => `${name} ${usage}`.trimEnd();
const code = (text) => `\`${text}\``;
// A cell ends at a bar, also within code.
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
const codeCell = (text) => code(text.replaceAll('|', '\\|'));
const table = (head, rows) =>
  rows.length === 0
    ? []
    : [[`| ${head} | |`, '|---|---|', ...rows.map(([a, b]) => `| ${codeCell(a)} | ${cell(b)} |`)].join('\n')];

/** docs/cli.md. */
export function cliDocs(entries) {
  const groups = [...new Set(entries.map(({ group }) => group))];
  const plain = entries.find(({ doc }) => doc.name === 'ai-vm ps');
  return [
    '<!-- Generated from the program by scripts/generate.mjs: do not edit. -->',
    '<!-- test: nothing here is run: examples of verbs, each by itself; what can be done with them is on the pages for tasks -->',
    '# The command line',
    'stdout carries results, stderr what happens meanwhile. Names of machines are optional unless it says otherwise; without any, all are meant. `ai-vm up --help` and so on show the same as this page.',
    'What `--format json` prints is described in [the output of verbs](output.md).',
    ...groups.map((group) => {
      const verbs = entries.filter((entry) => entry.group === group);
      return `**${group}:** ${verbs.map(({ doc }) => `[${doc.name.replace('ai-vm ', '')}](#${doc.name.replace(' ', '-')})`).join(' · ')}`;
    }),
    '## Options of every verb',
    'They may also stand before the verb. `-p` behind `up`, `plan` and `init` is a port, and `-f` behind `logs` follows.',
    ...table('option', plain.doc.globals),
    ...entries.flatMap(({ doc }) => verbDocs(doc)),
  ].join('\n\n');
}

function verbDocs(doc) {
  const examples = doc.examples.map(([command, what]) => `# ${what}\n${command}`).join('\n');
  return [
    `## ${doc.name}`,
    doc.summary,
    `\`\`\`text\n${usageOf(doc)}\n\`\`\``,
    ...(doc.about === '' ? [] : [doc.about]),
    ...table('argument', doc.arguments),
    ...doc.commands.flatMap((each) => [
      `### ${each.name}`,
      `${each.summary}.`,
      `\`\`\`text\n${usageOf(each)}\n\`\`\``,
      ...table('option', each.options.slice(0, -1)),
    ]),
    ...table('option', doc.options.slice(0, -1)),
    `\`\`\`sh\n${examples}\n\`\`\``,
    `Exit codes: ${doc.exits.map(([exit, meaning]) => `${exit} ${meaning}`).join('; ')}.`,
  ];
}

/** Text of roff: a dot or a quote at the beginning of a line and every backslash mean something. */
const roff = (text) =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^(?=[.'])/gm, '\\&');
const tagged = (rows) => rows.flatMap(([term, meaning]) => ['.TP', `.B ${roff(term)}`, roff(meaning)]);

/** man/ai-vm.1. */
export function manPage(entries, version) {
  const plain = entries.find(({ doc }) => doc.name === 'ai-vm ps');
  const groups = [...new Set(entries.map(({ group }) => group))];
  return `${[
    '.\\" Generated from the program by scripts/generate.mjs: do not edit.',
    `.TH AI\\-VM 1 "" "ai\\-vm ${version}" "User Commands"`,
    '.SH NAME',
    'ai\\-vm \\- virtual machines declared in ai\\-vm.yaml, ready for coding agents',
    '.SH SYNOPSIS',
    '.B ai\\-vm',
    roff('VERB [options]'),
    '.SH DESCRIPTION',
    'A file declares machines; ai\\-vm builds their images, starts them on QEMU, and keeps them what the file says. Results go to standard output, what happens meanwhile to standard error.',
    '.SH VERBS',
    ...groups.flatMap((group) => [
      `.SS ${group}`,
      ...tagged(
        entries
          .filter((entry) => entry.group === group)
          .map(({ doc }) => [doc.name.replace('ai-vm ', ''), doc.summary]),
      ),
    ]),
    '.SH OPTIONS OF EVERY VERB',
    ...tagged(plain.doc.globals),
    ...entries.flatMap(({ doc }) => [
      `.SH ${roff(doc.name.toUpperCase())}`,
      ...(doc.commands.length > 0 ? doc.commands : [doc]).flatMap((each) => ['.PP', `.B ${roff(usageOf(each))}`]),
      '.PP',
      roff(doc.summary),
      ...doc.about.split('\n\n').flatMap((text) => (text === '' ? [] : ['.PP', roff(text)])),
      ...tagged(doc.arguments),
      ...tagged(doc.options.slice(0, -1)),
      ...doc.commands.flatMap((each) => tagged(each.options.slice(0, -1))),
      '.PP',
      'Examples:',
      ...doc.examples.flatMap(([command, what]) => ['.PP', roff(what), '.RS', '.nf', roff(command), '.fi', '.RE']),
      '.PP',
      roff(`Exit codes: ${doc.exits.map(([exit, meaning]) => `${exit} ${meaning}`).join('; ')}.`),
    ]),
    '.SH FILES',
    ...tagged([
      ['ai-vm.yaml, ai-vm.toml', 'What the machines of a project are; found by walking up from the working directory.'],
      ['ai-vm.override.yaml', 'Laid over it.'],
      ['.env', 'Variables beside it.'],
    ]),
    '.SH ENVIRONMENT',
    ...tagged([
      ['AI_VM_FILE', 'Configuration files, as --file.'],
      ['AI_VM_HOME', 'Where disks, keys and images are kept.'],
      ['AI_VM_PROFILES', 'Profiles that are active, with commas between them.'],
      ['NO_COLOR, FORCE_COLOR', 'Without colours, or with them where nobody would expect them.'],
    ]),
  ].join('\n')}\n`;
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { isRemote } from '../../../src/config/include.ts';
import type { ConfigText } from '../../../src/config/layers.ts';
import { FilesNeeded, loadConfig, type Loaded } from '../../../src/config/load.ts';
import { parserFor } from '../../../src/config/parser.ts';
import { blocks, documents, inlineCode, read, ROOT, section } from './support.ts';

/** Those that are `yml` are something else, or have a fault on purpose. */
const yaml = documents().flatMap((document) =>
  blocks(read(document))
    .filter(({ language }) => language === 'yaml' || language === 'toml')
    .map(({ language, text }) => ({ document, language, text })),
);

interface Node {
  readonly 'x-unsupported'?: string;
  readonly properties?: Readonly<Record<string, Node>>;
}

/** Fields that are refused, wholly or but for the value that asks for nothing: `network.egress`. */
function unsupported(properties: Readonly<Record<string, Node>>, above = ''): string[] {
  return Object.entries(properties).flatMap(([name, node]) => [
    ...(node['x-unsupported'] === undefined ? [] : [above + name]),
    ...unsupported(node.properties ?? {}, `${above}${name}.`),
  ]);
}

describe('configurations in the documentation', () => {
  it('are found', () => expect(yaml.filter(({ document }) => document === 'README.md')).not.toHaveLength(0));

  it.each(yaml)('in $document ($language) load', async ({ language, text }) => {
    const parse = await parserFor('ai-vm.yaml');
    const further = new Map<string, ConfigText>();
    const load = async (): Promise<Loaded> =>
      loadConfig({
        files: [{ path: `/home/ann/shop/ai-vm.${language}`, text, parse: await parserFor(`ai-vm.${language}`) }],
        ...{ dir: '/home/ann/shop', env: {}, home: '/home/ann', outside: true, further },
      });
    const { desired, warnings } = await load().catch((error: unknown) => {
      if (!(error instanceof FilesNeeded)) throw error;
      // What is in a repository elsewhere.
      for (const path of error.paths.filter(isRemote)) further.set(path, { path, text: 'vms: {db: }\n', parse });
      return load();
    });
    expect(desired.vms).not.toHaveLength(0);
    expect(warnings).toEqual([]);
  });
});

describe('the README', () => {
  it('names every field that is not supported yet', () => {
    const schema = JSON.parse(readFileSync(join(ROOT, 'schemas/ai-vm.schema.json'), 'utf8')) as Node & {
      readonly definitions: { readonly vm: Node };
    };
    const fields = [...unsupported(schema.properties ?? {}), ...unsupported(schema.definitions.vm.properties ?? {})];
    expect(fields.length).toBeGreaterThan(0);
    const named = inlineCode(section(read('README.md'), 'Status'));
    expect(fields.filter((field) => !named.includes(field))).toEqual([]);
  });

  it('names the Node that package.json asks for', () => {
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
    expect(read('README.md')).toContain(`Node ${engines.node.replace('>=', '')} or later`);
  });

  it('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const all = documents().flatMap((document) => read(document).match(/(?<=npm run )[\w:-]+/g) ?? []);
    expect(all).toContain('up');
    expect(all.filter((name) => !(name in scripts))).toEqual([]);
  });
});

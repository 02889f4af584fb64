import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse as parseTOML } from '@iarna/toml';
import { Ajv } from 'ajv';
import { parseDocument } from 'yaml';
import { schema as printed } from '../../../src/app/config.ts';
import { load } from './support.ts';

const dir = join(import.meta.dirname, '../../../examples');
const read = (name: string): string => readFileSync(join(dir, name), 'utf8');
const names = readdirSync(dir).filter((name) => /\.(yaml|yml|toml)$/.test(name));

describe('the examples', () => {
  it('are there', () => expect(names.length).toBeGreaterThanOrEqual(10));

  it.each(names)('%s is sound, and knows its schema', (name) => {
    const { desired } = load(read(name), { file: name, env: { LOG_LEVEL: 'debug' } });
    expect(desired.vms).not.toHaveLength(0);
    expect(read(name).split('\n')[0]).toMatch(
      /^#( yaml-language-server: \$schema=|:schema )\.\.\/schemas\/ai-vm\.schema\.json$/,
    );
  });

  const twins = names.filter((name) => name.endsWith('.yaml'));
  const tomlOf = (name: string): string => name.replace(/yaml$/, 'toml');

  it.each(twins)('%s says the same in TOML', (name) => {
    const desired = (file: string): unknown => ({ ...load(read(file), { file }).desired, files: [] });
    expect(desired(tomlOf(name))).toEqual(desired(name));
  });

  it.each(twins)('%s knows as well in TOML where each value stands', (name) => {
    const placed = (file: string): Record<string, unknown> => {
      const text = read(file);
      const found = load(text, { file })
        .origins()
        .map(({ field, value, template, place }) => {
          const written = text.slice(place!.offset, place!.offset + place!.length);
          return [
            field,
            { value, says: written.includes(template ?? String(value)) || written.startsWith('[') },
          ] as const;
        });
      return Object.fromEntries(found);
    };
    const [yaml, toml] = [placed(name), placed(tomlOf(name))];
    expect(toml).toEqual(yaml);
    expect(Object.entries(toml).filter(([, each]) => !(each as { says: boolean }).says)).toEqual([]);
  });
});

describe('the schema', () => {
  /** As editors read it: draft 7, and no word of it that they would have to know from us. */
  const schema = JSON.parse(readFileSync(join(dir, '../schemas/ai-vm.schema.json'), 'utf8')) as Record<string, unknown>;
  const check = new Ajv({ allErrors: true, strict: false }).compile(schema);
  const plain = (name: string): unknown =>
    name.endsWith('.toml') ? parseTOML(read(name)) : (parseDocument(read(name)).toJS() as unknown);

  it('says what it is', () => {
    expect(schema['$schema']).toBe('http://json-schema.org/draft-07/schema#');
    expect(schema['$id']).toBe('urn:ai-vm:schema:config');
  });

  it.each(names)('has no complaint about %s', (name) => {
    check(JSON.parse(JSON.stringify(plain(name))));
    expect(check.errors ?? []).toEqual([]);
  });

  it('has some about what is none', () => {
    expect(check({ vms: { dev: { cpu: 2 } } })).toBe(false);
    expect(check({ vms: { dev: { memory: 'lots' } } })).toBe(false);
  });

  it('is printed by `config --schema` as it is', async () => expect(JSON.parse(await printed())).toEqual(schema));
});

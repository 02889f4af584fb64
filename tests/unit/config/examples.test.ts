import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { load } from './support.ts';

const dir = join(import.meta.dirname, '../../../examples');
const read = (name: string): string => readFileSync(join(dir, name), 'utf8');
const names = readdirSync(dir).filter((name) => /\.(yaml|yml|toml)$/.test(name));

describe('the examples', () => {
  it('are there', () => expect(names.length).toBeGreaterThanOrEqual(6));

  it.each(names)('%s is sound, and knows its schema', (name) => {
    const { desired } = load(read(name), { file: name, env: { LOG_LEVEL: 'debug' } });
    expect(desired.vms).not.toHaveLength(0);
    expect(read(name).split('\n')[0]).toMatch(
      /^#( yaml-language-server: \$schema=|:schema )\.\.\/schemas\/ai-vm\.schema\.json$/,
    );
  });

  it('in TOML say the same as their twins in YAML', () => {
    const twin = (name: string): unknown => ({ ...load(read(name), { file: name }).desired, files: [] });
    expect(twin('web-and-db.toml')).toEqual(twin('web-and-db.yaml'));
  });
});

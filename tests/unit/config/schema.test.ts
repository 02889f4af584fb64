import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FIELDS } from '../../../src/generated/fields.ts';
import { HOST_PACKAGES } from '../../../src/generated/host-packages.ts';
import { machineFaults } from './support.ts';

const root = join(import.meta.dirname, '../../..');

interface SchemaNode {
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly definitions?: Readonly<Record<string, SchemaNode>>;
  readonly 'x-unsupported'?: string;
}

const schema = JSON.parse(readFileSync(join(root, 'schemas/ai-vm.schema.json'), 'utf8')) as SchemaNode;
const vm = schema.definitions!['vm']!;

/** A value that each field of a machine may have by the schema and not in this version. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  'image.disk': '{disk: ./x.qcow2}',
};

describe('the schema', () => {
  it('explains every field', () => {
    const unexplained: string[] = [];
    const visit = (node: SchemaNode, path: string): void => {
      for (const [name, child] of Object.entries(node.properties ?? {})) {
        const reference = '$ref' in child;
        if (!reference && (!child.title || !child.description)) unexplained.push(path + name);
        visit(child, `${path}${name}.`);
      }
    };
    visit(schema, '');
    visit(vm, 'vm.');
    expect(unexplained).toEqual([]);
  });

  it('knows the same unsupported fields as the loader', () => {
    const marked = Object.entries(vm.properties!).flatMap(([name, { properties = {} }]) =>
      Object.entries(properties)
        .filter(([, node]) => node['x-unsupported'] !== undefined)
        .map(([field]) => `${name}.${field}`),
    );
    expect(marked.sort()).toEqual(Object.keys(UNSUPPORTED).sort());
    for (const [name, value] of Object.entries(UNSUPPORTED)) {
      expect(machineFaults(`${name.split('.')[0]}: ${value}`)).toContain(
        'is not supported in this version [config.unsupported]',
      );
    }
  });
});

describe('what is generated', () => {
  it('is up to date', () => {
    expect(execFileSync('node', [join(root, 'scripts/generate.mjs'), '--check'], { encoding: 'utf8' })).toBe('');
  }, 120_000);

  it('knows the fields of a machine', () =>
    expect(FIELDS['vms.*.shares.[].mode']).toMatchObject({ types: ['string'], values: ['rw', 'ro'] }));

  it('knows the packages of each manager', () => {
    const qemu = HOST_PACKAGES.find((row) => row.probes.includes('qemu-img'));
    expect(qemu).toMatchObject({ level: 'need', packages: { apt: 'qemu-utils', brew: 'qemu' } });
    expect(HOST_PACKAGES.every((row) => row.probes.length > 0 && row.cost !== '')).toBe(true);
  });
});

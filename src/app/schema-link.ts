/** Where an editor finds the schema of a configuration. */
import { readFile, realpath } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { isWithin } from '../host/share-rules.ts';

const SCHEMA = join('schemas', 'ai-vm.schema.json');

/** The schema that came with this program, which is a bundle or its sources. */
async function ownSchema(): Promise<{ readonly path: string; readonly id: string | undefined } | null> {
  for (let dir = import.meta.dirname; dir !== dirname(dir); dir = dirname(dir)) {
    const text = await readFile(join(dir, SCHEMA), 'utf8').catch(() => null);
    if (text !== null) return { path: join(dir, SCHEMA), id: (JSON.parse(text) as { $id?: string }).$id };
  }
  return null;
}

/**
 * Relative where the project has the schema, in its packages or itself: that holds for everybody who has a clone of it. Else
 * the address that the schema gives itself; else where it is on this host.
 * @param dir real path of the directory of the configuration
 */
export async function schemaLink(dir: string): Promise<string> {
  for (const inside of [SCHEMA, join('node_modules', 'ai-vm', SCHEMA)]) {
    const found = await realpath(join(dir, inside)).catch(() => null);
    if (found !== null) return `./${inside}`;
  }
  const own = await ownSchema();
  if (own === null) return `./${SCHEMA}`;
  if (isWithin(own.path, dir)) return `./${relative(dir, own.path)}`;
  return own.id !== undefined && /^https?:/.test(own.id) ? own.id : own.path;
}

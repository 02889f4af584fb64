import { compile } from 'json-schema-to-typescript';
import { ANNOTATIONS } from './schema.mjs';

/** Types of the file as it is written. `x-` keys, which types cannot express beside closed objects, are left out. */
export function configTypes(schema) {
  return compile(closed(schema), 'ConfigFile', {
    bannerComment: '// Generated from schemas/ai-vm.schema.json by scripts/generate.mjs: do not edit.',
    additionalProperties: false,
    format: false,
  });
}

const isMap = (node) => Object.keys(node.patternProperties ?? {}).some((pattern) => pattern !== '^x-');

/** Titles would name types, and notes of ours would be doc comments. */
function closed(node, key = '') {
  if (Array.isArray(node)) return node.map((item) => closed(item));
  if (node === null || typeof node !== 'object') return node;
  const names = key === 'properties' || key === 'definitions';
  return Object.fromEntries(
    Object.entries(node)
      .filter(([name]) => names || !['$id', 'title', 'examples', 'default', ...ANNOTATIONS].includes(name))
      .flatMap(([name, value]) => {
        // A list of at least one would become a tuple.
        if (name === 'minItems') return [];
        if (name === 'additionalProperties' && isMap(node)) return [];
        if (name !== 'patternProperties') return [[name, closed(value, name)]];
        const { '^x-': _free, ...patterns } = value;
        // A closed map with patterned names is a map, as far as types go.
        return Object.values(patterns).map((value) => ['additionalProperties', closed(value)]);
      }),
  );
}

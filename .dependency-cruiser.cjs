/**
 * Which room may know which. Every arrow points down and there are no circles.
 * A room may always import from itself, from packages and, but for the pure ones, from Node.
 */

/** room → the rooms that it may import from. */
const ROOMS = {
  model: [],
  generated: [],
  config: ['model', 'generated'],
  resources: ['model'],
  report: ['model'],
  host: ['model', 'generated'],
  gateway: ['model', 'host'],
  qemu: ['model', 'host'],
  guest: ['model', 'host'],
  images: ['model', 'host'],
  reconcile: ['model', 'qemu', 'guest', 'images', 'host'],
  app: [
    'model',
    'generated',
    'config',
    'resources',
    'host',
    'gateway',
    'qemu',
    'guest',
    'images',
    'reconcile',
    'report',
  ],
  library: ['model', 'generated', 'config', 'host', 'app', 'report'],
  watch: ['model', 'app', 'report'],
  cli: ['model', 'generated', 'app', 'watch', 'report'],
};

const PURE = '^src/(model|config|resources)/';
const EFFECTS =
  '^(node:)?(fs|fs/promises|child_process|os|net|dgram|tls|http|https|http2|dns|cluster|worker_threads|process|timers|timers/promises|readline)$';

const direction = Object.entries(ROOMS).map(([room, allowed]) => ({
  name: `direction-${room}`,
  comment: `src/${room} may import only from ${[room, ...allowed].join(', ')}.`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: { path: '^src/', pathNot: `^src/(${[room, ...allowed].join('|')})/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...direction,
    {
      name: 'known-room',
      comment: 'A new folder under src needs its line in ROOMS.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: `^src/(${Object.keys(ROOMS).join('|')})/` },
      to: {},
    },
    {
      name: 'no-circular',
      comment: 'Types are gone when the program runs, so a circle through one of them is none.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'pure',
      comment: 'Values in, values out: no files, processes or sockets.',
      severity: 'error',
      from: { path: PURE },
      to: { path: EFFECTS },
    },
    {
      name: 'model-imports-nothing',
      severity: 'error',
      from: { path: '^src/model/' },
      to: { pathNot: '^src/model/' },
    },
    {
      name: 'e2e-through-the-bundle',
      comment: 'End-to-end tests drive dist/main.js, as a user does.',
      severity: 'error',
      from: { path: '^tests/e2e/' },
      to: { path: '^src/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-tests-in-src',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(tests|bench|scripts)/' },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'runtime-dependencies',
      comment: 'The bundle is made of `dependencies`.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};

/** Types are checked apart, by tsc; here swc only strips them. */
const project = (name, extra = {}) => ({
  displayName: name,
  rootDir: import.meta.dirname,
  testMatch: [`<rootDir>/tests/${name}/**/*.test.ts`],
  testEnvironment: 'node',
  // Taking globals apart after each file overflows the stack of newer Nodes, now and then.
  testEnvironmentOptions: { globalsCleanup: 'off' },
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  ...extra,
});

export default {
  // A machine that is busy may take many times as long as one that is not.
  testTimeout: 60_000,
  projects: ['unit', 'property', 'contract', 'e2e', 'pages', 'nixpkgs'].map((name) => project(name)),
};

import { describe, expect, it } from '@jest/globals';
import { digestOf, type ImageInputs } from '../../../src/images/digest.ts';
import { currentInputs, debianDigest } from '../../../src/images/debian/recipe.ts';
import type { DebianImage } from '../../../src/model/desired.ts';

const image: DebianImage = { provider: 'debian', packages: ['jq', 'make'], agents: ['claude'], desktop: false };
const inputs: ImageInputs = {
  arch: 'x86_64',
  suite: 'trixie',
  recipe: { files: { b: 1, a: 2 } },
  agentVersions: { claude: '1.2.3', codex: '1', gemini: '1', aider: '1', opencode: '1' },
  agentRecipes: { claude: ['git'], codex: [], gemini: [], aider: [], opencode: [] },
  desktop: { packages: ['xfce'] },
};
const versions = (claude: string): ImageInputs['agentVersions'] => ({ ...inputs.agentVersions, claude });

describe('digestOf', () => {
  it('is 64 hex digits, the same for equal content however it was put together', () => {
    const digest = digestOf(image, inputs);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    const shuffled = { ...image, packages: ['make', 'jq', 'jq'] };
    expect(digestOf(shuffled, { ...inputs, recipe: { files: { a: 2, b: 1 } } })).toBe(digest);
  });

  it.each([
    ['a package', { ...image, packages: ['jq'] }, inputs],
    ['no agent', { ...image, agents: [] }, inputs],
    ["an agent's version", image, { ...inputs, agentVersions: versions('1.2.4') }],
    ["an agent's recipe", image, { ...inputs, agentRecipes: { ...inputs.agentRecipes, claude: ['git', 'jq'] } }],
    ['another agent', { ...image, agents: ['claude', 'codex'] as const }, inputs],
    ['a desktop', { ...image, desktop: true }, inputs],
    ['the suite', image, { ...inputs, suite: 'forky' }],
    ['the architecture', image, { ...inputs, arch: 'aarch64' as const }],
    ['the recipe', image, { ...inputs, recipe: { files: { b: 1, a: 3 } } }],
  ])('differs with %s', (_what, otherImage, otherInputs) => {
    expect(digestOf(otherImage, otherInputs)).not.toBe(digestOf(image, inputs));
  });

  it('does not depend on the version of an agent that the image does not hold', () => {
    const bare = { ...image, agents: [] };
    expect(digestOf(bare, { ...inputs, agentVersions: versions('9.9.9') })).toBe(digestOf(bare, inputs));
  });
});

describe('of an image with a desktop', () => {
  const screen = { ...image, desktop: true };
  const other = { ...inputs, desktop: { packages: ['lxqt'] } };

  it('follows what makes one, which that of no other image does', () => {
    expect(digestOf(screen, other)).not.toBe(digestOf(screen, inputs));
    expect(digestOf(image, other)).toBe(digestOf(image, inputs));
  });
});

describe('debianDigest', () => {
  it('follows the environment in the version of an agent and in nothing else', () => {
    const plain = debianDigest(image, currentInputs({}));
    expect(debianDigest(image, currentInputs({ AI_VM_CLAUDE_VERSION: '0.0.1' }))).not.toBe(plain);
    expect(
      debianDigest(image, currentInputs({ AI_VM_DEBIAN_MIRROR: 'http://mirror.test/debian', HOME: '/elsewhere' })),
    ).toBe(plain);
  });
});

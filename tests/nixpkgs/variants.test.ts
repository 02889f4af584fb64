import { describe, expect, it } from '@jest/globals';
import { factsOf, validGuests } from '../support/guests.ts';

const TREE = process.env['AI_VM_TEST_NIXPKGS'] ?? '';
const LONG = 300_000;

describe('the build parameters that both sides know', () => {
  const seen = new Map<string, string>();

  it.each(validGuests())(
    'make a guest: %s',
    (name, guest) => {
      const facts = factsOf(guest, TREE);
      expect(facts.warnings).toEqual([]);
      expect(facts.users.withPassword).toEqual([]);
      expect(facts.manifest.arch).toBe(String(guest['system']).replace('-linux', ''));
      for (const path of (guest['modules'] ?? []) as string[]) {
        expect(facts.etc).toContain(`from/${path.split('/').at(-1)!}`);
      }
      seen.set(name, facts.drvPath);
    },
    LONG,
  );

  it('make as many guests as there are differences', () => {
    expect(seen.get('desktop')).not.toBe(seen.get('smallest'));
    expect(seen.get('audio')).not.toBe(seen.get('smallest'));
    expect(seen.get('package')).not.toBe(seen.get('module'));
  });
});

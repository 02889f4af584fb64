import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { authorityFor, withValues } from '../../../src/app/network/secrets.ts';
import type { Context } from '../../../src/app/context.ts';
import type { SeenGateway } from '../../../src/model/network.ts';
import type { SecretConfig } from '../../../src/model/secrets.ts';
import { seenGateway, OUTSIDE, vmConfig } from '../../fixtures/machines.ts';

const secret = (name: string, ...hosts: string[]): SecretConfig => ({
  ...{ name, from: name },
  hosts: hosts.map((host) => ({ host, port: 443 })),
});
const gateway = (...secrets: SecretConfig[]): SeenGateway => ({ ...seenGateway(OUTSIDE)!, secrets }) as SeenGateway;

function reached(env: Record<string, string>, declared: SecretConfig[], seen: SeenGateway | null) {
  const told: string[] = [];
  const vm = withValues({ env } as unknown as Context, vmConfig({ secrets: declared }), seen, (text) =>
    told.push(text),
  );
  return { secrets: vm.secrets, told };
}

describe('authorityFor', () => {
  it('makes one for hosts that are new, and takes one that is for more', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'ai-vm-authorities-'));
    try {
      const paths = { authorities: join(dir, 'authorities.json') };
      const [a, b] = [secret('A_KEY', 'a.example.org'), secret('B_KEY', 'b.example.org')];
      const first = await authorityFor(paths, [a]);
      const both = await authorityFor(paths, [a, b]);
      expect(both?.hosts).toEqual(['a.example.org', 'b.example.org']);
      expect(first?.certificate).not.toBe(both?.certificate);
      expect(await authorityFor(paths, [b])).toEqual(both);
      expect(await authorityFor(paths, [a])).toEqual(both);
      expect(await authorityFor(paths, [])).toBeNull();
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});

describe('what a watch has no value for', () => {
  const [a, b] = [secret('A_KEY', 'a.example.org'), secret('B_KEY', 'b.example.org')];

  it('is left out where the gateway has none, and said', () => {
    expect(reached({ A_KEY: 'a-long-enough-value' }, [a, b], gateway())).toEqual({
      secrets: [a],
      told: ['B_KEY: the variable B_KEY is not set on this host'],
    });
    expect(reached({}, [b], null)).toEqual({ secrets: undefined, told: [expect.stringContaining('B_KEY') as unknown] });
  });

  it('stays as the gateway has it', () => {
    expect(reached({}, [a], gateway(a))).toEqual({ secrets: [a], told: [] });
    const more = secret('A_KEY', 'a.example.org', 'c.example.org');
    expect(reached({}, [more], gateway(a)).secrets).toEqual([a]);
  });

  it('is given where there is one', () => {
    const more = secret('A_KEY', 'a.example.org', 'c.example.org');
    expect(reached({ A_KEY: 'a-long-enough-value' }, [more], gateway(a))).toEqual({ secrets: [more], told: [] });
  });
});

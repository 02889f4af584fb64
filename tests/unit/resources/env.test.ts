import { describe, expect, it } from '@jest/globals';
import { env } from '../../../src/resources/env.ts';
import { bootContext, vmConfig } from '../../fixtures/machines.ts';

describe('env', () => {
  it('quotes for sshd: backslash and double quote escaped, the rest as it is', () => {
    const values = { A: 'x', B: 'a b#c', C: '"\\' };
    const files = env.boot(values, bootContext({ vm: vmConfig({ env: values }) })).guest.files;
    expect(files[0]!.content).toBe('SetEnv "A=x" "B=a b#c" "C=\\"\\\\"\n');
  });

  it('writes an empty file when there is none, so that old values do not stay', () => {
    expect(env.boot({}, bootContext()).guest.files).toMatchObject([{ content: '' }]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { envOf } from '../../../src/cli/env.ts';
import { Home } from '../../support/home.ts';

describe('what a session is given', () => {
  const io = { env: { TOKEN: 'secret', EMPTY: '' } };

  it('are variables with a value, or the user’s own', () => {
    expect(envOf(io, { env: ['A=b=c', 'TOKEN', 'EMPTY', 'X='] })).toEqual({
      env: { A: 'b=c', TOKEN: 'secret', EMPTY: '', X: '' },
      forwardAgent: false,
    });
  });

  it('is an error for what is not set, and without an agent', () => {
    expect(() => envOf(io, { env: ['NOT_SET'] })).toThrow('NOT_SET is not set here');
    expect(() => envOf(io, { forwardAgent: true })).toThrow('no SSH agent');
  });

  it('has names that a shell can have', async () => {
    const home = new Home();
    try {
      const { code, err } = await home.run(['exec', 'dev', '-e', '1A=x', '--', 'true']);
      expect(code).toBe(64);
      expect(err).toContain('NAME=VALUE, or NAME, is expected');
    } finally {
      home.close();
    }
  });
});

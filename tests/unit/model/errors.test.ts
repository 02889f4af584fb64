import { describe, expect, it } from '@jest/globals';
import type { Diagnostic } from '../../../src/model/errors.ts';
import { AiVmError, ConfigError, ERROR_CODES, EXIT } from '../../../src/model/errors.ts';

const diagnostic = (message: string, severity: Diagnostic['severity']): Diagnostic => ({
  code: 'config.type',
  severity,
  message,
  hint: undefined,
  position: undefined,
});

describe('AiVmError', () => {
  it('carries what a person needs, and the exit code of its code', () => {
    const cause = new Error('inner');
    const error = new AiVmError('host.space', 'no room', { why: 'w', fix: 'f', vm: 'dev', cause });
    expect(error).toMatchObject({
      code: 'host.space',
      message: 'no room',
      why: 'w',
      fix: 'f',
      vm: 'dev',
      cause,
      exitCode: 69,
    });
    expect(error).toBeInstanceOf(Error);
  });

  it('has no cause where there is none', () => {
    expect('cause' in new AiVmError('usage', 'x')).toBe(false);
  });
});

describe('ConfigError', () => {
  it('is named after its one error, or counts them; warnings do not count', () => {
    const one = new ConfigError([diagnostic('w', 'warning'), diagnostic('only', 'error')], new Map());
    expect(one.message).toBe('only');
    expect(one.exitCode).toBe(EXIT.config);
    const two = new ConfigError([diagnostic('a', 'error'), diagnostic('b', 'error')], new Map());
    expect(two.message).toBe('2 errors in the configuration');
  });
});

it('has only exit codes that are documented', () => {
  const known = new Set<number>(Object.values(EXIT));
  expect(Object.values(ERROR_CODES).filter((code) => !known.has(code))).toEqual([]);
});

import { describe, expect, it } from '@jest/globals';
import type { Diagnostic, ErrorCode } from '../../../src/model/errors.ts';
import { AiVmError, ConfigError, ERROR_CODES } from '../../../src/model/errors.ts';
import { errorAnchor, renderError } from '../../../src/report/errors.ts';

const diagnostic = (message: string, severity: 'error' | 'warning' = 'error'): Diagnostic => ({
  code: 'config.type',
  severity,
  message,
  hint: undefined,
  position: { file: '/p/ai-vm.yaml', line: 1, column: 1, offset: 0, length: 3 },
});

describe('renderError', () => {
  it('says what, why, what to do and where to read more', () => {
    const error = new AiVmError('qemu.died', 'QEMU of dev died', {
      why: 'its last lines:\nno such device',
      fix: 'ai-vm doctor',
      vm: 'dev',
    });
    expect(renderError(error, { color: false })).toBe(
      [
        'error: QEMU of dev died',
        '  why: its last lines:',
        '       no such device',
        '  fix: ai-vm doctor',
        '  code: qemu.died (docs/errors.md#qemudied)',
      ].join('\n'),
    );
  });

  it('names the machine where the message does not', () => {
    const of = (message: string): string =>
      renderError(new AiVmError('locked', message, { vm: 'dev' }), { color: false });
    expect(of('no space')).toContain('error: dev: no space');
    expect(of('no space for dev')).toContain('error: no space for dev');
    expect(of('device busy')).toContain('error: dev: device busy');
  });

  it('draws every diagnostic, then counts', () => {
    const error = new ConfigError(
      [diagnostic('first'), diagnostic('second'), diagnostic('third', 'warning')],
      new Map([['/p/ai-vm.yaml', 'abc']]),
    );
    const text = renderError(error, { color: false, cwd: '/p' });
    const places = ['first', 'second', 'third', 'error: 2 errors, 1 warning in the configuration'].map((part) =>
      text.indexOf(part),
    );
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(text).toContain('code: config.invalid (docs/errors.md#configinvalid)');
  });

  it('calls anything else a bug, with the stack only on demand', () => {
    const error = new TypeError('x is not a function', { cause: new Error('deeper') });
    const short = renderError(error, { color: false });
    expect(short).toContain('error: TypeError: x is not a function\n  why: this is a bug in ai-vm');
    expect(short).toContain('--verbose');
    expect(short).not.toContain('errors.test');
    const long = renderError(error, { color: false, verbose: true });
    expect(long).toContain('errors.test');
    expect(long).toContain('caused by Error: deeper');
    expect(renderError('just text', { color: false })).toContain('error: just text');
  });

  it('shows the causes of a known error on demand', () => {
    const error = new AiVmError('qmp.failed', 'no answer', { cause: new Error('ECONNRESET') });
    expect(renderError(error, { color: false })).not.toContain('ECONNRESET');
    expect(renderError(error, { color: false, verbose: true })).toContain('caused by Error: ECONNRESET');
  });

  it('ends, where causes go in a circle', () => {
    const error = new Error('round');
    error.cause = error;
    expect(renderError(error, { color: false, verbose: true })).toContain('caused by');
  });

  it('has a block for each of several', () => {
    const error = new AggregateError([new AiVmError('usage', 'one'), new AiVmError('locked', 'two')]);
    expect(renderError(error, { color: false }).split('\n\n')).toHaveLength(2);
  });

  it('lets no control character through', () => {
    const evil = '\u001b]0;owned\u0007\u009b2J\r';
    const error = new AiVmError('guest.agent', evil, { why: evil, fix: evil, vm: evil, cause: new Error(evil) });
    expect(renderError(error, { color: false, verbose: true })).not.toMatch(/(?!\n)\p{Cc}/u);
    expect(renderError(new Error(evil), { color: false, verbose: true })).not.toMatch(/(?!\n)\p{Cc}/u);
  });

  it('colours on demand only', () => {
    expect(renderError(new AiVmError('usage', 'x'), { color: true })).toContain('\u001b[31m');
  });
});

it('has a section of its own for each code', () => {
  const codes = Object.keys(ERROR_CODES) as ErrorCode[];
  const anchors = codes.map(errorAnchor);
  expect(new Set(anchors).size).toBe(codes.length);
  expect(errorAnchor('config.not-found')).toBe('docs/errors.md#confignot-found');
});

import { describe, expect, it } from '@jest/globals';
import { checkOutput, schemaOf } from '../../support/output.ts';

describe('schemaOf', () => {
  it.each([
    ['ps --format json', 'ps'],
    ['-C elsewhere plan db --format json', 'plan'],
    ['network ls --format json', 'network'],
    ['network log dev --format json', 'network-log'],
    ['network test api.example.org dev --format json', 'network-test'],
    ['approve --list --format json', 'approve'],
    ['ps', null],
    ['ps --format table', null],
    ['config --reveal --format json', 'config'],
    ['config --sources --format json', null],
    ['exec dev -- ps --format json', null],
    ['ps --format json --help', null],
  ])('%s: %s', (line, schema) => expect(schemaOf(line.split(' '))).toBe(schema));
});

describe('checkOutput', () => {
  const event = { version: 1, time: '2026-01-01T00:00:00Z', vm: 'dev', action: 'ready', state: 'running', pid: 1 };

  it('takes an object a line where that is the form, and one object elsewhere', () => {
    const line = JSON.stringify(event);
    expect(() => checkOutput(['events', '--format', 'json'], `${line}\n${line}\n`)).not.toThrow();
    expect(() => checkOutput(['ls', '--format', 'json'], '{"version":1,"projects":[]}')).not.toThrow();
  });

  it('takes a file that is complete for what config prints', () => {
    const argv = ['config', '--format', 'json'];
    expect(() => checkOutput(argv, '{"name":"shop","vms":{"dev":{"cpus":2}}}')).not.toThrow();
    expect(() => checkOutput(argv, '{"name":"shop","vms":{"dev":{"cpu":2}}}')).toThrow(/additional/);
  });

  it('throws at what is not as the schema says', () => {
    const line = JSON.stringify({ ...event, action: 'grown' });
    expect(() => checkOutput(['events', '--format', 'json'], line)).toThrow(/not as its schema says/);
    expect(() => checkOutput(['ls', '--format', 'json'], '{"version":1}')).toThrow(/projects/);
    expect(() => checkOutput(['ls', '--format', 'json'], 'There is nothing.\n')).toThrow();
  });
});

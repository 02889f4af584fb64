import { describe, expect, it } from '@jest/globals';
import { HIDDEN, isSecret, masked, redactAll, redactor, redactWritten } from '../../../src/config/secrets.ts';
import { filesFaults } from './support.ts';
import { vmConfig } from '../../fixtures/machines.ts';

describe('secrets', () => {
  it.each(['API_TOKEN', 'TOKEN', 'db_password', 'AWS_SECRET_ACCESS_KEY', 'SSH_PRIVATE', 'MY_APIKEY'])(
    'are known by their name: %s',
    (name) => expect(isSecret(name, [])).toBe(true),
  );

  it.each(['EDITOR', 'KEYBOARD', 'TOKENS_LEFT', 'MONKEY'])('are not taken for what they are not: %s', (name) =>
    expect(isSecret(name, [])).toBe(false),
  );

  it('are hidden wherever their values have got to, longer ones first', () => {
    const vms = [vmConfig({ env: { DB_URL: 'postgres://u:pass@h', PLAIN: 'x' } })];
    const redact = redactor({ secrets: ['DB_URL'], vms }, [
      ['PASSWORD', 'pass'],
      ['SHORT_KEY', 'abc'],
      ['PLAIN', 'plain'],
    ]);
    expect(redact('a postgres://u:pass@h b pass c plain abc')).toBe(`a ${HIDDEN} b ${HIDDEN} c plain abc`);
    expect(redactAll({ env: { SHORT_KEY: 'abc', N: 1 }, list: ['pass'], none: null }, redact, [])).toEqual({
      env: { SHORT_KEY: HIDDEN, N: 1 },
      list: [HIDDEN],
      none: null,
    });
  });

  it('are hidden where they stand in a file, and what only names them is not', () => {
    const vm = { env: { API_TOKEN: 'abc', REF_TOKEN: '$TOKEN', OTHER_KEY: '${K:-def}' }, provision: ['A_KEY=x make'] };
    expect(redactWritten({ vms: { a: vm, b: { env: ['DB=abc', 'N=1', 'MY_KEY'] } } }, ['DB'])).toEqual({
      vms: {
        a: { env: { API_TOKEN: HIDDEN, REF_TOKEN: '$TOKEN', OTHER_KEY: HIDDEN }, provision: [`A_KEY=${HIDDEN}`] },
        b: { env: [`DB=${HIDDEN}`, 'N=1', 'MY_KEY'] },
      },
    });
  });

  it('are hidden in messages about values that were made from them', () => {
    const files = { 'ai-vm.yaml': 'secrets: [SIZE]\nvms: {dev: {memory: $SIZE, storage: "${DISK_TOKEN}"}}\n' };
    const said = filesFaults({ files, env: { SIZE: 'enormous', DISK_TOKEN: 'hunter2' } });
    expect(said).toContain(`"${HIDDEN}" is not a size`);
    expect(said).not.toMatch(/enormous|hunter2/);
  });

  it('are hidden in what is quoted of files of variables, each sign by itself', () => {
    expect(masked('A=1\nexport MY_TOKEN = "a b" # c\nDB: x', ['DB'])).toBe('A=1\nexport MY_TOKEN = ** ** * *\nDB: *');
    const said = filesFaults({ files: { 'ai-vm.yaml': 'vms: {dev: }\n' }, dotenv: 'A=1\nMY_TOKEN="hunter2\n' });
    expect(said).toContain('.env:2:10');
    expect(said).not.toContain('hunter2');
  });

  it('are hidden in frames where a configuration says them itself, and the rest is not', () => {
    const text =
      'secrets: [db]\nvms:\n  x: {env: [K_KEY=secret1, B=2], provision: [curl hunter2]}\n' +
      '  dev: {env: {MY_TOKEN: "hunter2", A: plain, db: pw}, cpus: 0}\n';
    const said = filesFaults({ files: { 'ai-vm.yaml': text } });
    expect(said).toContain('dev: {env: {MY_TOKEN: *********, A: plain, db: **}, cpus: 0}');
    expect(said).toContain('x: {env: [K_KEY=*******, B=2], provision: [curl *******]}');
    const toml = filesFaults({ files: { 'ai-vm.toml': '[vms.dev]\nenv = {MY_TOKEN = "hunter2"}\ncpus = 0\n' } });
    expect(toml).toContain('env = {MY_TOKEN = *********}');
  });

  it('are hidden in messages that quote them, and in files that cannot be parsed', () => {
    const quoted = 'vms: {dev: {env: {MY_TOKEN: hunter2}, memory: hunter2}}\n';
    expect(filesFaults({ files: { 'ai-vm.yaml': quoted } })).not.toContain('hunter2');
    const broken = 'vms: {dev: {env: {A: 1, MY_TOKEN: hunter2, cpus: [}}}\n';
    expect(filesFaults({ files: { 'ai-vm.yaml': broken } })).toContain('env: {A: 1, MY_TOKEN: ***');
    expect(filesFaults({ files: { 'ai-vm.yaml': broken } })).not.toContain('hunter2');
  });
});

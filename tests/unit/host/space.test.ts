import { describe, expect, it } from '@jest/globals';
import { checkSpace, explainFull, isFull, judgeMemory, judgeSpace, spaceAt } from '../../../src/host/space.ts';
import { GiB } from '../../../src/model/units.ts';

const space = { free: 100 * GiB, total: 200 * GiB };

describe('judgeSpace', () => {
  it.each([
    [1, 80, null],
    [1, 81, 'up to 81 GiB may be written to /data, which has 100 GiB left'],
    [90, 0, 'up to 90 GiB may be written to /data, which has 100 GiB left'],
    [100, 1000, 'up to 1000 GiB may be written to /data, which has 100 GiB left'],
  ])('%d GiB now and %d GiB later', (needed, total, warning) => {
    expect(judgeSpace(space, needed * GiB, total * GiB, '/data')).toBe(warning);
  });

  it('refuses what does not fit now', () => {
    const refused = expect.objectContaining({ code: 'host.space', exitCode: 69, vm: 'dev' });
    expect(() => judgeSpace(space, 101 * GiB, 0, '/data', 'dev')).toThrow(refused);
  });
});

describe('checkSpace', () => {
  it('looks at the file system of a directory that is not there yet', async () => {
    expect((await spaceAt('/not/there/yet')).total).toBe((await spaceAt('/')).total);
    await expect(checkSpace('/not/there', 2 ** 60, 0)).rejects.toMatchObject({ code: 'host.space' });
  });
});

describe('judgeMemory', () => {
  const host = { total: 16 * GiB, available: 10 * GiB };
  it.each([
    [8, null],
    [9, '9 GiB of memory declared, 10 GiB available on this host'],
    [16, '16 GiB of memory declared, 10 GiB available on this host'],
  ])('%d GiB', (needed, warning) => expect(judgeMemory(host, needed * GiB)).toBe(warning));

  it('refuses more than there is', () => {
    const refused = expect.objectContaining({ code: 'host.memory' });
    expect(() => judgeMemory(host, 17 * GiB)).toThrow(refused);
  });
});

describe('explainFull', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });

  it.each([
    [full, true],
    [Object.assign(new Error('cp'), { stderr: "cp: error writing 'x': No space left on device" }), true],
    [Object.assign(new Error('x'), { code: 'EDQUOT' }), true],
    [Object.assign(new Error('x'), { code: 'EACCES', stderr: 'Permission denied' }), false],
    [null, false],
  ])('knows a full file system: %s', (error, is) => expect(isFull(error)).toBe(is));

  it('says what did not fit, where, and what to do', async () => {
    const room = { what: 'the memory of dev', dir: '/', needed: 3 * GiB, vm: 'dev' };
    expect(await explainFull(full, room)).toMatchObject({
      code: 'host.space',
      exitCode: 69,
      message: 'there is no room for the memory of dev',
      why: expect.stringMatching(/^It takes up to 3 GiB\. \/ has .* left of .*\.$/u),
      fix: expect.stringContaining('df -h /'),
      vm: 'dev',
      cause: full,
    });
  });

  it('leaves alone what is something else', async () => {
    const other = new Error('other');
    expect(await explainFull(other, { what: 'x', dir: '/', vm: 'dev' })).toBe(other);
  });
});

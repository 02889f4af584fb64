import { describe, expect, it } from '@jest/globals';
import { fromSystem } from '../../../src/model/system-errors.ts';

const refused = (code: string, path?: string): Error =>
  Object.assign(new Error(`${code}: refused, open`), {
    code,
    syscall: 'open',
    ...(path === undefined ? {} : { path }),
  });

describe('fromSystem', () => {
  it.each(['ENOSPC', 'EDQUOT'])('calls %s a lack of space, and keeps what the system said', (code) => {
    const error = fromSystem(refused(code), 'dev');
    expect(error).toMatchObject({ code: 'host.space', vm: 'dev', exitCode: 69 });
    expect(error?.why).toContain(code);
    expect(error?.fix).toContain('AI_VM_HOME');
  });

  it.each(['EACCES', 'EPERM', 'EROFS'])('names the path that %s is about', (code) => {
    expect(fromSystem(refused(code, '/srv/x'))).toMatchObject({ code: 'host.path', message: '/srv/x cannot be used' });
  });

  it('leaves everything else alone: it may be a bug', () => {
    for (const other of [
      refused('ENOENT'),
      new Error('ENOSPC'),
      Object.assign(new Error('x'), { code: 'EACCES' }),
      'x',
      null,
    ]) {
      expect(fromSystem(other)).toBeNull();
    }
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { debianImage } from '../../fixtures/machines.ts';
import { Home } from '../../support/home.ts';

describe('the machine of an agent', () => {
  let home: Home;
  beforeEach(() => {
    home = new Home('vms: {dev: {agents: [claude]}, db: {}}\n');
  });
  afterEach(() => home.close());

  it('may be a name that is mistyped, or one without that agent', async () => {
    expect(await home.run(['claude', 'dve'])).toMatchObject({
      code: 64,
      err: expect.stringContaining('Did you mean dev?'),
    });
    expect(await home.run(['claude', 'db'])).toMatchObject({
      code: 64,
      err: expect.stringContaining('db has no Claude Code'),
    });
    expect((await home.run(['codex'])).err).toContain('no machine has Codex');
  });

  it('may be a fork, which has what it was copied from has', async () => {
    home.stopped('try', { config: { image: { ...debianImage(), agents: ['claude'] } }, identity: { parent: 'dev' } });
    expect((await home.run(['claude', 'try'])).err).toContain('try is stopped');
  });

  it('is not looked for where the file is not sound', async () => {
    home.write('vms: {dev: {cpu: 1}}\n');
    expect(await home.run(['claude'])).toMatchObject({ code: 65 });
  });
});

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { GATEWAY_FILES } from '../../../src/model/gateway.ts';
import { Home } from '../../support/home.ts';
import { outputFaults, outputSchema, outputs, parseOutput } from '../../support/output.ts';

describe('verbs that look at machines', () => {
  let home: Home;
  beforeEach(() => {
    home = new Home('vms: {dev: {}, db: {}}\n');
  });
  afterEach(() => home.close());

  it('port: says that a machine does not run, and what is no port', async () => {
    home.stopped('dev');
    expect(await home.run(['port', 'dev'])).toMatchObject({ code: 1, err: expect.stringContaining('dev is stopped') });
    expect(await home.run(['port', 'dev', '0'])).toMatchObject({
      code: 64,
      err: expect.stringContaining('"0" is no port'),
    });
    expect((await home.run(['port', 'dve'])).err).toContain('Did you mean dev?');
  });

  it('network log: says that nothing has been tried, but not to a program', async () => {
    const { run } = home.stopped('dev');
    mkdirSync(run, { recursive: true });
    writeFileSync(join(run, GATEWAY_FILES.log), '');
    expect(await home.run(['network', 'log', 'dev'])).toMatchObject({ code: 0, out: 'Nothing has been tried.\n' });
    expect(await home.run(['network', 'log', 'dev', '--format', 'json'])).toMatchObject({ code: 0, out: '' });
  });

  it('ssh-config: has a section for each machine that was started, and names the other one', async () => {
    const paths = home.stopped('dev', { applied: { sshPort: 2345 } });
    const { out, err } = await home.run(['ssh-config', 'dev', 'db', '--progress', 'plain']);
    expect(out).toMatch(/^Host ai-vm-shop-dev\n {2}HostName 127\.0\.0\.1\n {2}Port 2345\n {2}User dev\n/);
    expect(out).toContain(`IdentityFile "${paths.privateKey}"`);
    expect(out).toContain('StrictHostKeyChecking yes');
    expect(out).toContain('ForwardAgent no');
    expect(out).not.toContain('Host ai-vm-shop-db');
    expect(err).toContain('db has no keys yet');
    expect(await home.json(['ssh-config'])).toMatchObject({ hosts: [{ vm: 'dev', port: 2345, running: false }] });
  });

  it('version: the number alone, or all that takes part', async () => {
    const { out } = await home.run(['version', '--short']);
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(await home.json(['version'])).toMatchObject({ aiVm: out.trim(), node: process.versions.node });
  });

  it('wait: returns for what is so, and says what is not when its time is over', async () => {
    home.stopped('dev');
    expect(await home.run(['wait', '--for', 'stopped', 'dev'])).toMatchObject({ code: 0, out: 'dev  stopped\n' });
    const late = await home.run(['wait', 'dev', '--timeout', '0.3']);
    expect(late.code).toBe(1);
    expect(late.err).toContain('dev: not ready within 300 ms');
    expect((await home.run(['wait', '--for', 'soon'])).code).toBe(64);
  });

  it('pause, unpause and kill: say what does not run', async () => {
    home.stopped('dev');
    expect((await home.run(['pause', 'dev'])).err).toContain('dev is stopped');
    expect((await home.run(['pause'])).out).toBe('Nothing runs.\n');
    expect((await home.run(['unpause'])).out).toBe('Nothing is paused.\n');
    expect(await home.run(['kill'])).toMatchObject({ code: 64 });
    expect(await home.run(['kill', 'dev'])).toMatchObject({ code: 0 });
  });
});

describe('the schemas of what verbs print', () => {
  it.each(outputs())('%s: says what it is, and lets nothing by that it does not know', (name) => {
    const schema = outputSchema(name);
    expect(schema['title']).toMatch(new RegExp(`^ai-vm ${name.replace('-', '[- ]')}\\b`));
    expect(schema['description']).toMatch(/\.$/);
    const text = JSON.stringify(schema);
    expect(text.match(/"properties"/g)!.length).toBeLessThanOrEqual(
      text.match(/"additionalProperties":false/g)!.length + 1,
    );
    expect(outputFaults(name, {})).not.toEqual([]);
    const version = name === 'plan' ? 'formatVersion' : 'version';
    expect(schema['required']).toContain(version);
  });

  it('validate: prints what is wrong as a result', async () => {
    const home = new Home('vms: {dev: {cpu: 1}}\n');
    try {
      const { code, out, err } = await home.run(['validate', '--format', 'json']);
      expect({ code, err }).toEqual({ code: 65, err: '' });
      expect(parseOutput('validate', out)).toMatchObject({
        valid: false,
        diagnostics: [{ code: 'config.unknown-key', line: 1, file: expect.stringContaining('ai-vm.yaml') }],
      });
      home.write('vms: {dev: {}}\n');
      expect(await home.json(['validate'])).toMatchObject({ valid: true, machines: ['dev'], diagnostics: [] });
    } finally {
      home.close();
    }
  });

  it('ps, plan, snapshot and approve: machines that stand still', async () => {
    const home = new Home('vms: {dev: {cpus: 3, shares: [{path: /opt, mode: ro, allow_sensitive: true}]}}\n');
    try {
      home.stopped('dev');
      expect(await home.json(['ps'])).toMatchObject({ machines: [{ name: 'dev', state: 'stopped' }] });
      expect(await home.json(['plan'])).toMatchObject({ vms: [{ vm: 'dev', verdict: 'start' }] });
      expect(await home.json(['snapshot', 'ls'], 'snapshot')).toMatchObject({ snapshots: [] });
      expect(await home.json(['approve', '--list'], 'approve')).toMatchObject({ asks: { pending: [{ vm: 'dev' }] } });
    } finally {
      home.close();
    }
  });
});

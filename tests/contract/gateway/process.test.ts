/** The gateway's own process, over real sockets, as QEMU has them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { startTrial, type Trial } from '../../../src/gateway/trial.ts';
import { makeAuthority } from '../../../src/host/authority.ts';
import { bundlePath } from '../../../src/host/code.ts';
import { askGateway } from '../../../src/host/gateway.ts';
import type { GatewaySettings } from '../../../src/model/gateway.ts';
import type { NetworkConfig } from '../../../src/model/network.ts';

const NONE: NetworkConfig = { hostLoopback: false, allowHost: [], egress: { kind: 'only', allow: [], presets: [] } };
const REFUSED = { opened: false, said: '', reset: true };

const trials: Trial[] = [];
const servers: Server[] = [];
afterEach(async () => {
  for (const trial of trials.splice(0)) await trial.close();
  for (const server of servers.splice(0)) server.close();
});

async function start(settings: Partial<GatewaySettings> = {}): Promise<Trial> {
  const trial = await startTrial(bundlePath('gateway.js'), { self: 'dev', network: NONE, peers: {}, ...settings });
  trials.push(trial);
  return trial;
}

/** A service of the host's loopback, and how often it was reached. */
async function service(): Promise<{ readonly port: number; readonly reached: () => number }> {
  let reached = 0;
  const server = createServer((socket) => {
    reached += 1;
    socket.on('error', () => undefined).end('service\n');
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, reached: () => reached };
}

describe('the process of a gateway', () => {
  it('closes the host, opens a port of it when it is told to, and closes it again', async () => {
    const { port, reached } = await service();
    const { guest, run } = await start();
    for (const address of ['10.0.2.2', '127.0.0.1', '127.1.2.3'])
      expect(await guest.attempt(address, port, '')).toEqual(REFUSED);
    expect(reached()).toBe(0);
    const told = await askGateway(run, { do: 'policy', network: { ...NONE, allowHost: [port] } });
    expect(told?.state?.network.allowHost).toEqual([port]);
    expect(await guest.attempt('10.0.2.2', port, '')).toEqual({ opened: true, said: 'service\n', reset: false });
    await askGateway(run, { do: 'policy', network: NONE });
    expect(await guest.attempt('10.0.2.2', port, '')).toEqual(REFUSED);
    expect(reached()).toBe(1);
  });

  it('keeps a log, counts, and tells what would come of an attempt', async () => {
    const { guest, run } = await start();
    await guest.attempt('8.8.8.8', 443, '');
    expect(await guest.lookUp('a.example.org')).toEqual([]);
    const lines = readFileSync(join(run, 'network.log'), 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { verdict: 'denied', protocol: 'tcp', address: '8.8.8.8', port: 443, add: '8.8.8.8' },
      { verdict: 'denied', protocol: 'dns', name: 'a.example.org', add: 'a.example.org' },
    ]);
    expect((await askGateway(run, { do: 'refusals' }))?.refusals).toEqual([
      { target: '8.8.8.8:443', add: '8.8.8.8' },
      { target: 'a.example.org', add: 'a.example.org' },
    ]);
    const { state } = (await askGateway(run, { do: 'state' })) ?? {};
    expect(state).toMatchObject({ connections: 0, counters: { allowed: 0, denied: 2, sent: 0, received: 0 } });
    expect(await askGateway(run, { do: 'test', host: 'a.example.org', port: 443 })).toMatchObject({
      verdict: { allowed: false, add: 'a.example.org' },
    });
    // What counts is another policy from here on.
    await askGateway(run, { do: 'policy', network: { ...NONE, egress: { kind: 'open' } } });
    expect((await askGateway(run, { do: 'refusals' }))?.refusals).toEqual([]);
  });

  it('has secrets in its memory alone, and tells everything of them but the value', async () => {
    const { run, process: gateway } = await start();
    const secret = { name: 'API_KEY', placeholder: 'ai-vm-placeholder-one', value: 'the-real-value-of-it' };
    const hosts = [{ host: 'api.example.org', port: 443 }];
    const authority = makeAuthority(['api.example.org'], new Date());
    const secrets = {
      ...{ secrets: [{ ...secret, hosts }], certificates: authority.leaves, trust: authority.certificate },
    };
    const told = await askGateway(run, { do: 'secrets', secrets });
    expect(told?.state?.secrets).toEqual([{ name: 'API_KEY', hosts }]);
    expect(JSON.stringify(await askGateway(run, { do: 'state' }))).not.toContain(secret.value);
    for (const file of ['environ', 'cmdline'])
      expect(readFileSync(`/proc/${gateway.pid}/${file}`, 'latin1')).not.toContain(secret.value);
    for (const file of readdirSync(run, { withFileTypes: true }).filter((each) => each.isFile()))
      expect(readFileSync(join(run, file.name), 'utf8')).not.toContain(secret.value);
    const none = await askGateway(run, { do: 'secrets', secrets: { secrets: [], certificates: {}, trust: '' } });
    expect(none?.state?.secrets).toEqual([]);
  });

  it('ends with its QEMU, and leaves no socket that somebody could take for it', async () => {
    const { hangUp, ended, run } = await start();
    hangUp();
    await ended;
    expect(existsSync(join(run, 'gateway.sock'))).toBe(false);
    expect(await askGateway(run, { do: 'state' })).toBeNull();
  });

  it('goes on when who asks it says nonsense', async () => {
    const { connect } = await import('node:net');
    const { run } = await start();
    const say = (text: string): Promise<string> =>
      new Promise((resolve) => {
        let said = '';
        const socket = connect(join(run, 'gateway.sock'), () => socket.write(text));
        socket.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
        socket.on('end', () => resolve(said));
      });
    for (const text of [
      '\n',
      '{}\n',
      'null\n',
      '{"do":"policy","network":{}}\n',
      '{"do":"secrets","secrets":{"secrets":[{}],"certificates":{},"trust":""}}\n',
      '{"do":"connect","from":"../x","port":1}\n',
    ])
      expect(await say(text)).toContain('"ok":false');
    expect(await askGateway(run, { do: 'state' })).not.toBeNull();
  });

  it('lets machines of a project call each other by name, whatever else is closed', async () => {
    const db = await start({ self: 'db' });
    const web = await start({ self: 'web', peers: { db: join(db.run, 'gateway.sock') } });
    const [address = ''] = await web.guest.lookUp('db');
    expect(await web.guest.lookUp('db.internal')).toEqual([address]);
    expect(await web.guest.lookUp('nobody')).toEqual([]);
    // That guest has nothing that listens: it says so, and that is what comes back.
    expect(await web.guest.attempt(address, 5432, '')).toEqual(REFUSED);
    db.guest.answerWith('db speaks\n');
    expect(await web.guest.attempt(address, 5432, '')).toEqual({ opened: true, said: 'db speaks\n', reset: false });
    expect(dirname(db.run)).toBe(dirname(web.run));
  });

  it('keeps machines apart that share no network, from the moment on that one of them leaves it', async () => {
    const on = (...networks: string[]): NetworkConfig => ({ ...NONE, networks });
    const db = await start({ self: 'db', network: on('back') });
    const web = await start({ self: 'web', network: on('front'), peers: { db: join(db.run, 'gateway.sock') } });
    db.guest.answerWith('db speaks\n');
    expect(await web.guest.lookUp('db')).toEqual([]);
    await askGateway(web.run, { do: 'policy', network: on('back', 'front') });
    const [address = ''] = await web.guest.lookUp('db');
    expect(await web.guest.attempt(address, 5432, '')).toMatchObject({ said: 'db speaks\n' });
    // By the address that it still has, from either side.
    await askGateway(db.run, { do: 'policy', network: on('other') });
    expect(await web.guest.attempt(address, 5432, '')).toEqual(REFUSED);
    expect(readFileSync(join(web.run, 'network.log'), 'utf8')).toContain('none of the networks of this machine');
    await askGateway(db.run, { do: 'policy', network: on('front') });
    expect(await web.guest.attempt(address, 5432, '')).toMatchObject({ said: 'db speaks\n' });
    await askGateway(web.run, { do: 'policy', network: on('back') });
    expect(await web.guest.attempt(address, 5432, '')).toEqual(REFUSED);
    const { state } = (await askGateway(web.run, { do: 'state' })) ?? {};
    expect(state?.network.networks).toEqual(['back']);
  });
});

/** A key that the host has and the guest uses: programs of the guest send a placeholder, the real host gets the key, and it is nowhere inside. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from '@jest/globals';
import { asGuestRoot, end, inGuest, machine } from '../support/guest.ts';
import { runtimeOf } from '../support/monitor.ts';
import { Outside, OUTSIDE } from '../support/outside.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { self } from '../support/user.ts';

const outside = new Outside('sec');
const NAMES = {
  'api.example.org': OUTSIDE.first,
  'other.example.org': OUTSIDE.first,
  'third.example.org': OUTSIDE.second,
};
const KEY = 'real-value-that-no-guest-ever-has';
const NEXT = 'another-real-value-of-that-key';

const yaml = (secrets: string): string => `
name: secrets
vms:
  dev:
    cpus: 1
    memory: 768MiB
    storage: 4GiB
    shares: [.:/mnt/host:ro]
    network: {egress: [api.example.org, other.example.org, third.example.org]}
    ${secrets}
`;
const ONE = yaml('secrets: {API_KEY: {from: {env: HOST_KEY}, hosts: [api.example.org]}}');

interface Asked {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

if (self().uid === 0) {
  const dir = mkdtempSync(join(tmpdir(), 'ai-vm-outside-'));
  const certificate = join(dir, 'tls.crt');
  const env = { HOST_KEY: KEY, NODE_EXTRA_CA_CERTS: certificate };

  const asked = (): Asked[] =>
    readFileSync(join(dir, 'asked'), 'utf8')
      .split('\n')
      .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Asked]));

  /** What curl gets, and what the real host has got. */
  const curl = async (box: Sandbox, words: string): Promise<{ said: string; got: Asked | undefined }> => {
    const before = asked().length;
    const said = await inGuest(box, `timeout 60 curl -sS -m 50 ${words} 2>&1 || echo "failed $?"`);
    return { said, got: asked().slice(before).at(-1) };
  };

  /** Windows of logs are as large as a file can be, and empty: they are left out. */
  const filesWith = (text: string, ...paths: string[]): string =>
    execFileSync('sh', ['-c', 'find "$@" -type f -size -8G -exec grep -laF -e "$0" {} + || true', text, ...paths], {
      encoding: 'utf8',
    });

  scenario(
    'a machine with a secret',
    async () => {
      execFileSync(
        'openssl',
        [
          ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'],
          ...['-subj', '/CN=outside', '-keyout', join(dir, 'tls.key'), '-out', certificate],
          ...[
            '-addext',
            `subjectAltName=${Object.keys(NAMES)
              .map((name) => `DNS:${name}`)
              .join(',')}`,
          ],
        ],
        { stdio: 'ignore' },
      );
      execFileSync('touch', [join(dir, 'asked')]);
      await outside.open(NAMES, dir);
      return { files: { 'ai-vm.yaml': ONE }, within: outside.within };
    },
    (obligation) => {
      let placeholder = '';

      obligation('is asked about, needs a value on this host, and says what is opened', async (box) => {
        copyFileSync(process.execPath, join(box.project, 'node'));
        expect((await box.cli(['up'], { env })).stderr).toContain(
          'dev wants to use the value of the host variable HOST_KEY in requests to api.example.org',
        );
        const without = await box.cli(['up', '--approve'], { env: { NODE_EXTRA_CA_CERTS: certificate } });
        expect(without).toMatchObject({
          code: 65,
          stderr: expect.stringContaining('the variable HOST_KEY is not set on this host') as unknown,
        });
        expect(without.stderr).toMatch(/secrets: \{API_KEY/u);
        await box.ok(['up'], { env });
        expect(await box.ok(['ps'])).toContain('its TLS to api.example.org is opened here');
        expect(JSON.parse(await box.ok(['network', 'ls', '--format', 'json']))).toMatchObject({
          machines: [{ secrets: { API_KEY: ['api.example.org'] } }],
        });
        placeholder = (await inGuest(box, 'echo "$API_KEY"')).trim();
        expect(placeholder).toMatch(/^ai-vm-placeholder-\w{40}$/u);
      });

      obligation('has curl and node use it, and shows it the placeholder', async (box) => {
        const { said, got } = await curl(
          box,
          '-i -u "me:$API_KEY" -H "X-Api-Key: $API_KEY" "https://api.example.org/v1?key=$API_KEY"',
        );
        const basic = (value: string): string => `Basic ${Buffer.from(`me:${value}`).toString('base64')}`;
        expect(got).toMatchObject({
          url: `/v1?key=${KEY}`,
          headers: { 'x-api-key': KEY, authorization: basic(KEY) },
        });
        expect(said).not.toContain(KEY);
        expect(said).toContain(`x-shown: ${placeholder}`);
        expect(said).toContain(`"authorization":"${basic(placeholder)}"`);
        // Nor does a program that no variable reaches distrust it.
        const bare = 'env -i curl -sS -m 50 -H "X-Api-Key: $API_KEY" https://api.example.org/bare';
        expect(await inGuest(box, bare)).toContain(placeholder);
        const script = `
          const answer = await fetch('https://api.example.org/node', { headers: { authorization: 'Bearer ' + process.env.API_KEY } });
          console.log(answer.status, await answer.text());`;
        const node = await inGuest(
          box,
          `cat >/tmp/a.mjs <<'END'\n${script}\nEND\ntimeout 100 /mnt/host/node /tmp/a.mjs`,
        );
        expect(node).toContain(`"authorization":"Bearer ${placeholder}"`);
        expect(asked().at(-1)).toMatchObject({ url: '/node', headers: { authorization: `Bearer ${KEY}` } });
      });

      obligation('sends it nowhere else', async (box) => {
        const header = '-H "X-Api-Key: $API_KEY"';
        // Another host is spoken to end to end, by its own certificate.
        expect((await curl(box, `${header} https://other.example.org/`)).said).toContain('failed 60');
        expect((await curl(box, `-k ${header} https://other.example.org/`)).got?.headers['x-api-key']).toBe(
          placeholder,
        );
        const redirected = await curl(box, `-k -L ${header} https://api.example.org/redirect`);
        expect(redirected.got?.url).toBe(`/?key=${placeholder}`);
        const fronted = await curl(box, `${header} -H "Host: other.example.org" https://api.example.org/fronted`);
        expect(fronted).toMatchObject({ said: expect.stringContaining('failed') as unknown, got: undefined });
        const other = `-k --connect-to api.example.org:443:third.example.org:443 ${header} https://api.example.org/other`;
        expect((await curl(box, other)).got?.headers['x-api-key']).not.toBe(KEY);
        const clear = await inGuest(box, `curl -sS -m 50 ${header} http://api.example.org/`);
        expect(clear).toContain('api.example.org at');
        expect(await box.ok(['network', 'log', 'dev'])).toMatch(
          /opened for its secrets[\s\S]*for other\.example\.org, and its TLS/u,
        );
      });

      obligation('has it nowhere inside, and nowhere on this host where somebody could read it', async (box) => {
        // A pattern that the key is not part of: what looks for it must not be what brings it in, as the whole memory is searched below.
        const pattern = `${KEY.slice(0, 4)}.${KEY.slice(5)}`;
        const found = await asGuestRoot(
          box,
          `{ cat /proc/[0-9]*/environ 2>/dev/null; cat /etc/ssh/sshd_config.d/*; } | grep -ac '${pattern}' || true
           grep -rla '${pattern}' /etc /home /run /root /tmp /var/log 2>/dev/null || true`,
        );
        expect(found.trim()).toBe('0');
        const { pid } = await machine(box);
        const run = runtimeOf(pid ?? 0);
        expect(filesWith(KEY, box.home, run)).toBe('');
        for (const each of [String(pid), readFileSync(join(run, 'gateway.pid'), 'utf8').trim()])
          for (const file of ['environ', 'cmdline'])
            expect(readFileSync(`/proc/${each}/${file}`, 'latin1')).not.toContain(KEY);
        for (const verb of [['config'], ['plan'], ['network', 'log', 'dev'], ['ps', '--format', 'json']])
          expect((await box.cli(verb, { env })).stdout).not.toContain(KEY);
      });

      obligation(
        'takes another value at the next up, and has the same placeholder behind a new gateway',
        async (box) => {
          await box.ok(['up'], { env: { ...env, HOST_KEY: NEXT } });
          const header = '-H "X-Api-Key: $API_KEY"';
          expect((await curl(box, `${header} https://api.example.org/`)).got?.headers['x-api-key']).toBe(NEXT);
          const { pid } = await machine(box);
          end(Number(readFileSync(join(runtimeOf(pid ?? 0), 'gateway.pid'), 'utf8')));
          await box.ok(['up'], { env });
          expect((await curl(box, `${header} https://api.example.org/`)).got?.headers['x-api-key']).toBe(KEY);
          await box.ok(['suspend', 'dev'], { env });
          // All of the guest's memory is in a file now.
          expect(filesWith(placeholder, box.home)).not.toBe('');
          expect(filesWith(KEY, box.home) + filesWith(NEXT, box.home)).toBe('');
          await box.ok(['up'], { env });
          const { said, got } = await curl(box, `${header} https://api.example.org/`);
          expect(got?.headers['x-api-key']).toBe(KEY);
          expect(said).toContain(placeholder);
        },
      );

      obligation('takes more hosts only with an approval, and none at once when it is removed', async (box) => {
        box.write('ai-vm.yaml', ONE.replace('hosts: [api', 'hosts: [third.example.org, api'));
        expect((await box.cli(['up'], { env })).stderr).toContain('in requests to third.example.org');
        await box.ok(['up', '--approve'], { env });
        const header = '-H "X-Api-Key: $API_KEY"';
        for (const host of ['third', 'api'])
          expect((await curl(box, `${header} https://${host}.example.org/`)).got?.headers['x-api-key']).toBe(KEY);
        box.write('ai-vm.yaml', yaml(''));
        await box.ok(['up']);
        expect(await inGuest(box, 'echo "[\${API_KEY-}\${NODE_EXTRA_CA_CERTS-}]"')).toBe('[]\n');
        const gone = await curl(box, `-k -H "X-Api-Key: ${placeholder}" https://api.example.org/`);
        expect(gone.got?.headers['x-api-key']).toBe(placeholder);
      });
    },
  );
  afterAll(() => {
    outside.close();
    rmSync(dir, { recursive: true, force: true });
  });
}

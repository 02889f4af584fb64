/** What the client of the guest agent may rely on: the same cases for the fake and for a real guest. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Agent } from '../../src/guest/agent.ts';

export interface AgentUnderTest {
  readonly agent: Agent;
  /** Absolute path of a directory inside the guest that may be filled. */
  readonly dir: string;
  readonly close: () => Promise<void>;
}

export function agentCases(name: string, connect: () => Promise<AgentUnderTest>): void {
  describe(`the guest agent of ${name}`, () => {
    let agent: Agent;
    let dir: string;
    let close: AgentUnderTest['close'] | undefined;

    beforeAll(async () => {
      ({ agent, dir, close } = await connect());
    });

    afterAll(() => close?.());

    it('answers a ping', async () => {
      await agent.ping();
    });

    it('runs a command and gives its output and exit code', async () => {
      const result = await agent.exec(['sh', '-c', 'printf out; printf err >&2; exit 3']);
      expect({ ...result, stdout: String(result.stdout), stderr: String(result.stderr) }).toEqual({
        code: 3,
        signal: null,
        stdout: 'out',
        stderr: 'err',
        truncated: false,
      });
    });

    it('hands arguments, environment and input over byte for byte', async () => {
      const odd = ['', ' ', "it's", '"$HOME"', 'a\nb', '\\', '-n', 'ünïcödé', '*'];
      const printed = await agent.exec(['printf', '%s\\0', ...odd]);
      expect(printed.stdout.toString().split('\0').slice(0, -1)).toEqual(odd);

      const options = { env: { ODD: 'a=b\n"c"' }, input: Buffer.from([0, 1, 2, 255, 10]) };
      const piped = await agent.exec(['sh', '-c', 'printf %s "$ODD" >&2; cat'], options);
      expect(piped.stderr.toString()).toBe(options.env.ODD);
      expect(piped.stdout).toEqual(options.input);
    });

    it('tells which signal ended a command', async () => {
      expect(await agent.exec(['sh', '-c', 'kill -9 $$'])).toMatchObject({ code: null, signal: 9 });
    });

    it('keeps no more output than is asked for', async () => {
      const { stdout, truncated } = await agent.exec(['sh', '-c', 'head -c 300000 /dev/zero'], { maxOutput: 1000 });
      expect(stdout).toHaveLength(1000);
      expect(truncated).toBe(true);
    });

    it('kills a command that takes too long', async () => {
      const marker = `${dir}/marker`;
      const script = `echo $$ > ${marker}; exec sleep 600`;
      await expect(agent.exec(['sh', '-c', script], { timeout: 1500 })).rejects.toMatchObject({ code: 'guest.agent' });
      const pid = (await agent.readFile(marker)).toString().trim();
      const state = await agent.exec([
        'sh',
        '-c',
        `sed -n 's/^State:.//p' /proc/${pid}/status 2>/dev/null | grep -v Z`,
      ]);
      expect(state.stdout.toString()).toBe('');
    });

    it('lets several callers use it at once', async () => {
      const results = await Promise.all(
        ['a', 'b', 'c', 'd'].map((word) => agent.exec(['sh', '-c', `sleep 0.1; printf ${word}`])),
      );
      expect(results.map(({ stdout }) => String(stdout))).toEqual(['a', 'b', 'c', 'd']);
    });

    it('says so when a command does not exist', async () => {
      await expect(agent.exec(['/nonexistent/command'])).rejects.toMatchObject({
        code: 'guest.agent',
        message: expect.stringContaining('refused guest-exec'),
      });
    });

    it('writes and reads files of any size and content', async () => {
      const path = `${dir}/a file`;
      const content = Buffer.from(Array.from({ length: 200_000 }, (_, n) => (n * 31 + (n >> 8)) % 256));
      await agent.writeFile(path, content);
      expect((await agent.readFile(path)).equals(content)).toBe(true);
      await agent.writeFile(path, 'shorter');
      expect((await agent.readFile(path)).toString()).toBe('shorter');
      await agent.writeFile(path, '');
      expect(await agent.readFile(path)).toHaveLength(0);
    });

    it('reads files of /proc, and refuses those that are too long or missing', async () => {
      expect((await agent.readFile('/proc/self/mounts')).toString()).toContain('/proc');
      await agent.writeFile(`${dir}/long`, Buffer.alloc(2000));
      await expect(agent.readFile(`${dir}/long`, { limit: 1999 })).rejects.toMatchObject({ code: 'guest.agent' });
      expect(await agent.readFile(`${dir}/long`, { limit: 2000 })).toHaveLength(2000);
      await expect(agent.readFile(`${dir}/missing`)).rejects.toMatchObject({ code: 'guest.agent' });
    });

    it('takes processors offline and online again', async () => {
      const before = await agent.vcpus();
      const some = before.filter((cpu) => cpu.canOffline && cpu.online).map(({ id }) => id);
      await agent.setVcpus(some.map((id) => ({ id, online: false })));
      const fewer = (await agent.vcpus()).filter((cpu) => cpu.online);
      expect(fewer).toHaveLength(before.filter((cpu) => cpu.online).length - some.length);
      await agent.setVcpus(some.map((id) => ({ id, online: true })));
      expect(await agent.vcpus()).toEqual(before);
    });

    it('tells interfaces, system and time', async () => {
      const [interfaces, info, time] = await Promise.all([agent.networkInterfaces(), agent.osInfo(), agent.time()]);
      expect(interfaces).toContainEqual(
        expect.objectContaining({
          name: 'lo',
          addresses: expect.arrayContaining([{ type: 'ipv4', address: '127.0.0.1', prefix: 8 }]),
        }),
      );
      expect(info.id).toMatch(/^[a-z]+$/);
      expect(info.kernelRelease).toMatch(/^\d/);
      expect(new Date(time).getFullYear()).toBeGreaterThan(2000);
    });
  });
}

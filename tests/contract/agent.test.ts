import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from '../../src/guest/agent.ts';
import { FakeAgent } from '../fakes/guest-agent.ts';
import { agentCases } from './agent-cases.ts';

agentCases('the fake', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'ai-vm-agent-'));
  const socket = join(dir, 'agent.sock');
  // Garbage of an earlier use must make no difference to any case.
  const fake = await FakeAgent.listen(socket, { leftover: '{"return": {"half' });
  return {
    agent: new Agent(socket),
    dir,
    close: async () => {
      await fake.close();
      await rm(dir, { recursive: true });
    },
  };
});

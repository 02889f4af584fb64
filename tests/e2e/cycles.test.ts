/** Machines and forks that come and go, again and again: no file, process, memory or port stays behind. */
import { readdirSync } from 'node:fs';
import { expect } from '@jest/globals';
import { leftovers } from '../support/leftovers.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { nobodysShmem } from '../support/shmem.ts';

/** How many machines come and go. `AI_VM_TEST_CYCLES=200` is for when there is time. */
const CYCLES = Number(process.env['AI_VM_TEST_CYCLES'] ?? '32');

const FILE = `
name: cycles
defaults: {cpus: 1, memory: 256MiB, storage: 3GiB}
vms:
  one: {ports: ['45580:80'], shares: [./work]}
  two: {overlay: true, ports: ['45581:80']}
  three: {ports: ['45582:80/udp']}
  four: {}
`;

/** Thirty-two of them take a few minutes, as long as two processors have nothing else to do. */
const PATIENCE = Math.max(32, CYCLES) * 40_000;

const FORKS = 4;
const ROUND = 4 + FORKS;
const MiB = 1024 ** 2;
/** A machine of 256 MiB touches more than half of that: one in each round would not go unnoticed. */
const NOISE = 64 * MiB;

const files = (box: Sandbox): string[] => readdirSync(box.home, { recursive: true }).map(String).sort();

interface Listed {
  readonly name: string;
  readonly state: string;
  readonly ssh: { readonly port: number } | null;
  readonly ports: readonly { readonly host: number }[];
}

async function round(box: Sandbox, ports: Set<number>): Promise<void> {
  await box.ok(['up']);
  await box.ok(['fork', 'four', '-n', String(FORKS)]);
  const { machines } = JSON.parse(await box.ok(['ps', '--format', 'json'])) as { machines: Listed[] };
  expect(machines.filter(({ state }) => state === 'running')).toHaveLength(ROUND);
  for (const one of machines) for (const port of [...one.ports.map(({ host }) => host), one.ssh!.port]) ports.add(port);
  await box.ok(['rm', '--yes', ...machines.map(({ name }) => name)]);
}

scenario(
  'machines that come and go',
  () => ({ files: { 'ai-vm.yaml': FILE }, ports: [45580, 45581, 45582] }),
  (obligation) => {
    obligation(
      `leave nothing behind, ${CYCLES} of them`,
      async (box) => {
        await box.ok(['build']);
        const ports = new Set<number>();
        await round(box, ports);
        const [before, memory] = [files(box), nobodysShmem()];
        for (let done = 0; done < CYCLES; done += ROUND) {
          await round(box, ports);
          expect(leftovers({ dirs: [box.dir], ports: [...ports] })).toEqual([]);
        }
        expect(files(box)).toEqual(before);
        expect(box.leftovers()).toEqual([]);
        expect(nobodysShmem() - memory).toBeLessThan(NOISE);
        expect(ports.size).toBeGreaterThan(ROUND);
      },
      PATIENCE,
    );
  },
);

/** What the guest plays is heard on the host: in a WAV file, by the tone that is in it. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { inGuest, until } from '../support/guest.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { machineDir } from '../support/state.ts';
import { power, readWav, tone } from '../support/tone.ts';

const RATE = 44_100;
const PLAYED = 440;

const FILE = `
name: audio
vms:
  dev:
    cpus: 1
    memory: 768MiB
    storage: 6GiB
    audio: {driver: wav}
`;

/** The machine whose kernel runs in the guest was booted under this name. */
const bootedAs = async (box: Sandbox): Promise<string | undefined> =>
  /systemd\.hostname=(\S+)/u.exec(await inGuest(box, 'cat /proc/cmdline'))?.[1];

async function expectCard(box: Sandbox): Promise<void> {
  expect(await inGuest(box, 'aplay -l')).toMatch(/^card 0: .*HDA/mu);
  expect(await inGuest(box, 'for f in /dev/snd/pcm*; do test -r "$f" -a -w "$f" && echo ok; done')).toBe('ok\nok\n');
  expect(await inGuest(box, 'id -nG')).toContain('audio');
}

/** Takes the machine down: QEMU writes what it still holds when it goes. */
async function expectTone(box: Sandbox): Promise<void> {
  const samples = tone(PLAYED, RATE, 5);
  await box.ok(
    ['exec', 'dev', '--', 'aplay', '-q', '-D', 'plughw:0,0', '-f', 'S16_LE', '-r', String(RATE), '-c', '2', '-'],
    { input: samples },
  );
  await box.ok(['down']);
  const path = join(machineDir(box, 'dev'), 'audio.wav');
  expect(statSync(path).mode & 0o077).toBe(0);
  const heard = readWav(readFileSync(path));
  expect(heard.seconds).toBeGreaterThan(2);
  const at = (frequency: number): number => power(heard, frequency);
  // The tone that was played, and neither its neighbours nor its harmonics.
  // A host that is busy may leave gaps in it.
  expect(at(PLAYED)).toBeGreaterThan(0.5);
  for (const other of [220, 330, 400, 480, 660, 880, 1320]) expect(at(other)).toBeLessThan(0.05);
}

scenario(
  'a machine with sound',
  () => ({ files: { 'ai-vm.yaml': FILE } }),
  (obligation) => {
    obligation('has a sound card that its user may use, as a copy of a guest that has booted', async (box) => {
      await box.ok(['up']);
      expect(await bootedAs(box)).toBe('template');
      await expectCard(box);
    });

    obligation('plays what its user plays', expectTone);

    obligation('does so when it boots, too', async (box) => {
      await box.ok(['up']);
      expect(await bootedAs(box)).toBe('dev');
      await expectCard(box);
      await expectTone(box);
    });

    obligation('does so after a copy was rebooted from inside', async (box) => {
      await box.ok(['rm', '--yes']);
      await box.ok(['up']);
      expect(await bootedAs(box)).toBe('template');
      await box.cli(['exec', 'dev', '--', 'sudo', 'systemctl', 'reboot', '--no-block']);
      await until('it has booted', async () => ((await bootedAs(box)) === 'dev' ? true : null));
      await expectCard(box);
      await expectTone(box);
    });
  },
);

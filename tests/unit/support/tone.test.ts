import { describe, expect, it } from '@jest/globals';
import { power, readWav, tone } from '../../support/tone.ts';

/** A WAV file whose header says nothing of how long it is. */
function wav(data: Uint8Array, rate: number): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF\0\0\0\0WAVEfmt ', 0, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(2, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  return Buffer.concat([header, data]);
}

describe('tones', () => {
  it('are found where they are, and nowhere else', () => {
    const silence = new Uint8Array(8000 * 4);
    const sound = readWav(wav(Buffer.concat([silence, tone(440, 8000, 2), silence]), 8000));
    expect(sound).toMatchObject({ rate: 8000, seconds: 4 });
    expect(power(sound, 440)).toBeCloseTo(1, 2);
    for (const other of [220, 430, 450, 880]) expect(power(sound, other)).toBeLessThan(0.001);
  });

  it('are not found in silence', () => {
    expect(power(readWav(wav(new Uint8Array(4 * 8000), 8000)), 440)).toBe(0);
  });

  it('come from WAV files alone', () => {
    expect(() => readWav(Buffer.from('nothing of the kind'))).toThrow('not a WAV file');
  });
});

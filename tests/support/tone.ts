/** Tones as samples, and samples as tones. Stereo, 16 bits, little endian. */

export interface Sound {
  /** Frames each second. */
  readonly rate: number;
  readonly seconds: number;
  /** The left channel, -1…1. */
  readonly left: Float64Array;
}

/** A sine of half the full amplitude on both channels. */
export function tone(frequency: number, rate: number, seconds: number): Uint8Array {
  const samples = new Int16Array(rate * seconds * 2);
  for (let frame = 0; frame < samples.length / 2; frame += 1) {
    const value = Math.round(16_383 * Math.sin((2 * Math.PI * frequency * frame) / rate));
    samples[2 * frame] = value;
    samples[2 * frame + 1] = value;
  }
  return new Uint8Array(samples.buffer);
}

/** The sound of a WAV file. Its lengths are not believed: whoever writes one as it goes fills them in at the end. */
export function readWav(file: Buffer): Sound {
  const at = file.indexOf('data', 12, 'latin1');
  if (file.toString('latin1', 0, 4) !== 'RIFF' || at < 0) throw new Error('not a WAV file');
  const [channels, rate, bits] = [file.readUInt16LE(22), file.readUInt32LE(24), file.readUInt16LE(34)];
  if (bits !== 16 || channels !== 2) throw new Error(`${channels} channels of ${bits} bits`);
  const data = file.subarray(at + 8);
  const left = Float64Array.from(
    { length: Math.floor(data.length / 4) },
    (_, frame) => data.readInt16LE(4 * frame) / 32_768,
  );
  return { rate, seconds: left.length / rate, left };
}

/** The second in which there is the most to hear. */
export function loudestSecond({ left, rate }: Sound): Float64Array {
  const step = Math.floor(rate / 10);
  let best = left.subarray(0, rate);
  for (let begin = 0; begin + rate <= left.length; begin += step) {
    const second = left.subarray(begin, begin + rate);
    if (energy(second) > energy(best)) best = second;
  }
  return best;
}

const energy = (samples: Float64Array): number => samples.reduce((sum, value) => sum + value * value, 0);

/** The share of the loudest second's energy that is at one frequency (Goertzel, with a Hann window): 1 for a pure tone. */
export function power(sound: Sound, frequency: number): number {
  const samples = loudestSecond(sound);
  const coefficient = 2 * Math.cos((2 * Math.PI * frequency) / sound.rate);
  let [one, two, sum] = [0, 0, 0];
  samples.forEach((value, index) => {
    const windowed = value * (0.5 - 0.5 * Math.cos((2 * Math.PI * index) / samples.length));
    sum += windowed * windowed;
    [one, two] = [windowed + coefficient * one - two, one];
  });
  const found = one * one + two * two - coefficient * one * two;
  return sum === 0 ? 0 : found / ((samples.length / 3) * sum);
}

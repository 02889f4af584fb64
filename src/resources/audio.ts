import type { AudioConfig } from '../model/desired.ts';
import { UNKNOWN, type BootContext, type Resource } from '../model/resource.ts';
import { option, part, valueChange } from './support.ts';

function audiodev(audio: AudioConfig, { vm, paths }: BootContext): string {
  const id = `id=audio-${vm.name}`;
  switch (audio.driver) {
    case 'wav':
      return `wav,${id},path=${option(audio.path ?? paths.audioWav)}`;
    case 'pa':
    case 'pipewire':
      // The name that a mixer shows for the stream.
      return `${audio.driver},${id},in.stream-name=${vm.name},out.stream-name=${vm.name}`;
    case 'alsa':
    case 'none':
      return `${audio.driver},${id}`;
  }
}

const text = (audio: AudioConfig | false): string =>
  audio === false ? 'off' : audio.driver + (audio.path ? ` ${audio.path}` : '');

/** `audio`: an Intel HD Audio card with a line in and a line out, played by a driver of the host. */
export const audio: Resource<AudioConfig | false> = {
  name: 'audio',
  desired: (vm) => vm.audio,
  boot: (wanted, context) => {
    if (wanted === false) return part({});
    return part({
      argv: [
        ...['-audiodev', audiodev(wanted, context)],
        ...['-device', `intel-hda,id=hda-${context.vm.name}`],
        // Without the codec's mixer: Linux starts it muted and at zero, and nothing in a guest without a desktop turns it up.
        ...['-device', `hda-duplex,bus=hda-${context.vm.name}.0,audiodev=audio-${context.vm.name},mixer=off`],
      ],
    });
  },
  observe: (_seen, applied) => applied?.audio ?? UNKNOWN,
  changes: (desired, observed) =>
    valueChange('audio', text(observed), text(desired), 'reboot', 'a sound card is attached at start'),
};

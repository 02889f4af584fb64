/** What an image provider is: a folder here that knows one distribution. The rest of the program knows bundles alone. */
import type { ImageConfig } from '../model/desired.ts';

/** Where the files that an image is made from are looked for. */
export interface Place {
  /** Real path. */
  readonly projectDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What remote flakes are fixed to. */
  readonly locksDir: string;
}

export interface MakeJob {
  readonly place: Place;
  /** Digests of images that disks of this user stand on; null: that cannot be known. */
  readonly inUse: () => Promise<ReadonlySet<string> | null>;
  /** The name of the bundle. */
  readonly digest: string;
  /** Finished bundles, `<digest>/`, and builds in progress. */
  readonly imagesDir: string;
  /** Downloads, kept between builds. It exists. */
  readonly cacheDir: string;
  /** Where the whole output of the tools goes. */
  readonly log: string;
  readonly signal?: AbortSignal | undefined;
  /** @param fraction 0…1 where it is known */
  readonly progress: (text: string, fraction?: number) => void;
}

export interface Provider<I extends ImageConfig = ImageConfig> {
  /** Programs of the host without which it can make nothing. */
  readonly programs: readonly string[];
  /**
   * What making an image takes and this host lacks.
   * @throws AiVmError `host.missing`, `host.space`
   */
  check(image: I, job: MakeJob): Promise<void>;
  /**
   * Makes `<imagesDir>/<digest>`, whole or not at all, as the only one on this host that does. There is none when it begins.
   * @throws AiVmError `image.build`; what the signal aborts with
   */
  make(image: I, job: MakeJob): Promise<void>;
}

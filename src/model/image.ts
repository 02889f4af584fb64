/** The guest bundle: what an image provider hands to the orchestrator, which knows nothing else of distributions. */
import type { ProviderName } from './desired.ts';

export const BUNDLE_FORMAT = 1;

/** manifest.json of a bundle directory; the file names are relative to that directory. */
export interface Manifest {
  readonly formatVersion: typeof BUNDLE_FORMAT;
  /** SHA-256 (hex) of the image's inputs; also the name of the directory. */
  readonly digest: string;
  readonly provider: ProviderName;
  readonly arch: 'x86_64' | 'aarch64';
  readonly boot: {
    readonly kernel: string;
    readonly initrd: string;
    /** Kernel parameters that this image needs in any machine. */
    readonly params: readonly string[];
  };
  readonly disk: {
    readonly file: string;
    readonly format: 'qcow2';
    readonly virtualSize: number;
  };
  /** A read-only disk with the guest's Nix store, where it has one. */
  readonly store?: {
    readonly file: string;
    readonly format: 'erofs' | 'squashfs';
  };
  readonly versions: {
    readonly distribution: string;
    readonly kernel: string;
    readonly systemd: number;
  };
  /** What the guest can do: `9p`, `virtiofs`, `sound`, `virtio-mem`, … */
  readonly features: readonly string[];
  readonly agents: readonly string[];
  /** SHA-256 (hex) of each file that the bundle names. */
  readonly files: Readonly<Record<string, string>>;
  /** Size in bytes of each of these files: what is checked before every use, where hashing would take too long. */
  readonly sizes: Readonly<Record<string, number>>;
}

/** A bundle that is in place and whole. */
export interface Bundle {
  readonly dir: string;
  readonly manifest: Manifest;
}

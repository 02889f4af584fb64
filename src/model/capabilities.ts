/** What this host can do: probed once, then handed around as a value. */

export interface Capabilities {
  readonly qemu: QemuCapabilities;
  readonly accelerator: AcceleratorVerdict;
  readonly virtiofsd: VirtiofsdCapability;
  readonly memoryTotal: number;
  readonly memoryAvailable: number;
  readonly cpus: number;
  /** What shows a guest's screen in a window on this host's; null: there is no screen here, or QEMU cannot. */
  readonly window: 'gtk' | 'sdl' | null;
}

export interface QemuCapabilities {
  readonly binary: string;
  /** Such as `7.2.22`. */
  readonly version: string;
  readonly major: number;
  readonly minor: number;
  /** Drivers that `-audiodev help` names. */
  readonly audioDrivers: readonly string[];
  /** Kinds of displays that `-display help` names. */
  readonly displays: readonly string[];
}

export interface AcceleratorVerdict {
  readonly accelerator: 'kvm' | 'tcg';
  /** Why KVM is not used, in a few words; null when it is. */
  readonly reason: string | null;
}

export type VirtiofsdCapability =
  | { readonly usable: true; readonly binary: string; readonly flavour: 'c' | 'rust' }
  | { readonly usable: false; readonly reason: string };

/**
 * Who QEMU and its helpers run as. Never root: a root that serves a writable directory hands the guest the host.
 * `uid` is also the number of the first user inside the guest, so that files have the same owner on both sides.
 */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups to keep, such as the one of /dev/kvm. Empty when nothing is dropped. */
  readonly groups: readonly number[];
  /** True when ai-vm itself is root and has to drop to `uid`. */
  readonly drop: boolean;
  /** Host id that the guest's root appears as in writable virtiofs shares; null: none to be had, so virtiofs cannot be used. */
  readonly subUid: number | null;
  readonly subGid: number | null;
}

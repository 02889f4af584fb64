/** What it takes to change a machine that runs: data only. Each step looks whether it is needed, acts, and looks again. */
import type { GuestMount, GuestSettings, Helper } from './boot.ts';
import type { ForwardAt } from './host-side.ts';
import type { NetworkConfig } from './network.ts';
import type { SecretConfig } from './secrets.ts';

export type Json = Readonly<Record<string, unknown>>;

/** One command to QEMU. */
export type HostAct =
  | { readonly via: 'qmp'; readonly command: string; readonly args: Json }
  /** A line of the human monitor; any text that comes back means that it failed, but for one with these words in it. */
  | { readonly via: 'hmp'; readonly line: string; readonly says?: string };

/** Whether something is so, as QEMU sees it. */
export type HostCheck =
  /** A device or object of this id exists: `device` below /machine/peripheral, `object` below /objects. */
  | { readonly is: 'there'; readonly what: 'device' | 'object'; readonly id: string }
  /** A property has at least this value. */
  | { readonly is: 'at-least'; readonly path: string; readonly property: string; readonly value: number }
  | { readonly is: 'chardev'; readonly id: string }
  /** The block node's virtual size in bytes. */
  | { readonly is: 'block-size'; readonly node: string; readonly bytes: number }
  /** As `info usernet` shows a forward. */
  | ({ readonly is: 'forwarded' } & ForwardAt)
  /** A property has at most this value. */
  | { readonly is: 'at-most'; readonly path: string; readonly property: string; readonly value: number }
  | { readonly is: 'not'; readonly check: HostCheck }
  | { readonly is: 'both'; readonly checks: readonly [HostCheck, HostCheck] };

export interface HostStep {
  /** For people, after "could not": `forward 127.0.0.1:8080/tcp`. */
  readonly title: string;
  /** So already: nothing is done. */
  readonly unless: HostCheck;
  readonly act: HostAct;
  /** Nobody has to wait for it to log in. */
  readonly late?: boolean;
}

/** What the guest does about it, once the host's part is done. */
export interface GuestStep {
  /** For people, after "could not": `mount /mnt/host-rw/shop`. */
  readonly title: string;
  /** POSIX sh, idempotent, run as root. */
  readonly script: string;
  /** Without it the machine is not what it should be. */
  readonly vital?: boolean;
  /** Nobody has to wait for it to log in. */
  readonly late?: boolean;
}

export interface LivePart {
  readonly host: readonly HostStep[];
  readonly guest: readonly GuestStep[];
  /** How many vCPUs the guest is to have online; late. */
  readonly vcpus: number | null;
  /** What QEMU shows when the guest has followed. */
  readonly settled: readonly { readonly title: string; readonly check: HostCheck }[];
}

export const EMPTY_LIVE: LivePart = { host: [], guest: [], vcpus: null, settled: [] };

/** What is behind the device of a share: the way to its server, and the server's socket as an absolute path. */
export interface SharePlace {
  readonly chardev: string;
  readonly socket: string;
}

/**
 * One thing to do for a change of a machine that runs. In order; what fails keeps the rest of its change from being done.
 * `title` is for people, after "could not".
 */
export type LiveStep =
  | ({ readonly do: 'host' } & Omit<HostStep, 'late'>)
  /** A script of the guest; what it prints when it fails is why. */
  | ({ readonly do: 'guest' } & Omit<GuestStep, 'late' | 'vital'>)
  /** A package of the guest's distribution. `others` come along where all of them can be had. */
  | { readonly do: 'install'; readonly title: string; readonly name: string; readonly others: readonly string[] }
  /** Packages that were begun to be installed go again, but for these and those that something else needs. */
  | { readonly do: 'take-back'; readonly title: string; readonly keep: readonly string[] }
  | { readonly do: 'vcpus'; readonly title: string; readonly count: number }
  /** Users are made and files are written, as at a boot. */
  | { readonly do: 'settings'; readonly title: string; readonly settings: Partial<GuestSettings> }
  /** Starts the server of a share, unless its device is there, in the place of what may be left of another one. */
  | ({ readonly do: 'serve'; readonly title: string; readonly helper: Helper; readonly unless: HostCheck } & SharePlace)
  | { readonly do: 'mount'; readonly title: string; readonly mount: GuestMount }
  /** `gone`: its server is, so nobody waits for what cannot end. */
  | { readonly do: 'unmount'; readonly title: string; readonly target: string; readonly gone: boolean }
  /** The same, wherever a mount tag is mounted. */
  | { readonly do: 'unmount-tag'; readonly title: string; readonly tag: string }
  /** Takes a device from the guest, which has to let go of it, and then what was behind it. */
  | ({ readonly do: 'unplug'; readonly title: string; readonly device: string } & SharePlace)
  /** Ends what is behind a device that is not there. */
  | ({ readonly do: 'clear'; readonly title: string } & SharePlace)
  /** The gateway lets out this from here on; it is started where there is none. */
  | { readonly do: 'gateway'; readonly title: string; readonly network: NetworkConfig }
  /** The gateway puts these into requests from here on, and no others. */
  | { readonly do: 'secrets'; readonly title: string; readonly secrets: readonly SecretConfig[] }
  /** Sessions that begin from here on are to see what has changed. */
  | { readonly do: 'forget-login'; readonly title: string }
  /** Waits until the guest has followed. One that has not is only said to be so: it may yet. */
  | { readonly do: 'await'; readonly title: string; readonly check: HostCheck };

/**
 * The part of a machine that is fixed at its start: how many vCPUs are present, how much memory it boots with, where
 * devices can be plugged in. A few classes serve every declared size, so that a few templates serve every machine. Pure.
 */
import type { VmConfig } from './desired.ts';
import { GiB, MiB } from './units.ts';

/** vCPUs present; the guest takes as many of them online as are declared. */
const CPU_CLASSES = [4, 16, 64, 128] as const;

export const cpusPresent = (cpus: number): number => CPU_CLASSES.find((present) => cpus <= present) ?? cpus;

/** How many of them a template has online. Each one is a thread of the host, so more than a few only make it slower. */
export const TEMPLATE_CPUS = 2;

export interface MemoryChassis {
  /** RAM at boot; the rest is plugged in. Bytes, as are the others. */
  readonly base: number;
  /** Base and all that can be plugged in, in whole blocks: QEMU refuses anything else. */
  readonly max: number;
}

const BASES = [256 * MiB, 512 * MiB, 2 * GiB, 8 * GiB, 32 * GiB, 128 * GiB, 512 * GiB] as const;

/** Room to grow, over the base. The kernel onlines at most three quarters as movable and keeps the rest for itself. */
const GROWTH = 16;

/** Under emulation a guest has 40 address bits: 1000 GiB of memory and more do not start. */
const MOST = 960 * GiB;

/** Granularity of what is plugged in: QEMU's block of virtio-mem on x86. */
const BLOCK = 2 * MiB;

/**
 * The base is the largest class of at most half of what is declared, so that memory can go both ways; small machines boot with all they can, since
 * the kernel's own structures never live in plugged memory.
 */
export function memoryChassis(bytes: number): MemoryChassis {
  const fits = BASES.filter((base) => base <= bytes);
  const half = fits.filter((base) => base <= bytes / 2 && base >= 512 * MiB);
  const base = half.at(-1) ?? fits.filter((each) => each <= 512 * MiB).at(-1) ?? bytes;
  const whole = base + Math.ceil((bytes - base) / BLOCK) * BLOCK;
  return { base, max: Math.max(whole, Math.min(base * GROWTH, MOST)) };
}

/** What a machine was started on: it keeps it until it is started again, however its size changes meanwhile. */
export interface Chassis {
  /** vCPUs present. */
  readonly cpus: number;
  readonly memory: MemoryChassis;
}

export const chassisOf = (vm: Pick<VmConfig, 'cpus' | 'memory'>): Chassis => ({
  cpus: cpusPresent(vm.cpus),
  memory: memoryChassis(vm.memory),
});

/** How much of `bytes` of memory is plugged in, in bytes. */
export function pluggedMemory(bytes: number, { base }: { readonly base: number }): number {
  const rest = bytes - base;
  return rest - (rest % BLOCK);
}

/** Size of what the plugged part is taken from, in bytes. */
export const pluggedBackend = ({ base, max }: MemoryChassis): number => max - base;

/** Ids of the spare PCIe root ports: one for memory, the others for shares. A port takes one device, also while the guest runs. */
export const MEMORY_PORT = 'rp0';
const SHARE_PORTS = 10;
export const ROOT_PORTS: readonly string[] = Array.from({ length: 1 + SHARE_PORTS }, (_, n) => `rp${n}`);

/** The port of a virtiofs share by its place among them; null where they are used up. */
export const sharePort = (index: number): string | null => (index < SHARE_PORTS ? `rp${1 + index}` : null);

/**
 * 9p devices cannot be plugged in while a guest runs. A template of a machine that uses them has as many places as a shell
 * has descriptors for; a machine that starts from it gives them its directories, and leaves the others empty.
 */
export const NINEP_SLOTS = 6;

/** Device id and mount tag of a place. A guest that was restored knows the tags of its template, so they name no share. */
export const ninepSlot = (index: number): string => `slot${index}`;

/** What is on the disk of a machine: its image, and what was installed since. Pure. */
import type { ImageConfig } from './desired.ts';
import type { Applied } from './machine.ts';

/** The configuration of the image that the disk of a machine was made from: without what was installed later. */
export function baseImage({ config, installed = [] }: Applied): ImageConfig {
  const { image } = config;
  if (installed.length === 0) return image;
  return { ...image, packages: image.packages.filter((name) => !installed.includes(name)) };
}

/** Of a start: the disk that it begins with, and the image that the file asks for. */
export interface StartedDisk {
  /** Digest of the image that the disk was made from. */
  readonly image: string;
  readonly declared: ImageConfig;
  /** Digest of the declared one. */
  readonly wanted: string | undefined;
  /** It was made for this start, or forgets. */
  readonly isNew: boolean;
}

/** A disk that is kept has what it had, whatever the file says by now: the record of a start says that. */
export function softwareOf(
  { image, declared, wanted, isNew }: StartedDisk,
  before: Applied | null,
): { readonly image: ImageConfig; readonly installed: readonly string[] } {
  const installed = before?.installed ?? [];
  if (isNew || before?.image !== image || (image === wanted && installed.length === 0)) {
    return { image: declared, installed: [] };
  }
  return { image: before.config.image, installed };
}

/** Every declared resource, in the order of its arguments on QEMU's command line. */
import type { Resource } from '../model/resource.ts';
import { audio } from './audio.ts';
import { cpus } from './cpus.ts';
import { env } from './env.ts';
import { hostname } from './hostname.ts';
import { image } from './image.ts';
import { memory } from './memory.ts';
import { nested } from './nested.ts';
import { ports } from './ports.ts';
import { shares } from './shares.ts';
import { storage } from './storage.ts';
import { users } from './users.ts';

/** Its values are used together with their own resource only, so the types of the values need not be known here. */
export type AnyResource = Resource<unknown>;

const erase = <D, O>(resource: Resource<D, O>): AnyResource => resource;

export const RESOURCES: readonly AnyResource[] = [
  erase(nested),
  erase(cpus),
  erase(memory),
  erase(image),
  erase(storage),
  erase(ports),
  erase(shares),
  erase(audio),
  erase(hostname),
  erase(users),
  erase(env),
];

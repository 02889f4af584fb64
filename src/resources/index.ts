/** Every declared resource, in the order of its arguments on QEMU's command line. */
import type { Resource } from '../model/resource.ts';
import { agents } from './agents.ts';
import { audio } from './audio.ts';
import { cpus } from './cpus.ts';
import { desktop } from './desktop.ts';
import { env } from './env.ts';
import { healthcheck } from './healthcheck.ts';
import { hostname } from './hostname.ts';
import { image } from './image.ts';
import { labels } from './labels.ts';
import { memory } from './memory.ts';
import { nested } from './nested.ts';
import { packages } from './packages.ts';
import { network } from './network.ts';
import { ports } from './ports.ts';
import { secrets } from './secrets.ts';
import { shares } from './shares.ts';
import { ssh } from './ssh.ts';
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
  // The way in is moved before another port takes its place.
  erase(ssh),
  erase(ports),
  erase(network),
  erase(secrets),
  erase(shares),
  erase(audio),
  erase(desktop),
  erase(hostname),
  erase(users),
  erase(env),
  erase(agents),
  erase(healthcheck),
  erase(labels),
  // Takes longest, and nothing before it needs it.
  erase(packages),
];

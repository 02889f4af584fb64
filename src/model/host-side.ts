/** The host side of a forward: what only one machine can have at a time. */
import type { PortConfig } from './desired.ts';

export type HostSide = Pick<PortConfig, 'bind' | 'host' | 'protocol'>;

/** A forward, or whichever is at this host side. */
export type ForwardAt = HostSide & Partial<Pick<PortConfig, 'guest'>>;

const isWildcard = (bind: string): boolean => bind === '0.0.0.0' || bind === '::';

/** Whether two addresses cannot both have the same port. */
export const addressesOverlap = (a: string, b: string): boolean => a === b || isWildcard(a) || isWildcard(b);

export const sameSide = (a: HostSide, b: HostSide): boolean =>
  a.host === b.host && a.protocol === b.protocol && a.bind === b.bind;

/** Whether both cannot be had at the same time. */
export const sidesOverlap = (a: HostSide, b: HostSide): boolean =>
  a.host === b.host && a.protocol === b.protocol && addressesOverlap(a.bind, b.bind);

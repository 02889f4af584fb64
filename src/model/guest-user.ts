/** Which number the first user of a guest has. */
import type { RunAs } from './capabilities.ts';

/** Below it are the numbers that the guest's own system users have, or may get. */
const FIRST = 1000;
const NOBODY = 65_534;

/**
 * The number of whom QEMU runs as, so that files have the same owner on both sides. Where the guest's system has that number
 * for itself it is another one: virtiofs shares translate between the two, 9p cannot.
 */
export const guestUid = ({ uid }: Pick<RunAs, 'uid'>): number => (uid < FIRST || uid === NOBODY ? FIRST : uid);

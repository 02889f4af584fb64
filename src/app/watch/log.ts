/** The log of a watch in the background. */
export { openBoundedLog, type BoundedLog } from '../../host/bounded-log.ts';

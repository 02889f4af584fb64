/** What the command line knows of settings. */
import { fieldAt } from '../config/fields.ts';

export type { Settings } from '../config/settings.ts';

/** The coding agents that there are. */
export const AGENTS = fieldAt(['vms', '*', 'agents', 0])?.keys ?? [];

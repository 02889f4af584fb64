import type { Io } from './io.ts';

/** Whether somebody is there who can answer and read. */
export const isTerminal = ({ stdin, stdout, stderr }: Io): boolean => stdin.isTTY && stdout.isTTY && stderr.isTTY;

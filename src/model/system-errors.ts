/** What the operating system refuses, in words for people. Pure. */
import { AiVmError } from './errors.ts';

const field = (error: object, name: string): string => {
  const value: unknown = name in error ? (error as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' ? value : '';
};

/**
 * A full disk or a lacking permission is no bug of ours, wherever it is met.
 * @returns null when it is neither
 */
export function fromSystem(error: unknown, vm?: string): AiVmError | null {
  if (!(error instanceof Error) || field(error, 'syscall') === '') return null;
  const details = { why: error.message, cause: error, ...(vm === undefined ? {} : { vm }) };
  switch (field(error, 'code')) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new AiVmError('host.space', 'there is no space left to write to', {
        ...details,
        fix: "Free some space (df -h), or put ai-vm's files elsewhere with AI_VM_HOME; then run the same command again.",
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new AiVmError('host.path', `${field(error, 'path') || 'something of this host'} cannot be used`, {
        ...details,
        fix: 'Make it accessible to the user that runs ai-vm, then run the same command again.',
      });
    default:
      return null;
  }
}

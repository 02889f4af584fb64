/** Settles when none is at work any more. @throws the error of the first one in the list that failed */
export async function together(works: readonly Promise<unknown>[]): Promise<void> {
  for (const each of await Promise.allSettled(works)) if (each.status === 'rejected') throw each.reason;
}

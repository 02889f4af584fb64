/** What reading one text gives: a value, or what is wrong with it and how it should be. */
export type Outcome<T> = { readonly value: T } | { readonly fault: string; readonly hint: string };

export const ok = <T>(value: T): Outcome<T> => ({ value });

export const fault = (text: string, hint: string): { readonly fault: string; readonly hint: string } => ({
  fault: text,
  hint,
});

/** A value in a message: quoted and cut, so that it cannot be mistaken for our own words. */
export function quote(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}…"`;
}

/** Files that Nix code names by relative paths. Pure. */

/** Relative paths as they are written, such as `./a.nix`, `../lib` or `./.`, in order and without repetition. */
export function relativePaths(text: string): string[] {
  const found = new Set<string>();
  // What surrounds the current place, innermost last: a kind of string, or code with so many braces open.
  const around: ('"' | "''" | { braces: number })[] = [{ braces: 0 }];
  let at = 0;
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text)?.[0] ?? null;
    if (match !== null) at += match.length;
    return match;
  };
  while (at < text.length) {
    const inside = around.at(-1)!;
    if (typeof inside === 'object') {
      if (take(SKIPPED) !== null) continue;
      const path = take(PATH);
      if (path !== null) {
        if (!path.startsWith('/')) found.add(path);
        continue;
      }
      if (take(WORD) !== null) continue;
      const opened = take(STRING_START);
      if (opened !== null) around.push(opened as '"' | "''");
      else {
        const [char] = text.slice(at, at + 1);
        at += 1;
        if (char === '{') inside.braces += 1;
        else if (char === '}' && inside.braces > 0) inside.braces -= 1;
        else if (char === '}' && around.length > 1) around.pop();
      }
    } else if (take(ESCAPED[inside]) === null) {
      if (take(ANTIQUOTATION) !== null) around.push({ braces: 0 });
      else if (take(STRING_END[inside]) !== null) around.pop();
      else at += 1;
    }
  }
  return [...found];
}

/** Comments, addresses, and files of Nix's search path or of a home directory, which a pure evaluation has not. */
const SKIPPED =
  /#[^\n]*|\/\*[^]*?(?:\*\/|$)|<[\w.+-]+(?:\/[\w.+-]+)*>|~(?:\/[\w.+-]+)+|[A-Za-z][A-Za-z0-9+.-]*:[\w%/?:@&=+$,.!~*'-]+/y;
/** One that goes on with `${…}` stands for the directory that it begins with. */
const PATH = /[\w.+-]*(?:\/[\w.+-]+)*\/(?=\$\{)|[\w.+-]*(?:\/[\w.+-]+)+\/?/y;
const WORD = /[A-Za-z_][\w'-]*/y;
const STRING_START = /"|''/y;
const ANTIQUOTATION = /\$\{/y;
const ESCAPED = { '"': /\\[^]|\$\$/y, "''": /''\$|''\\[^]|'''|\$\$/y };
const STRING_END = { '"': /"/y, "''": /''/y };

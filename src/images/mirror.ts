/**
 * Where packages come from. mmdebstrap knows Debian's own mirror; a mirror that somebody configured, for us or for this
 * host, is used instead. apt's proxy settings apply in any case, for mmdebstrap uses the host's apt. Pure.
 */

export interface HostSources {
  /** Value of AI_VM_DEBIAN_MIRROR. */
  readonly wished: string | undefined;
  /** Text of /etc/os-release. */
  readonly osRelease: string;
  /** Text of every file of apt's sources, one-line and deb822 style. */
  readonly sources: readonly string[];
}

interface Source {
  readonly uri: string;
  readonly suite: string;
}

const isUri = (text: string): boolean => /^(https?|file|copy|mirror\+https?|mirror\+file):[^\s\p{Cc}]+$/u.test(text);

function oneLine(line: string): Source[] {
  const match = /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s/.exec(`${line} `);
  return match ? [{ uri: match[1]!, suite: match[2]! }] : [];
}

/** One stanza of a deb822 file. Continuation lines are not followed: a first URI and suite are enough here. */
function stanza(text: string): Source[] {
  const field = (name: string): string[] =>
    new RegExp(`^${name}:[ \\t]*(.*)$`, 'im').exec(text)?.[1]?.split(/\s+/).filter(Boolean) ?? [];
  if (!field('Types').includes('deb') || field('Enabled')[0]?.toLowerCase() === 'no') return [];
  const uri = field('URIs')[0];
  return uri === undefined ? [] : field('Suites').map((suite) => ({ uri, suite }));
}

const parse = (text: string): Source[] =>
  /^Types:/im.test(text) ? text.split(/\n\s*\n/).flatMap(stanza) : text.split('\n').flatMap(oneLine);

/**
 * mmdebstrap's MIRROR arguments; none means its own default.
 * @param suite such as `trixie`
 */
export function mirrorArguments(host: HostSources, suite: string): string[] {
  const lines = (main: string, security: string | undefined): string[] => [
    `deb ${main} ${suite} main`,
    `deb ${main} ${suite}-updates main`,
    ...(security === undefined ? [] : [`deb ${security} ${suite}-security main`]),
  ];
  if (host.wished !== undefined && isUri(host.wished)) return lines(host.wished, undefined);
  if (!/^ID=["']?debian["']?$/m.test(host.osRelease)) return [];
  const release = /^VERSION_CODENAME=["']?([a-z]+)/m.exec(host.osRelease)?.[1];
  if (release === undefined) return [];
  const sources = host.sources.flatMap(parse).filter(({ uri }) => isUri(uri));
  const main = sources.find((source) => source.suite === release)?.uri;
  const security = sources.find((source) => source.suite === `${release}-security`)?.uri;
  return main === undefined ? [] : lines(main, security);
}

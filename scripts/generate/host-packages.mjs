const MANAGERS = ['apt', 'dnf', 'pacman', 'zypper', 'apk', 'brew'];

/** The table of host packages as a typed constant. */
export function hostPackages(tsv) {
  const rows = tsv
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line, index) => {
      const [probe, level, cost, ...packages] = line.split('\t');
      if (packages.length !== MANAGERS.length || !['need', 'want', 'test'].includes(level))
        throw new Error(`host-packages.tsv: row ${index + 1} (${probe}) is malformed`);
      return {
        probes: probe.split('|'),
        level,
        cost,
        packages: Object.fromEntries(
          MANAGERS.map((manager, at) => [manager, packages[at] === '-' ? null : packages[at]]),
        ),
      };
    });
  return `// Generated from scripts/host-packages.tsv by scripts/generate.mjs: do not edit.

export type PackageManager = ${MANAGERS.map((manager) => `'${manager}'`).join(' | ')};

export interface HostPackage {
  /** Commands on PATH or absolute paths; one of them is enough. */
  readonly probes: readonly string[];
  /** need: nothing starts without it; want: something is worse without it; test: only the tests use it. */
  readonly level: 'need' | 'want' | 'test';
  /** What its lack costs. */
  readonly cost: string;
  /** Package by manager; null: that system has none, or needs none. */
  readonly packages: Readonly<Record<PackageManager, string | null>>;
}

export const HOST_PACKAGES: readonly HostPackage[] = ${JSON.stringify(rows)};
`;
}

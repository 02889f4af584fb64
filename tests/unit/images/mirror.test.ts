import { describe, expect, it } from '@jest/globals';
import { mirrorArguments } from '../../../src/images/mirror.ts';

const BOOKWORM = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_CODENAME=bookworm\n';

const DEB822 = `Types: deb
# comment
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.test/debian-security
Suites: bookworm-security
Components: main
`;

const host = (sources: string[], osRelease = BOOKWORM, wished?: string): Parameters<typeof mirrorArguments>[0] => ({
  wished,
  osRelease,
  sources,
});

describe('mirrorArguments', () => {
  it("leaves it to mmdebstrap's default where nothing is configured", () => {
    expect(mirrorArguments(host([]), 'trixie')).toEqual([]);
    expect(mirrorArguments(host(['# deb http://off.test/debian bookworm main']), 'trixie')).toEqual([]);
  });

  const expected = [
    'deb http://mirror.test/debian trixie main',
    'deb http://mirror.test/debian trixie-updates main',
    'deb http://mirror.test/debian-security trixie-security main',
  ];

  it("uses the mirror of a Debian host's own release, deb822 style", () => {
    const other = 'Types: deb\nURIs: https://vendor.test/node\nSuites: nodistro\n';
    expect(mirrorArguments(host([other, DEB822]), 'trixie')).toEqual(expected);
  });

  it('reads one-line style, with options, and skips what is not of the release', () => {
    const text = [
      'deb https://vendor.test/apt tool main',
      'deb-src http://source.test/debian bookworm main',
      'deb [arch=amd64 signed-by=/x.gpg] http://mirror.test/debian bookworm main contrib',
      'deb http://mirror.test/debian-security bookworm-security main',
    ].join('\n');
    expect(mirrorArguments(host([text]), 'trixie')).toEqual(expected);
  });

  it('skips a disabled stanza', () => {
    expect(
      mirrorArguments(host([DEB822.replaceAll('Components: main', 'Components: main\nEnabled: no')]), 'trixie'),
    ).toEqual([]);
  });

  it("does not take another distribution's mirror", () => {
    const ubuntu = 'ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=bookworm\n';
    expect(mirrorArguments(host([DEB822], ubuntu), 'trixie')).toEqual([]);
  });

  it('lets AI_VM_DEBIAN_MIRROR win, unless it could be more than a URI', () => {
    expect(mirrorArguments(host([DEB822], BOOKWORM, 'http://near.test/debian'), 'trixie')).toEqual([
      'deb http://near.test/debian trixie main',
      'deb http://near.test/debian trixie-updates main',
    ]);
    expect(mirrorArguments(host([DEB822], BOOKWORM, 'http://a b\ndeb x'), 'trixie')).toEqual(expected);
  });
});

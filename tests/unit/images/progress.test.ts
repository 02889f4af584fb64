import { describe, expect, it } from '@jest/globals';
import { ProgressParser } from '../../../src/images/progress.ts';

/** What mmdebstrap --verbose really printed, shortened. */
const OUTPUT = `I: automatically chosen format: directory
I: running apt-get update...
Get:1 http://mirror.test/debian trixie InRelease [140 kB]
Fetched 9671 kB in 2s (4345 kB/s)
Reading package lists...
I: downloading packages with apt...
0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.
Get:1 http://mirror.test/debian trixie/main amd64 base-files amd64 13.8 [73.3 kB]
Get:2 http://mirror.test/debian trixie/main amd64 bash amd64 5.2 [1498 kB]
I: extracting archives...
I: installing essential packages...
Unpacking base-files (13.8) ...
Setting up base-files (13.8) ...
Setting up bash (5.2) ...
I: installing remaining packages inside the chroot...
0 upgraded, 3 newly installed, 0 to remove and 0 not upgraded.
Need to get 10.6 MB of archives.
Get:1 http://mirror.test/debian trixie/main amd64 git amd64 1:2.47 [8862 kB]
Get:2 http://mirror.test/debian trixie/main amd64 curl amd64 8.14 [270 kB]
Get:3 http://mirror.test/debian trixie/main amd64 udev amd64 257 [1500 kB]
Unpacking udev (257.13-1~deb13u1) ...
Setting up udev (257.13-1~deb13u1) ...
Unpacking git (1:2.47) ...
Unpacking curl (8.14) ...
Setting up git (1:2.47) ...
Setting up curl (8.14) ...
I: cleaning package lists and apt cache...
I: success in 53.8 seconds`;

const follow = (output: string): { text: string; fraction?: number }[] => {
  const parser = new ProgressParser();
  // A line a second.
  return output.split('\n').flatMap((line, n) => parser.line(line, n * 1000) ?? []);
};

describe('ProgressParser', () => {
  it('tells phases and counts', () => {
    expect(follow(OUTPUT).map(({ text }) => text)).toEqual([
      'reading package lists',
      'downloading essential packages',
      'downloading essential packages: 1 of 2',
      'downloading essential packages: 2 of 2, 71.6 KiB, 71.6 KiB/s',
      'extracting essential packages',
      'installing essential packages',
      'downloading packages',
      'downloading packages: 1 of 3',
      'downloading packages: 2 of 3, 8.5 MiB of 10.1 MiB, 8.5 MiB/s, 1 s left',
      'downloading packages: 3 of 3, 8.7 MiB of 10.1 MiB, 4.4 MiB/s, 1 s left',
      'unpacking packages: 1 of 3',
      'configuring packages: 1 of 3',
      'unpacking packages: 2 of 3',
      'unpacking packages: 3 of 3',
      'configuring packages: 2 of 3',
      'configuring packages: 3 of 3',
    ]);
  });

  it('never goes back, and ends where the tree is done', () => {
    const fractions = follow(OUTPUT).map(({ fraction }) => fraction!);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect(fractions.at(-1)).toBeCloseTo(0.8);
  });

  it('has no fraction where apt did not say how many there are', () => {
    const seen = follow(
      'I: downloading packages with apt...\nGet:1 http://mirror.test/debian trixie/main amd64 bash amd64 5 [1 kB]',
    );
    expect(seen.at(-1)).toEqual({ text: 'downloading essential packages: 1' });
  });

  it('says nothing of lines that it does not know', () => {
    expect(follow('\nUnpacked\nE: something\nI: new\nGet:x\nSetting upstairs\n')).toEqual([]);
  });
});

import { describe, expect, it } from '@jest/globals';
import type { ImageConfig } from '../../../src/model/desired.ts';
import { baseImage, softwareOf } from '../../../src/model/software.ts';
import { applied, debianImage, vmConfig } from '../../fixtures/machines.ts';

const image = (...packages: string[]): ImageConfig => debianImage(packages);
const before = applied(vmConfig({ image: image('git', 'jq') }), { image: 'with-git', installed: ['jq'] });

describe('the image of a disk', () => {
  it('is without what was installed since', () => {
    expect(baseImage(before)).toEqual(image('git'));
    expect(baseImage(applied(vmConfig({ image: image('git') })))).toEqual(image('git'));
  });
});

describe('the record of a start', () => {
  const kept = { image: 'with-git', declared: image('git', 'jq', 'tree'), wanted: 'with-all', isNew: false };

  it('says of a disk that is kept what is on it, and not what the file asks for by now', () => {
    expect(softwareOf(kept, before)).toEqual({ image: image('git', 'jq'), installed: ['jq'] });
  });

  it('remembers what was installed, also when the file asks for the image alone', () => {
    const back = { ...kept, declared: image('git'), wanted: 'with-git' };
    expect(softwareOf(back, before)).toEqual({ image: image('git', 'jq'), installed: ['jq'] });
  });

  it.each([
    ['was made for it', { ...kept, isNew: true }, before],
    ['is another one than the record knows', { ...kept, image: 'another' }, before],
    ['has no record', kept, null],
  ])('says what is declared of a disk that %s', (_, disk, record) => {
    expect(softwareOf(disk, record)).toEqual({ image: kept.declared, installed: [] });
  });
});

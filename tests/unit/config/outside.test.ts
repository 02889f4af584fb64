/** Files outside of the project: what is known of who takes part of them, and that nothing tells what is in them. */
import { describe, expect, it } from '@jest/globals';
import { filesFaults, loadFiles, type Texts } from './support.ts';

const X = '/home/ann/common/x.yaml';
const main = (text: string): Texts => ({ 'ai-vm.yaml': text });

const borrowedBy = (text: string, outside: Texts, others: Texts = {}): string[] =>
  loadFiles({ files: main(text), others, outside }).desired.borrowed.map(
    ({ vm, as, path, digest }) => `${vm} ${as} ${path}${digest === `digest of ${outside[path]}` ? '' : ' ?'}`,
  );

describe('a file outside of the project', () => {
  it('gives its machines, with what is beside it, and they are known to come from there', () => {
    const outside = {
      [X]: 'include: [../y/y.yaml]\nvms: {x: {env: {A: "$A"}, shares: [./data]}}\n',
      '/home/ann/common/.env': 'A=theirs\n',
      '/home/ann/y/y.yaml': 'vms: {y: {env: {A: "$A"}}}\n',
    };
    const text = 'include: [../common/x.yaml]\nvms: {web: }\n';
    const { desired } = loadFiles({ files: main(text), outside });
    expect(desired.vms.map(({ name, env }) => [name, env['A']])).toEqual([
      ['web', undefined],
      ['x', 'theirs'],
      ['y', 'theirs'],
    ]);
    expect(desired.vms[1]?.shares[0]?.path).toBe('/home/ann/common/data');
    expect(borrowedBy(text, outside)).toEqual([
      `x include ${X}`,
      'x variables /home/ann/common/.env',
      `y include ${X}`,
      'y include /home/ann/y/y.yaml',
      'y variables /home/ann/common/.env',
    ]);
  });

  it('is extended by one machine, through others too, even where nothing of it is left', () => {
    const outside = {
      [X]: 'vms: {base: {extends: {file: y.yaml, vm: b}, cpus: 3}}\n',
      '/home/ann/common/y.yaml': 'vms: {b: }\n',
    };
    const text = `vms: {web: {extends: {file: ${X}, vm: base}, cpus: 2}, other: , next: {extends: web}}\n`;
    expect(borrowedBy(text, outside)).toEqual([
      `next extends ${X}`,
      'next extends /home/ann/common/y.yaml',
      `web extends ${X}`,
      'web extends /home/ann/common/y.yaml',
    ]);
  });

  it('of variables is for the machine that names it, or for all of them', () => {
    const outside = { '/home/ann/a.env': 'A=1\n' };
    expect(borrowedBy('vms: {web: {env_file: ../a.env}, other: }\n', outside)).toEqual([
      'web env_file /home/ann/a.env',
    ]);
    expect(borrowedBy('defaults: {env_file: ../a.env}\nvms: {web: }\n', outside)).toEqual([
      '* env_file /home/ann/a.env',
    ]);
    const others = { 'sub/i.yaml': 'defaults: {env_file: ../../a.env}\nvms: {i: , j: }\n' };
    expect(borrowedBy('include: [sub/i.yaml]\nvms: {web: }\n', outside, others)).toEqual([
      'i env_file /home/ann/a.env',
      'j env_file /home/ann/a.env',
    ]);
  });

  it('of a machine that is taken away is nobody’s', () => {
    const files = { ...main(`include: [${X}]\nvms: {web: }\n`), 'over.yaml': 'unset: [vms.x]\n' };
    expect(loadFiles({ files, outside: { [X]: 'vms: {x: }\n' } }).desired.borrowed).toEqual([]);
  });

  it('is a fault where nobody is asked, or where there is none', () => {
    expect(filesFaults({ files: main(`include: [${X}]\nvms: {web: }\n`) })).toContain(
      'is outside of the project [config.outside]',
    );
    expect(filesFaults({ files: main(`include: [${X}]\nvms: {web: }\n`), outside: {} })).toContain(
      `there is no file ${X} [config.no-file]`,
    );
  });
});

describe('no message has anything of it', () => {
  const secret = 's3cr3t';
  const faulty: readonly (readonly [string, string])[] = [
    ['no mapping', secret],
    ['no YAML', `a: [${secret}`],
    ['a private key', `-----BEGIN ${secret}-----\n${secret}: {\n`],
    ['unknown keys', `${secret}: 1\nvms: {x: {${secret}: 2}}\n`],
    [
      'values of another kind',
      `vms: {x: {cpus: ${secret}, memory: ${secret}, ports: [${secret}], shares: ["${secret}:x:y:z"]}}\n`,
    ],
    ['names', `vms: {x: {env: {"1${secret}": a}, users: ["${secret}!"], packages: ["${secret}!"]}}\n`],
    ['variables', `vms: {x: {labels: {a: "\${${secret}:?${secret}}", b: "\${${secret}:-\${}}"}}}\n`],
    ['variables that are not set', `vms: {x: {cpus: 0, labels: {a: "$${secret}"}}}\n`],
    ['other files', `include: [${secret}.yaml]\nvms: {x: {extends: {file: ${secret}.yaml, vm: a}}}\n`],
    ['other machines', `vms: {x: {extends: ${secret}, depends_on: [${secret}]}}\n`],
    ['aliases', `vms: {x: *${secret}}\n`],
    ['tags', `vms: {x: !${secret} 1}\n`],
    ['a key twice', `${secret}: 1\n${secret}: 2\n`],
  ];

  it.each(faulty)('where it has %s', (_what, text) => {
    for (const kind of [`include: [${X}]\nvms: {web: }\n`, `vms: {web: {extends: {file: ${X}, vm: x}}}\n`]) {
      const said = filesFaults({ files: main(kind), outside: { [X]: text } });
      expect(said).toContain('../common/x.yaml:');
      expect(said).not.toContain(secret);
    }
  });

  it.each([
    ['a line that is none', `{"token": "${secret}"}\n`],
    ['a name that the guest cannot have', `aws.${secret}=1\n`],
    ['a value of several lines', `A="${secret}\n${secret}"\n`],
    ['a variable that is required', `A=\${${secret}:?${secret}}\n`],
  ])('where it is one of variables and has %s', (_what, text) => {
    const said = filesFaults({
      files: main('vms: {web: {env_file: ../a.env}}\n'),
      outside: { '/home/ann/a.env': text },
    });
    expect(said).toContain(' error ');
    expect(said).not.toContain(secret);
  });

  it('as a suggestion, or as a warning', () => {
    const said = filesFaults({
      files: main(`vms: {web: {extends: {file: ${X}, vm: s3cr3}}}\n`),
      outside: { [X]: `vms: {${secret}: }\n` },
    });
    expect(said).toContain('there is no machine "s3cr3"');
    expect(said).not.toContain(secret);
    const outside = { [X]: `vms: {x: {labels: {a: "$${secret}"}, env: {${secret}: }}}\n` };
    const { warnings } = loadFiles({ files: main(`include: [${X}]\nvms: {web: }\n`), outside });
    expect(warnings.map(({ message, position }) => `${position?.file}: ${message}`)).toEqual([
      `${X}: a variable that is named here is not set`,
      `${X}: a variable that is named here is not set`,
    ]);
  });
});

/** What several files must not do to each other, or to who loads them. */
import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '../../../src/model/errors.ts';
import { DIR, filesFaults, loadFiles, machinesOf } from './support.ts';

const main = (text: string): { 'ai-vm.yaml': string } => ({ 'ai-vm.yaml': text });

describe('files together', () => {
  it('warn of a variable once, however many of them use it', () => {
    const { warnings } = loadFiles({
      files: {
        'ai-vm.yaml': 'include: [x.yaml]\nvms: {web: {labels: {a: $GONE}}}\n',
        'ai-vm.override.yaml': 'vms: {web: {labels: {b: $GONE}}}\n',
      },
      others: { 'x.yaml': 'vms: {x: {labels: {a: $GONE}}}\n' },
    });
    expect(warnings.map(({ message }) => message)).toEqual(['the variable GONE is not set: an empty text is used']);
  });

  it('merge dependencies in whatever form they are written', () => {
    const files = {
      'ai-vm.yaml': 'vms: {a: , b: , web: {depends_on: [a, b]}}\n',
      'over.yaml': 'vms: {web: {depends_on: {b: {condition: started}}}}\n',
    };
    expect(machinesOf({ files })['web']?.dependsOn).toEqual([
      { vm: 'a', condition: 'ready' },
      { vm: 'b', condition: 'started' },
    ]);
  });

  it('may take a machine away and declare it anew', () => {
    const files = {
      'ai-vm.yaml': 'vms: {web: {cpus: 7, nested: false}}\n',
      'over.yaml': 'unset: [vms.web]\nvms: {web: {cpus: 3}}\n',
    };
    expect(machinesOf({ files })['web']).toMatchObject({ cpus: 3, nested: true });
  });

  it('take an included machine away', () => {
    const files = { ...main('include: [x.yaml]\nvms: {web: }\n'), 'over.yaml': 'unset: [vms.x]\n' };
    expect(Object.keys(machinesOf({ files, others: { 'x.yaml': 'vms: {x: }' } }))).toEqual(['web']);
  });
});

describe('what leads nowhere', () => {
  it('is said of `unset`, which would be ignored otherwise', () =>
    expect(filesFaults({ files: main('vms:\n  web: {unset: [prots, env.A, ssh.prot, "env."]}\n') }))
      .toMatchInlineSnapshot(`
      "ai-vm.yaml:2:17  error  vms.web.unset[0]: "prots" is no field of a machine [config.value]
        1 | vms:
        2 |   web: {unset: [prots, env.A, ssh.prot, "env."]}
          |                 ^^^^^
        hint: Did you mean ports?
      ai-vm.yaml:2:31  error  vms.web.unset[2]: "ssh.prot" is no field of a machine [config.value]
        1 | vms:
        2 |   web: {unset: [prots, env.A, ssh.prot, "env."]}
          |                               ^^^^^^^^
        hint: Did you mean ssh.port?
      ai-vm.yaml:2:41  error  vms.web.unset[3]: "env." is no field of a machine [config.value]
        1 | vms:
        2 |   web: {unset: [prots, env.A, ssh.prot, "env."]}
          |                                         ^^^^^^
        hint: Write paths such as ports or env.EDITOR."
    `));

  it('is said of conditions that never come true', () =>
    expect(
      filesFaults({
        files: main(
          'vms:\n  db:\n  web: {depends_on: {db: {condition: healthy}}}\n  job: {depends_on: {db: {condition: completed}}}\n',
        ),
      }),
    ).toMatchInlineSnapshot(`
      "ai-vm.yaml:3:26  error  vms.web.depends_on.db: db never becomes healthy, as it has no \`healthcheck\` [config.value]
        2 |   db:
        3 |   web: {depends_on: {db: {condition: healthy}}}
          |                          ^^^^^^^^^^^^^^^^^^^^
        hint: Give db one, or wait until it is ready.
      ai-vm.yaml:4:26  error  vms.job.depends_on.db: db never becomes completed, as it has no \`provision\` [config.value]
        3 |   web: {depends_on: {db: {condition: healthy}}}
        4 |   job: {depends_on: {db: {condition: completed}}}
          |                          ^^^^^^^^^^^^^^^^^^^^^^
        hint: Give db one, or wait until it is ready."
    `));

  it('is said of tags that people know from elsewhere', () =>
    expect(filesFaults({ files: main('vms:\n  web:\n    ports: !reset []\n') })).toContain('`unset: [ports]`'));

  it('is said of files elsewhere without a commit, which are not fetched', () =>
    expect(
      filesFaults({ files: main('include: ["https://x.example/y.yaml", {path: "git@x.example:y"}]\nvms: {web: }\n') }),
    ).toMatchInlineSnapshot(`
      "ai-vm.yaml:1:11  error  include[0]: "https://x.example/y.yaml" names no commit [config.value]
        1 | include: ["https://x.example/y.yaml", {path: "git@x.example:y"}]
          |           ^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: Write all 40 digits of a commit: https://x.example/y.yaml#COMMIT:ai-vm.yaml. See git ls-remote https://x.example/y.yaml
      ai-vm.yaml:1:46  error  include[1].path: "git@x.example:y" names no commit [config.value]
        1 | include: ["https://x.example/y.yaml", {path: "git@x.example:y"}]
          |                                              ^^^^^^^^^^^^^^^^^
        hint: Write all 40 digits of a commit: git@x.example:y#COMMIT:ai-vm.yaml. See git ls-remote git@x.example:y"
    `));
});

describe('files without end', () => {
  const chain = (count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`f${n}.yaml`, `include: [f${n + 1}.yaml]\n`]));

  it('are refused: one in another, in another, …', () =>
    expect(filesFaults({ files: main('include: [f0.yaml]\n'), others: chain(200) })).toContain('[config.limit]'));

  it('are refused: one beside the other', () => {
    const names = Array.from({ length: 200 }, (_, n) => `f${n}.yaml`);
    const others = Object.fromEntries(names.map((name, n) => [name, `vms: {m${n}: }\n`]));
    expect(filesFaults({ files: main(`include: [${names.join(', ')}]\n`), others })).toContain('[config.limit]');
  });

  it('are refused soon: large ones, each asked for by the one before', () => {
    const fill = Array.from({ length: 4000 }, (_, n) => `x-${n}: [a, b]\n`).join('');
    const large = Object.fromEntries(Object.entries(chain(100)).map(([name, text]) => [name, text + fill]));
    const began = performance.now();
    expect(filesFaults({ files: main('include: [f0.yaml]\n'), others: large })).toContain('[config.limit]');
    expect(performance.now() - began).toBeLessThan(20_000);
  }, 60_000);
});

describe('what a host knows', () => {
  const drawn = (given: Parameters<typeof loadFiles>[0]): string[] =>
    loadFiles(given).desired.drawn.map(({ vm, variable, field }) => `${vm} ${variable} ${field}`);

  it('is drawn by each machine that gets it, through `extends` too', () => {
    const files = main('vms: {a: {env: {T: $T}}, b: {extends: a}, c: {extends: a, env: {T: own}}}\n');
    expect(drawn({ files, env: { T: 't' } })).toEqual(['a T vms.a.env.T', 'b T vms.a.env.T']);
  });

  it('is not drawn by what is taken away or replaced', () => {
    const files = {
      ...main('vms: {a: {env: {T: $T, U: $T}}}\n'),
      'over.yaml': 'vms: {a: {unset: [env.T], env: {U: own}}}\n',
    };
    expect(drawn({ files, env: { T: 't' } })).toEqual([]);
  });

  it('is drawn by all machines through `defaults`, by those of other files for themselves', () => {
    const given = {
      files: main('defaults: {env: {T: $T}}\ninclude: [x.yaml]\nvms: {a: {extends: {file: y.yaml, vm: b}}}\n'),
      others: {
        'x.yaml': 'vms: {x: {provision: ["echo $T"]}}\n',
        'y.yaml': 'vms: {b: {healthcheck: {test: [CMD, $T]}}}\n',
      },
      env: { T: 't' },
    };
    expect(drawn(given)).toEqual(['* T defaults.env.T', 'a T vms.b.healthcheck.test', 'x T vms.x.provision[0]']);
  });

  it('is also what is in a file of variables outside of the project', () => {
    const files = main('vms: {a: {env: {A: $A}}}\n');
    expect(drawn({ files, named: { '/home/ann/secrets.env': 'A=a\n' } })).toEqual(['a A vms.a.env.A']);
    expect(drawn({ files, named: { [`${DIR}/team.env`]: 'A=a\n' } })).toEqual([]);
  });

  it('is not quoted from a file outside of the project', () => {
    const given = { files: main('vms: {a: }\n'), named: { '/home/ann/secrets.env': 'A=1\nTOKEN="hunter2\n' } };
    const said = filesFaults(given);
    expect(said).toContain('secrets.env:2:7');
    expect(said).not.toContain('hunter2');
  });
});

describe('who waits for a change', () => {
  it('is told of the files that would take part if they came', () => {
    const files = main('include: [db/ai-vm.yaml]\nvms: {web: }\n');
    expect(loadFiles({ files, others: { 'db/ai-vm.yaml': 'vms: {db: }' } }).candidates).toEqual([`${DIR}/db/.env`]);
  });

  it('is told of them also when they are what is wrong', () => {
    const files = main(
      'include: [db/ai-vm.yaml]\nvms: {web: {env_file: [web.env], extends: {file: base.toml, vm: b}}}\n',
    );
    const attempt = (): unknown => {
      try {
        return loadFiles({ files }).desired;
      } catch (error) {
        return error instanceof ConfigError ? [...error.looked].sort() : error;
      }
    };
    expect(attempt()).toEqual(['base.toml', 'db/ai-vm.yaml', 'web.env'].map((name) => `${DIR}/${name}`));
  });
});

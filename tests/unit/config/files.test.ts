/** Several files as one project: what lies over what, what is drawn in, and where a fault is. */
import { describe, expect, it } from '@jest/globals';
import { DIR, loadFiles as load, filesFaults as faults, machinesOf as vms, type Texts } from './support.ts';

const port = (host: number, guest: number) => ({ bind: '127.0.0.1', host, guest, protocol: 'tcp' });

describe('a file over another one', () => {
  const base = `
name: shop
defaults: {memory: 1GiB}
vms:
  web:
    cpus: 2
    ports: ["8080:80", "9000"]
    shares: [".", "./ref:/ref:ro"]
    env: {A: "1", B: "2"}
    packages: [git]
  db: {}
`;

  it('has its values, and those of the other one where it has none', () => {
    const over = `
defaults: {cpus: 4}
vms:
  web:
    ports: ["8080:81"]
    shares: ["./other:/ref"]
    env: [B=3]
    packages: [curl]
`;
    const { web, db } = vms({ files: { 'ai-vm.yaml': base, 'ai-vm.override.yaml': over } });
    expect(web).toMatchObject({
      ...{ cpus: 2, memory: 2 ** 30, env: { A: '1', B: '3' } },
      ports: [port(8080, 81), port(9000, 9000)],
      shares: [{ path: DIR }, { path: `${DIR}/other`, target: '/ref', mode: 'rw' }],
      image: { packages: ['curl', 'git'] },
    });
    expect(db).toMatchObject({ cpus: 4, memory: 2 ** 30 });
  });

  it.each([
    ['yaml', 'unset: [vms.db]\nvms: {web: {unset: [ports, env.A, memory], ports: ["7000"]}}\n'],
    ['toml', 'unset = ["vms.db"]\n[vms.web]\nunset = ["ports", "env.A", "memory"]\nports = ["7000"]\n'],
  ])('takes away what it unsets, in %s', (kind, over) => {
    const { web, db } = vms({ files: { 'ai-vm.yaml': base, [`over.${kind}`]: over } });
    expect(db).toBeUndefined();
    expect(web).toMatchObject({ ports: [port(7000, 7000)], env: { B: '2' }, memory: 8 * 2 ** 30 });
  });

  it('is where its faults are', () => {
    expect(faults({ files: { 'ai-vm.yaml': base, 'ai-vm.override.yaml': 'vms:\n  web:\n    memory: 1XB\n' } }))
      .toMatchInlineSnapshot(`
      "ai-vm.override.yaml:3:13  error  vms.web.memory: "1XB" is not a size [config.value]
        2 |   web:
        3 |     memory: 1XB
          |             ^^^
        hint: Write a whole number with a unit, such as 8GiB or 512MiB. A number alone counts GiB."
    `);
  });

  it('is named when both claim a port', () => {
    const over = 'vms: {db: {ports: ["8080:1"]}}\n';
    expect(faults({ files: { 'ai-vm.yaml': base, 'over.yaml': over } })).toMatchInlineSnapshot(`
      "over.yaml:1:20  error  vms.db.ports[0]: 127.0.0.1:8080/tcp of the host already belongs to vms.web.ports[0] [config.duplicate]
        1 | vms: {db: {ports: ["8080:1"]}}
          |                    ^^^^^^^^
        hint: Choose another port on the host: "HOST:GUEST"."
    `);
  });
});

describe('extends', () => {
  it('gives a machine the fields of another one of its file, through others', () => {
    const text = `
vms:
  base: {cpus: 3, env: {A: "1"}, ports: ["80"]}
  middle: {extends: base, env: {B: "2"}, unset: [ports]}
  web: {extends: {vm: middle}, cpus: 5}
`;
    expect(vms({ files: { 'ai-vm.yaml': text } })['web']).toMatchObject({
      cpus: 5,
      env: { A: '1', B: '2' },
      ports: [],
    });
  });

  it('takes it from another file, whose paths count from there', () => {
    const files = { 'ai-vm.yaml': 'vms: {web: {extends: {file: sub/common.toml, vm: base}, shares: ["./own"]}}\n' };
    const others = { 'sub/common.toml': '[vms.base]\ncpus = 7\nshares = ["./data"]\n' };
    expect(vms({ files, others })['web']).toMatchObject({
      cpus: 7,
      shares: [{ path: `${DIR}/sub/data` }, { path: `${DIR}/own` }],
    });
    expect(load({ files, others }).desired.files).toEqual([`${DIR}/ai-vm.yaml`, `${DIR}/sub/common.toml`]);
  });

  it('shows the fault in the file that has it', () => {
    const files = { 'ai-vm.yaml': 'vms:\n  web:\n    extends: {file: common.yaml, vm: base}\n' };
    expect(faults({ files, others: { 'common.yaml': 'vms:\n  base:\n    cpus: 0\n' } })).toMatchInlineSnapshot(`
      "common.yaml:3:11  error  vms.base.cpus: 0 is below the limit of 1 CPU [config.limit]
        2 |   base:
        3 |     cpus: 0
          |           ^
        hint: Possible is 1 to 128."
    `);
  });

  it.each([
    ['itself in the end', 'vms: {a: {extends: b}, b: {extends: a}}\n', {}],
    ['what is not there', 'vms: {web: {extends: bsae}, base: {}}\n', {}],
    ['a file that is not there', 'vms: {web: {extends: {file: no.yaml, vm: base}}}\n', {}],
    ['a file outside of the project', 'vms: {web: {extends: {file: ../../x.yaml, vm: base}}}\n', {}],
    [
      'itself through another file',
      'vms: {a: {extends: {file: o.yaml, vm: a}}}\n',
      { 'o.yaml': 'vms: {a: {extends: {file: o.yaml, vm: a}}}\n' },
    ],
  ])('is refused for %s', (_what, text, others: Texts) => {
    expect(faults({ files: { 'ai-vm.yaml': text }, others })).toMatchSnapshot();
  });
});

describe('include', () => {
  const files = {
    'ai-vm.yaml': 'defaults: {cpus: 9}\ninclude: [db/ai-vm.yaml]\nvms: {web: {env: {N: "${NAME-none}"}}}\n',
  };
  const included = 'defaults: {memory: 3GiB}\nvms: {db: {env: {N: "$NAME", P: "$PORT"}, shares: [./data]}}\n';

  it('brings machines along, with their own defaults, paths and variables under those of the project', () => {
    const others = { 'db/ai-vm.yaml': included, 'db/.env': 'NAME=theirs\nPORT=5432\n' };
    expect(vms({ files, others, dotenv: 'NAME=ours\n' })).toMatchObject({
      web: { cpus: 9, env: { N: 'ours' } },
      db: { cpus: 2, memory: 3 * 2 ** 30, env: { N: 'ours', P: '5432' }, shares: [{ path: `${DIR}/db/data` }] },
    });
    expect(vms({ files, others })).toMatchObject({ web: { env: { N: 'none' } }, db: { env: { N: 'theirs' } } });
  });

  it('lets variables without a value come from its own .env', () => {
    const others = { 'db/ai-vm.yaml': 'vms: {db: {env: {PORT: , NAME: }}}\n', 'db/.env': 'PORT=5432\nNAME=theirs\n' };
    expect(vms({ files, others, dotenv: 'NAME=ours\n' })['db']?.env).toEqual({ NAME: 'ours', PORT: '5432' });
  });

  it('is refused where it names a machine again, a file that is not there, or itself', () => {
    expect(faults({ files, others: { 'db/ai-vm.yaml': 'vms: {web: {}}\n' } })).toMatchSnapshot();
    expect(faults({ files })).toMatchSnapshot();
    expect(faults({ files, others: { 'db/ai-vm.yaml': 'include: [ai-vm.yaml]\nvms: {}\n' } })).toMatchSnapshot();
  });
});

describe('a file over one that includes', () => {
  const files = {
    'ai-vm.yaml': 'defaults: {cpus: 9}\ninclude: [db/ai-vm.yaml]\nvms: {web: }\n',
    'over.yaml': 'vms: {db: {unset: [env.A], env: {B: own}, ports: ["7000:2"]}}\n',
  };
  const others = {
    'db/ai-vm.yaml': 'defaults: {memory: 3GiB}\nvms: {db: {env: {A: "1", B: "1"}, ports: ["7000:1"]}}\n',
  };

  it('changes an included machine, which keeps its own defaults', () =>
    expect(vms({ files, others })).toMatchObject({
      db: { cpus: 2, memory: 3 * 2 ** 30, env: { B: 'own' }, ports: [port(7000, 2)] },
    }));

  it('may declare it anew, where it takes it away', () => {
    const anew = { ...files, 'over.yaml': 'unset: [vms.db]\nvms: {db: }\n' };
    expect(vms({ files: anew, others })['db']).toMatchObject({ cpus: 9, env: {}, ports: [] });
  });

  it('cannot include what is declared below it, or in itself', () => {
    const over = { 'ai-vm.yaml': 'vms: {db: }\n', 'over.yaml': 'include: [db/ai-vm.yaml]\n' };
    expect(faults({ files: over, others })).toContain('there is one already');
    const itself = { 'ai-vm.yaml': 'vms: {web: }\n', 'over.yaml': 'include: [db/ai-vm.yaml]\nvms: {db: }\n' };
    expect(faults({ files: itself, others })).toContain('there is one already');
    expect(vms({ files: { ...over, 'ai-vm.yaml': 'vms: {web: }\n' }, others })['db']?.env).toEqual({ A: '1', B: '1' });
  });

  it('is where its faults are', () =>
    expect(faults({ files: { ...files, 'over.yaml': 'vms: {db: {cpus: 0}}\n' }, others })).toContain('over.yaml:1:18'));
});

describe('variables', () => {
  it('come from the environment, then from the later file, and only those of the environment are drawn', () => {
    const text = 'vms: {web: {env: {A: "$A", B: "$B", H: "$H", C: null}}}\n';
    const { desired } = load({
      files: { 'ai-vm.yaml': text },
      env: { A: 'environment', HOME: '/home/ann' },
      dotenv: 'A=file\nB=file\nH=$HOME\nC=file\n',
    });
    expect(desired.vms[0]?.env).toEqual({ A: 'environment', B: 'file', C: 'file', H: '/home/ann' });
    expect(desired.drawn).toEqual([
      { variable: 'A', vm: 'web', field: 'vms.web.env.A' },
      { variable: 'HOME', vm: 'web', field: 'vms.web.env.H' },
    ]);
  });

  it('of env_file are under those of env, and the later file wins', () => {
    const files = { 'ai-vm.yaml': 'vms: {web: {env_file: [a.env, b.env], env: {A: own}}}\n' };
    const others = { 'a.env': 'A=1\nB=1\n', 'b.env': 'B=2\nC=2\n' };
    expect(vms({ files, others })['web']?.env).toEqual({ A: 'own', B: '2', C: '2' });
    expect(faults({ files, others: { 'a.env': 'A=1\n' } })).toMatchSnapshot();
  });

  it('are shown where a file of theirs is faulty', () => {
    expect(faults({ files: { 'ai-vm.yaml': 'vms: {web: }\n' }, dotenv: 'A=1\nB C=2\n' })).toMatchInlineSnapshot(`
      ".env:2:1  error  key cannot contain a space [config.syntax]
        1 | A=1
        2 | B C=2
          | ^^^
        hint: A line is NAME=value, NAME="value", or NAME alone for the value of your environment."
    `);
  });
});

describe('depends_on', () => {
  it('is a list, or a mapping with conditions', () => {
    const text =
      'vms: {db: {}, web: {depends_on: [db], provision: [x]}, job: {depends_on: {web: {condition: completed}, db: {}}}}\n';
    const { web, job } = vms({ files: { 'ai-vm.yaml': text } });
    expect([web?.dependsOn, job?.dependsOn]).toEqual([
      [{ vm: 'db', condition: 'ready' }],
      [
        { vm: 'db', condition: 'ready' },
        { vm: 'web', condition: 'completed' },
      ],
    ]);
  });

  it('names what is not there, and a circle', () => {
    expect(
      faults({ files: { 'ai-vm.yaml': 'vms: {database: {}, web: {depends_on: [databse]}}\n' } }),
    ).toMatchSnapshot();
    const circle =
      'vms:\n  a: {depends_on: [b]}\n  b: {depends_on: {c: {condition: started}}}\n  c: {depends_on: [a]}\n';
    expect(faults({ files: { 'ai-vm.yaml': circle } })).toMatchSnapshot();
  });
});

describe('profiles', () => {
  it('let machines that are never there together have the same port', () => {
    const text = (b: string) => `vms: {a: {profiles: [x], ports: ["80"]}, b: {profiles: [${b}], ports: ["80"]}}\n`;
    expect(faults({ files: { 'ai-vm.yaml': text('y') } })).toBe('no fault');
    expect(faults({ files: { 'ai-vm.yaml': text('y, x') } })).toContain('already belongs');
  });
});

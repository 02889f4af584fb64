import { describe, expect, it } from '@jest/globals';
import { GiB, MiB } from '../../../src/model/units.ts';
import { faults, load, machine } from './support.ts';

describe('defaults', () => {
  it('are what the design says, with nothing forwarded or shared', () => {
    const { desired, warnings } = load('vms:\n  dev:\n');
    expect(warnings).toEqual([]);
    expect(desired).toEqual({
      name: 'shop',
      dir: '/home/ann/shop',
      files: ['/home/ann/shop/ai-vm.yaml'],
      location: 'user',
      drawn: [],
      borrowed: [],
      secrets: [],
      vms: [
        {
          name: 'dev',
          hostname: 'dev',
          image: { provider: 'debian', packages: [], agents: [], desktop: false },
          cpus: 2,
          memory: 8 * GiB,
          storage: 50 * GiB,
          overlay: false,
          audio: false,
          desktop: false,
          nested: true,
          warm: true,
          restart: 'no',
          suspendAfter: null,
          shares: [],
          ports: [],
          network: { hostLoopback: false, allowHost: [], egress: { kind: 'open' } },
          ssh: { port: 2222, declared: false },
          users: ['dev'],
          agents: [],
          env: {},
          provision: [],
          healthcheck: null,
          labels: {},
          profiles: [],
          dependsOn: [],
        },
      ],
    });
  });

  it('of the file are merged under every machine', () => {
    const text = `
defaults:
  cpus: 4
  env: {A: low, B: low}
  ports: ["8080:80", "9000"]
  shares: [".:ro", "~/ref:/ref:ro"]
  users: [ann]
  packages: [git]
  agents: [claude]
  healthcheck: {test: [CMD, "true"], retries: 9}
vms:
  dev:
    env: [B=high]
    ports: ["8080:81", "7000"]
    shares: [".", "./x:/ref"]
    users: [bob, ann]
    packages: {debian: [curl, git]}
    agents: {claude: {share_auth: true}}
    healthcheck: {test: "false"}
`;
    expect(load(text).desired.vms[0]).toMatchObject({
      cpus: 4,
      env: { A: 'low', B: 'high' },
      ports: [
        { host: 8080, guest: 81 },
        { host: 9000, guest: 9000 },
        { host: 7000, guest: 7000 },
      ],
      shares: [
        { path: '/home/ann/shop', mode: 'rw' },
        { path: '/home/ann/shop/x', target: '/ref', mode: 'rw' },
      ],
      users: ['ann', 'bob'],
      image: { packages: ['curl', 'git'], agents: ['claude'] },
      agents: [{ name: 'claude', shareAuth: true }],
      healthcheck: { test: 'false', retries: 9 },
    });
  });

  it('may have a health check that one machine switches off', () => {
    const text = 'defaults: {healthcheck: {test: x}}\nvms: {a: {healthcheck: {test: [NONE]}}, b: }\n';
    expect(load(text).desired.vms.map((vm) => vm.healthcheck?.test)).toEqual([undefined, 'x']);
  });
});

describe('spellings', () => {
  it.each(['8', '8gb', '"8GB"', '8GiB', '8 g', '8192MiB', '8192mb', '"8"'])('memory: %s is 8 GiB', (text) =>
    expect(machine(`memory: ${text}`).memory).toBe(8 * GiB),
  );
  it.each([
    ['256MiB', 256 * MiB],
    ['1024GB', 1024 * GiB],
    ['1t', 1024 * GiB],
  ])('memory: %s', (text, bytes) => expect(machine(`memory: ${text}`).memory).toBe(bytes));
  it.each(['4', '"4"', '4cpu', '4 CPUs'])('cpus: %s is 4', (text) => expect(machine(`cpus: ${text}`).cpus).toBe(4));
  it.each([
    ['false', false],
    ['true', { driver: 'pa', path: null }],
    ['{driver: wav}', { driver: 'wav', path: null }],
    ['{driver: wav, path: ./a.wav}', { driver: 'wav', path: '/home/ann/shop/a.wav' }],
  ])('audio: %s', (text, audio) => expect(machine(`audio: ${text}`).audio).toEqual(audio));
  it.each(['[claude]', '[{claude: {share_auth: false}}]', '{claude: {}}', '{claude: }', '[claude, claude]'])(
    'agents: %s',
    (text) => expect(machine(`agents: ${text}`).agents).toEqual([{ name: 'claude', shareAuth: false }]),
  );
  it.each([
    ['[a, b]', ['a', 'b'].length],
    ['{nixos: [nodejs_22]}', 0],
  ])('packages: %s', (text, count) =>
    expect(machine(`packages: ${text.replace('a, b', 'aa, bb')}`).image.packages).toHaveLength(count),
  );
  it('what happens anyway may be written down', () =>
    expect(
      machine('image: debian\ndesktop: false\nrestart: no\nwarm: true\nnetwork: {host_loopback: false, egress: open}'),
    ).toEqual(machine('cpus: 2')));
  it.each([
    ['desktop: true', { width: 1280, height: 800 }],
    ['desktop: {}', { width: 1280, height: 800 }],
    ['desktop: {resolution: 1920x1080}', { width: 1920, height: 1080 }],
    ['desktop: false', false],
  ])('%s is a screen, and software in the image', (text, desktop) => {
    const vm = machine(text);
    expect([vm.desktop, vm.image.desktop]).toEqual([desktop, desktop !== false]);
  });
  it('agents keep their own settings, in one order', () => {
    const { agents, image } = machine('agents: {opencode: , codex: {share_auth: true}, claude: {}}');
    expect(agents).toEqual([
      { name: 'claude', shareAuth: false },
      { name: 'codex', shareAuth: true },
      { name: 'opencode', shareAuth: false },
    ]);
    expect(image.agents).toEqual(['claude', 'codex', 'opencode']);
  });
  it('a machine may ask to boot', () => {
    expect(machine('suspend_after: 1h30m')).toEqual({ ...machine('cpus: 2'), suspendAfter: 90 * 60_000 });
    expect(machine('warm: false')).toEqual({ ...machine('cpus: 2'), warm: false });
    expect(load('defaults: {warm: false}\nvms: {dev: }').desired.vms[0]?.warm).toBe(false);
  });
  it.each(['no', 'on-failure', 'always'])('restart: %s', (restart) =>
    expect(machine(`restart: ${restart}`)).toEqual({ ...machine('cpus: 2'), restart }),
  );
  it('x- keys are free everywhere but among names', () => {
    const text = 'x-a: &a {env: {T: "${T:?}"}}\nvms: {dev: {x-b: 1, ssh: {x-c: 2}}}\n';
    expect(load(text).desired).toEqual(load('vms: {dev: }').desired);
    expect(faults('vms: {x-dev: {cpu: 2}}')).toContain('unknown key `cpu`');
  });
});

describe('environment', () => {
  it('keeps numbers as they are written, in YAML and in TOML', () => {
    const env = { PYTHON: '3.10', PORT: '0x10', BIG: '1e3', YES: 'true' };
    expect(machine('env: {PYTHON: 3.10, PORT: 0x10, BIG: 1e3, YES: true}').env).toEqual(env);
    const toml = '[vms.dev]\nenv = {PYTHON = 3.10, PORT = 0x10, BIG = 1e3, YES = true}\n';
    expect(load(toml, { file: 'ai-vm.toml' }).desired.vms[0]!.env).toEqual(env);
  });

  it('takes what has no value from the host, and says so', () => {
    const { desired, warnings } = load('vms: {dev: {env: {TOKEN: , GONE: }}, b: {env: [TOKEN]}}', {
      env: { TOKEN: 's' },
    });
    expect(desired.vms.map((vm) => vm.env)).toEqual([{ TOKEN: 's' }, { TOKEN: 's' }]);
    expect(desired.drawn).toEqual([
      { variable: 'TOKEN', vm: 'b', field: 'vms.b.env[0]' },
      { variable: 'TOKEN', vm: 'dev', field: 'vms.dev.env.TOKEN' },
    ]);
    expect(warnings.map((w) => w.message)).toEqual(['the variable GONE is not set: the guest does not get it']);
  });

  it('a name without value is not an empty value', () => {
    const { desired } = load('vms: {dev: {env: [A=, B=b=c]}}');
    expect(desired.vms[0]!.env).toEqual({ A: '', B: 'b=c' });
    expect(desired.drawn).toEqual([]);
  });
});

describe('variables', () => {
  const env = { N: '4', T: 'true', S: 'secret', P: '8080', E: '' };
  it('become what the schema wants', () =>
    expect(
      load('vms: {dev: {cpus: "${N}", overlay: $T, ssh: {port: "$P"}, memory: "${N}GiB", env: {A: $N, B: $T}}}', {
        env,
      }).desired.vms[0],
    ).toMatchObject({ cpus: 4, overlay: true, ssh: { port: 8080 }, memory: 4 * GiB, env: { A: '4', B: 'true' } }));

  it('drawn into text are listed, numbers and switches are not', () => {
    const text = `
vms:
  dev:
    cpus: \${N}
    overlay: \${T}
    ports: ["\${P}:80"]
    ssh: {port: "\${UNSET:-2300}"}
    shares: ["./\${S}", {path: ., mode: "\${UNSET:-rw}"}]
    provision: ["echo \${S} \${E:-none} \${S:+yes}", "$$S"]
    labels: {l: "\${S:+yes}"}
`;
    expect(load(text, { env }).desired.drawn).toEqual([
      { variable: 'S', vm: 'dev', field: 'vms.dev.provision[0]' },
      { variable: 'S', vm: 'dev', field: 'vms.dev.shares[0]' },
    ]);
  });

  it('are not replaced in keys', () => expect(machine('labels: {$S: 1}', { env }).labels).toEqual({ $S: '1' }));

  it('that are not set are warned of once', () => {
    const { warnings } = load('vms: {dev: {labels: {a: "$GONE", b: "$GONE ${OFF}"}}}', { env: { OF: '1' } });
    expect(warnings.map((w) => [w.message, w.hint])).toEqual([
      [
        'the variable GONE is not set: an empty text is used',
        'Write ${GONE:-} if it may be empty, ${GONE:?} if it must not.',
      ],
      [
        'the variable OFF is not set: an empty text is used',
        'Did you mean OF? Write ${OFF:-} if it may be empty, ${OFF:?} if it must not.',
      ],
    ]);
  });

  it('used through an anchor count where they are used', () => {
    const text = 'x-base: &base {env: {T: "$S"}}\nvms: {dev: *base, b: {<<: *base, cpus: 1}}';
    expect(load(text, { env }).desired.drawn.map((d) => d.field)).toEqual(['vms.b.env.T', 'vms.dev.env.T']);
  });
});

describe('shares', () => {
  const placed = (list: string): (readonly [string, string, string])[] =>
    machine(`shares: ${list}`).shares.map((s) => [s.path, s.target, s.mode] as const);

  it('have their places', () =>
    expect(placed('[., "~", "~/a:ro", /srv/a/:rw, "../b:/data/", "./c:/x:ro", {path: "d:e", mode: ro}]')).toEqual([
      ['/home/ann/shop', '/mnt/host-rw/shop', 'rw'],
      ['/home/ann', '/mnt/host-rw/ann', 'rw'],
      ['/home/ann/a', '/mnt/host-ro/a', 'ro'],
      ['/srv/a', '/mnt/host-rw/a', 'rw'],
      ['/home/ann/b', '/data', 'rw'],
      ['/home/ann/shop/c', '/x', 'ro'],
      ['/home/ann/shop/d:e', '/mnt/host-ro/d:e', 'ro'],
    ]));

  it('of the same name get distinct mount points, never a declared one', () =>
    expect(placed('[a/x, b/x, c/x, "d/x:ro", "e:/mnt/host-rw/x-2"]').map((s) => s[1])).toEqual([
      '/mnt/host-rw/x',
      '/mnt/host-rw/x-3',
      '/mnt/host-rw/x-4',
      '/mnt/host-ro/x',
      '/mnt/host-rw/x-2',
    ]));

  it('keep odd paths as they are, but not in the mount point', () =>
    expect(placed(String.raw`[{path: "a b/c\nd"}, {path: "e\\f "}]`)).toEqual([
      ['/home/ann/shop/a b/c\nd', '/mnt/host-rw/c-d', 'rw'],
      ['/home/ann/shop/e\\f ', '/mnt/host-rw/e-f-', 'rw'],
    ]));
});

describe('names', () => {
  it('of the project are normalized as Compose does', () => {
    const name = (own: string, projectName?: string): string =>
      load(`${own === '' ? '' : `name: ${own}\n`}vms: {dev: }`, projectName === undefined ? {} : { projectName })
        .desired.name;
    expect([name(''), name('My Shop!'), name('_x-Y'), name('a', 'B.c')]).toEqual(['shop', 'myshop', 'x-y', 'bc']);
  });

  it('of hosts are what systemd accepts', () => {
    const names = ['a_b', `${'a'.repeat(62)}_`, 'Z-'].map((name) => load(`vms: {${name}: }`).desired.vms[0]!.hostname);
    expect(names).toEqual(['a-b', 'a'.repeat(62), 'Z']);
  });

  it('sort the machines', () =>
    expect(load('vms: {b: , a: , C: }').desired.vms.map((vm) => vm.name)).toEqual(['C', 'a', 'b']));
});

describe('health checks', () => {
  it.each([
    ['test: "a | b"', { test: 'a | b', interval: 5000, timeout: 30000, retries: 3, startPeriod: 0 }],
    ['test: [CMD, echo, "it\'s", $$HOME]', { test: `echo 'it'\\''s' '$HOME'` }],
    ['test: [CMD-SHELL, "a | b"]', { test: 'a | b' }],
    [
      'test: x\n  interval: 1m30s\n  timeout: 1.5s\n  retries: 5\n  start_period: 500ms',
      { interval: 90000, timeout: 1500, retries: 5, startPeriod: 500 },
    ],
  ])('%s', (text, expected) => expect(machine(`healthcheck:\n  ${text}`).healthcheck).toMatchObject(expected));
});

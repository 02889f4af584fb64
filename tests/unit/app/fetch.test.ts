import { mkdtempSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { asksOf } from '../../../src/app/asks.ts';
import { FetchNotAllowed } from '../../../src/app/fetch.ts';
import { loadProject } from '../../../src/app/load.ts';
import type { Loaded } from '../../../src/config/load.ts';
import { findConfigs } from '../../../src/host/config-files.ts';
import { hostEnv, projectPaths } from '../../../src/host/paths.ts';
import { ConfigError } from '../../../src/model/errors.ts';
import { serveRepository, type GitServer } from '../../support/git-server.ts';

let top: string;
let server: GitServer;
beforeAll(async () => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'fetch-test-')));
  mkdirSync(join(top, 'served'));
  server = await serveRepository(join(top, 'served'), {
    'ai-vm.yaml': 'defaults: {cpus: 3}\nvms: {db: {shares: [./data], env: {A: "$A"}}}\n',
    'bad.yaml': 'vms: {db: {cpus: s3cr3t}}\n',
  });
});
afterAll(async () => {
  await server.close();
  rmSync(top, { recursive: true });
});

let project: string;
let count = 0;
beforeEach(() => {
  project = join(top, `p${count++}`);
  mkdirSync(project);
});

const host = () => hostEnv({ AI_VM_HOME: join(project, '../home', String(count)) });

async function load(text: string): Promise<Loaded> {
  writeFileSync(join(project, 'ai-vm.yaml'), text);
  const found = await findConfigs({ cwd: project, files: [], stdin: () => Promise.resolve('') });
  return loadProject(found, {
    ...{ cwd: project, env: { A: 'own' }, home: project, envFiles: [], projectName: undefined },
    outside: { host: host(), env: process.env, signal: new AbortController().signal, emit: () => undefined },
  });
}

async function asked(text: string): Promise<FetchNotAllowed> {
  const error: unknown = await load(text).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof FetchNotAllowed) return error;
  throw new Error('nothing was asked', { cause: error });
}

/** Consents to what is asked, as `approve` does. */
function allow({ asks, project: place }: FetchNotAllowed): void {
  const { approvals } = projectPaths(place, host());
  mkdirSync(dirname(approvals), { recursive: true });
  writeFileSync(
    approvals,
    JSON.stringify({ formatVersion: 1, given: Object.fromEntries(asks.map((a) => [a.digest, a])) }),
  );
}

const including = (path = ''): string =>
  `name: Shop\ninclude: ["${server.url}#${server.commit}${path}"]\nvms: {web: }\n`;

describe('an included file of a repository', () => {
  it('is not fetched before that is allowed, and then it is part of the project', async () => {
    const before = server.requests();
    const question = await asked(including());
    expect(question.asks.map(({ vm, text }) => `${vm} ${text}`)).toEqual([
      `* take in ${server.url}#${server.commit}:ai-vm.yaml`,
    ]);
    expect(question.project).toEqual({ name: 'shop', location: 'user', dir: project });
    expect(server.requests()).toBe(before);
    allow(question);
    const { desired } = await load(including(':ai-vm.yaml'));
    expect(desired.vms.map(({ name, cpus }) => [name, cpus])).toEqual([
      ['db', 3],
      ['web', 2],
    ]);
    expect(desired.vms[0]).toMatchObject({ env: { A: 'own' }, shares: [{ path: join(project, 'data') }] });
    // The consent that let it in is the one that is shown as given; what it draws is asked for in its turn.
    expect(asksOf(desired, new Map()).map(({ digest }) => digest)).toContain(question.asks[0]!.digest);
    expect(asksOf(desired, new Map()).map(({ text }) => text)).toContain('see the host variable A, in vms.db.env.A');
  });

  it('is another question for another commit, path or address', async () => {
    allow(await asked(including()));
    await asked(including(':other.yaml'));
    await asked(including().replace(server.commit, 'a'.repeat(40)));
    await asked(including().replace('repository.git', 'other.git'));
  });

  it('is not quoted', async () => {
    allow(await asked(including(':bad.yaml')));
    const error = await load(including(':bad.yaml')).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof ConfigError)) throw new Error('nothing was wrong', { cause: error });
    expect(error.diagnostics[0]?.position?.line).toBe(1);
    expect(JSON.stringify([error.diagnostics, [...error.sources]])).not.toContain('s3cr3t');
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FaultyServer } from '../../../adapters/cli/tour/faulty-server.ts';
import { SqlJsPersistence } from '../../../adapters/sqljs/index.ts';
import { seededRandom } from '../../../adapters/testing/index.ts';
import { createRecovery } from '../../../create-recovery.ts';
import {
  type Catalogue,
  createProjects,
  download,
  type ProjectManifest,
} from '../../../operations.ts';
import { manifestText, sealed } from '../../../services/operations/projects/manifest.ts';
import { takeBack } from '../../../services/operations/projects/staging.ts';
import { until } from '../../support/cli.ts';
import { many } from '../../support/extent.ts';
import { programFile, SHORT_LIFE } from '../../support/programs.ts';
import { sha256Of } from './download-fixture.ts';
import { catalogueOn, fixturePath, withProjects } from './projects-fixture.ts';

export const suiteTimeout = 120_000;
const child = programFile(new URL('projects-child.js', import.meta.url));
const test = suite('projects, killed');
/** Of each model; at this pace one takes longer than a life. */
const SIZE = 120_000;
const PACE = 80_000;

interface CrashPlace {
  readonly folder: string;
  readonly server: FaultyServer;
  readonly catalogue: Catalogue;
  /** Runs the program until it ends or is killed, `ms` after it has printed a line. */
  life(options?: { line?: string; ms?: number; afterwards?: string }): Promise<'done' | 'killed'>;
}

function withLives(run: (place: CrashPlace) => Promise<void>): () => Promise<void> {
  return async () => {
    const server = await FaultyServer.listen();
    const folder = await mkdtemp(join(tmpdir(), 'projects-'));
    try {
      const catalogue = await catalogueOn(server, ['video-wan.ui.json'], {
        size: SIZE,
        pace: PACE,
      });
      const file = join(folder, 'catalogue.json');
      await writeFile(file, JSON.stringify(catalogue));
      const life: CrashPlace['life'] = async ({ line, ms = 0, afterwards = '' } = {}) => {
        const args = [
          ...SHORT_LIFE,
          child,
          folder,
          fixturePath('video-wan.ui.json'),
          file,
          afterwards,
        ];
        const running = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
        const exited = once(running, 'exit');
        for await (const said of createInterface({ input: running.stdout })) {
          if (said !== line) continue;
          await sleep(ms);
          running.kill('SIGKILL');
        }
        const [code, signal] = await exited;
        assert.ok(code === 0 || signal === 'SIGKILL', `${code} ${signal}`);
        return signal === 'SIGKILL' ? 'killed' : 'done';
      };
      await run({ folder, server, catalogue, life });
    } finally {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    }
  };
}

const names = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/** There is a whole project, or none: no moment between. */
async function projectIsWholeOrAbsent({ folder, catalogue }: CrashPlace): Promise<boolean> {
  const visible = (await names(join(folder, 'projects'))).filter(name => !name.startsWith('.'));
  if (visible.length === 0) return false;
  assert.equal(visible, ['mine']);
  const text = await readFile(join(folder, 'projects/mine/project.json'), 'utf8');
  const { models, nodes } = JSON.parse(text) as ProjectManifest;
  assert.is(models.length, Object.keys(catalogue.models ?? {}).length);
  for (const { path, sha256 } of models) {
    assert.is(sha256Of(await readFile(join(folder, 'models', path))), sha256);
  }
  for (const { name } of nodes) await readdir(join(folder, 'nodes', name));
  return true;
}

test(
  'makes one whole project of an import that is killed again and again, and begins no child twice',
  withLives(async place => {
    const { folder, server, catalogue, life } = place;
    const random = seededRandom(7);
    let kills = 0;
    for (;;) {
      const ended = await life({ line: 'begun', ms: 50 + random() * 600 });
      await projectIsWholeOrAbsent(place);
      if (ended === 'done') break;
      kills += 1;
      // From here on it may come to its end.
      if (kills === 4) {
        assert.is(await life(), 'done');
        break;
      }
    }
    assert.ok(kills >= 3, `${kills} kills`);
    assert.ok(await projectIsWholeOrAbsent(place));
    assert.equal(await names(join(folder, 'projects')), ['mine']);

    const recovery = await createRecovery({
      persistence: new SqlJsPersistence({ path: join(folder, 'recovery.db') }),
      env: {},
    });
    try {
      const { items } = await recovery.list({ parentId: 'import-1', limit: 100 });
      const expected = [catalogue.models, catalogue.nodes].flatMap(part => Object.keys(part ?? {}));
      assert.is(items.length, expected.length);
      assert.is((await recovery.list({ limit: 100 })).items.length, expected.length + 1);
      for (const { id, state } of items) {
        assert.is(state, 'success', id);
        const history = await recovery.history(id);
        assert.is(history.filter(({ from }) => from === null).length, 1, `${id} was begun once`);
        assert.is(history.filter(({ to }) => to === 'success').length, 1, `${id} has ended once`);
      }
    } finally {
      await recovery.close();
    }
    for (const name of Object.keys(catalogue.models ?? {})) {
      const sent = server
        .seen(`/${encodeURI(name)}`)
        .reduce((sum, request) => sum + request.sent, 0);
      // What has not been synced when it is killed is fetched again: half a second, and what is on the way.
      assert.ok(sent <= SIZE + kills * PACE * 2, `${name}: ${sent} bytes`);
    }
  }),
);

test(
  'deletes a project for good however often it is killed, with nothing of it left',
  withLives(async place => {
    const { folder, server, life } = place;
    for (const path of Object.keys(place.catalogue.models ?? {})) {
      server.serve(`/${encodeURI(path)}`, { content: new Uint8Array(0) });
    }
    const { models = {}, ...rest } = place.catalogue;
    const empty = Object.fromEntries(
      Object.entries(models).map(([name, { url, folder: below }]) => [
        name,
        { url, ...(below ? { folder: below } : {}) },
      ]),
    );
    await writeFile(join(folder, 'catalogue.json'), JSON.stringify({ ...rest, models: empty }));
    assert.is(await life(), 'done');
    const files = Array.from({ length: 300 }, (_, n) => join(folder, 'projects/mine', `${n}.png`));
    await Promise.all(files.map(file => writeFile(file, 'x')));

    let ended = '';
    for (const ms of [0, 15, 6, 30].slice(0, many(4, 2))) {
      if (ended === 'done') break;
      ended = await life({ line: 'deleting', ms, afterwards: 'delete' });
      const visible = (await names(join(folder, 'projects'))).filter(name => !name.startsWith('.'));
      if (visible.length > 0) assert.is((await names(join(folder, 'projects/mine'))).length, 303);
    }
    if (ended !== 'done') assert.is(await life({ afterwards: 'delete' }), 'done');

    assert.equal(await names(join(folder, 'projects')), []);
    const left = await readdir(join(folder, 'models'), { recursive: true, withFileTypes: true });
    assert.equal(
      left.filter(entry => entry.isFile()),
      [],
    );
  }),
);

/** Cancels the import in a process of its own, which knows what takes it back. @returns the visible projects */
async function cancelled({ folder, life }: CrashPlace, meanwhile: () => Promise<void>) {
  assert.is(await life({ line: 'named', afterwards: 'stay' }), 'killed');
  await meanwhile();
  const recovery = await createRecovery({
    persistence: new SqlJsPersistence({ path: join(folder, 'recovery.db') }),
    env: {},
  });
  try {
    createProjects(recovery, {
      root: join(folder, 'projects'),
      models: join(folder, 'models'),
      download: recovery.operation('download', download),
      install: recovery.operation('install', () => ({ commit: 'a'.repeat(40) })),
    });
    assert.ok(await recovery.cancel('import-1'));
    await recovery.resume();
    await until(async () => (await recovery.view('import-1'))?.state === 'failed');
  } finally {
    await recovery.close();
  }
  return names(join(folder, 'projects'));
}

test(
  'takes a project back that is cancelled after a crash between its name and the commit',
  withLives(async place => {
    const projects = join(place.folder, 'projects');
    await mkdir(join(projects, 'other'), { recursive: true });
    const left = await cancelled(place, async () => {
      assert.equal(await names(projects), ['mine', 'other']);
      assert.ok((await names(join(projects, 'mine'))).includes('project.json'));
    });
    assert.equal(left, ['other']);
    const models = await readdir(join(place.folder, 'models'), { recursive: true });
    for (const name of Object.keys(place.catalogue.models ?? {})) {
      assert.ok(
        models.some(path => path.endsWith(name)),
        `${name} is there for the next time`,
      );
    }
  }),
);

test(
  'leaves a project alone that has the name by then and is of another operation, or of nobody',
  withLives(async place => {
    const mine = join(place.folder, 'projects', 'mine');
    const left = await cancelled(place, async () => {
      const manifest = JSON.parse(await readFile(join(mine, 'project.json'), 'utf8'));
      const { checksum: _, format: _format, version: _version, ...facts } = manifest;
      const another = manifestText(sealed({ ...facts, operation: 'import-2' }));
      await writeFile(join(mine, 'project.json'), another);
    });
    assert.equal(left, ['mine']);
    assert.ok((await names(mine)).includes('workflow.json'));

    const wanted = { root: join(place.folder, 'projects'), name: 'mine' };
    await writeFile(join(mine, 'project.json'), '{}');
    await takeBack(wanted, 'import-1');
    await rm(join(mine, 'project.json'));
    await takeBack(wanted, 'import-1');
    assert.ok((await names(mine)).includes('workflow.json'));
  }),
);

test(
  'knows its own project after a crash between the rename and the commit',
  withProjects(async place => {
    const catalogue = await place.catalogueFor('sd15-lora.api.json');
    const own = place.manager({ catalogue });
    const input = { name: 'mine', file: fixturePath('sd15-lora.api.json') };
    await own.import.run(input, { id: 'import-1' });
    const project = join(place.root, 'mine');
    const manifest = JSON.parse(await readFile(join(project, 'project.json'), 'utf8'));
    assert.is(manifest.operation, 'import-1');
    const { importProject } = await import('../../../services/operations/projects/import.ts');
    const { recordingContext } = await import('../../support/operation-context.ts');
    const { models, workflow, nodes, missing } = manifest;
    const steps = new Map<string, unknown>([['plan', { models, workflow, nodes, missing }]]);
    const before = place.server.requests.length;
    const workshop = {
      recovery: place.recovery,
      own: { root: place.root, models: place.models, nodes: place.nodes },
      catalogue,
      download: place.recovery.definition('download') as never,
      downloadRoot: undefined,
      install: place.recovery.definition('install') as never,
      headersFor: undefined,
      authFor: undefined,
      checkNode: undefined,
      trust: false,
    };

    const again = { ...recordingContext({ steps }), id: 'import-1' };
    assert.is((await importProject(workshop, input, again)).models, 3);
    assert.is(place.server.requests.length, before);

    // Before the rename there is but the staging folder.
    const staging = join(place.root, '.mine.staging-0');
    await rename(project, staging);
    await mkdir(project);
    const other = { ...recordingContext(), id: 'import-2' };
    let refused: unknown;
    await importProject(workshop, input, other).catch(error => {
      refused = error.code;
    });
    assert.is(refused, 'PROJECT_EXISTS');
  }),
);

test.run();

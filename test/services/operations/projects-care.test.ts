import { renameSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Bundle } from '../../../operations.ts';
import { hashOf } from '../../../services/operations/projects/places.ts';
import { until } from '../../support/cli.ts';
import { sha256Of } from './download-fixture.ts';
import {
  CKPT,
  codeOf,
  contentOf,
  fixturePath,
  fixtureText,
  UPSCALER,
  withProject,
  withProjects,
} from './projects-fixture.ts';

export const suiteTimeout = 60_000;
const test = suite('projects: duplicate, export, delete, turns');

test(
  'duplicates a project with its own files and links, and shares its models',
  withProject(async ({ own, root, models, entries, server }) => {
    await mkdir(join(root, 'mine/output'));
    await writeFile(join(root, 'mine/output/picture.png'), 'picture');
    await symlink('/etc/hostname', join(root, 'mine/output/link'));
    const before = server.requests.length;

    const result = await own.duplicate.run({ name: 'mine', to: 'copy' });

    assert.equal(await entries(), ['copy', 'mine']);
    assert.equal([result.name, result.models], ['copy', 2]);
    assert.is(await readFile(join(root, 'copy/output/picture.png'), 'utf8'), 'picture');
    assert.equal((await readdir(join(root, 'copy/output'))).sort(), ['link', 'picture.png']);
    await writeFile(join(root, 'copy/workflow.json'), 'mine only');
    assert.is(
      await readFile(join(root, 'mine/workflow.json'), 'utf8'),
      await fixtureText('upscaler.api.json'),
    );
    assert.is(server.requests.length, before);
    assert.ok((await own.verify.run({ name: 'mine' })).whole);
    assert.ok((await own.verify.run({ name: 'copy', repair: true })).whole);
    assert.is((await readdir(join(models, 'checkpoints'))).length, 1);

    assert.is(await codeOf(own.duplicate.run({ name: 'mine', to: 'copy' })), 'PROJECT_EXISTS');
    assert.is(await codeOf(own.duplicate.run({ name: 'none', to: 'x' })), 'PROJECT_MISSING');
    assert.is(await codeOf(own.duplicate.run({ name: 'mine', to: '../x' })), 'VALIDATION');
  }),
);

test(
  'makes no copy of a project that goes away meanwhile, or that another one takes the place of',
  withProject(async ({ own, root, recovery, entries }) => {
    await own.create.run({ name: 'other' });
    /** With something done as soon as the first file is copied. */
    const copyAmid = async (act: () => void) => {
      const hearing = recovery.progress$.subscribe(() => {
        hearing.unsubscribe();
        act();
      });
      return codeOf(own.duplicate.run({ name: 'mine', to: 'copy' }));
    };
    const gone = await copyAmid(() => renameSync(join(root, 'mine'), join(root, 'away')));
    assert.is(gone, 'PROJECT_MISSING');
    await rename(join(root, 'away'), join(root, 'mine'));
    const replaced = await copyAmid(() => {
      renameSync(join(root, 'mine'), join(root, 'away'));
      renameSync(join(root, 'other'), join(root, 'mine'));
    });
    assert.is(replaced, 'PROJECT_DAMAGED');
    assert.equal(await entries(), ['away', 'mine']);
  }),
);

test(
  'deletes nothing that is no project',
  withProject(async ({ own, root, entries }) => {
    await mkdir(join(root, 'pictures'));
    await writeFile(join(root, 'pictures/one.png'), 'picture');
    await writeFile(join(root, 'notes'), 'notes');

    assert.is(await codeOf(own.delete.run({ name: 'pictures' })), 'PROJECT_MISSING');
    assert.is(await codeOf(own.delete.run({ name: 'notes' })), 'PROJECT_MISSING');
    assert.equal(await entries(), ['mine', 'notes', 'pictures']);
    await rm(join(root, 'mine/project.json'));
    await own.delete.run({ name: 'mine' });
    assert.equal(await entries(), ['notes', 'pictures']);
  }),
);

test(
  'refuses to build on a manifest that was changed',
  withProject(async ({ own, root }) => {
    const manifest = await readFile(join(root, 'mine/project.json'), 'utf8');
    await writeFile(join(root, 'mine/project.json'), manifest.replace('http://', 'https://'));

    assert.is(await codeOf(own.duplicate.run({ name: 'mine', to: 'copy' })), 'PROJECT_DAMAGED');
    assert.is(
      await codeOf(own.export.run({ name: 'mine', file: join(root, '../x.json') })),
      'PROJECT_DAMAGED',
    );
    assert.match((await own.list())[0]?.problem ?? '', /checksum/);
  }),
);

test(
  'exports a bundle that makes the same project elsewhere',
  withProjects(async place => {
    const catalogue = await place.catalogueFor('video-wan.ui.json');
    const own = place.manager({ catalogue });
    await own.import.run({ name: 'mine', file: fixturePath('video-wan.ui.json') });
    const file = join(place.root, '../out/bundle.json');

    const exported = await own.export.run({ name: 'mine', file });
    assert.is(exported.sha256, sha256Of(await readFile(file)));
    assert.is(await codeOf(own.export.run({ name: 'mine', file: 'relative.json' })), 'VALIDATION');
    await writeFile(`${file}.other`, 'something');
    assert.is(await codeOf(own.export.run({ name: 'mine', file: `${file}.other` })), 'VALIDATION');
    await own.export.run({ name: 'mine', file: `${file}.other`, overwrite: true });
    assert.is(await readFile(`${file}.other`, 'utf8'), await readFile(file, 'utf8'));

    // Elsewhere there is nothing but the bundle.
    const elsewhere = place.manager({}, 'by input');
    const folders = {
      root: join(place.root, '../elsewhere'),
      modelsRoot: join(place.models, '../m2'),
    };
    assert.is(
      await codeOf(elsewhere.import.run({ name: 'theirs', file, ...folders })),
      'UNRESOLVED',
    );
    const result = await elsewhere.import.run({ name: 'theirs', file, ...folders, trust: true });

    assert.equal([result.models, result.nodes], [5, 10]);
    const texts = [join(place.root, 'mine'), result.folder].map(folder =>
      join(folder, 'workflow.json'),
    );
    assert.is(await readFile(texts[0] ?? '', 'utf8'), await readFile(texts[1] ?? '', 'utf8'));
    const again = join(place.root, '../out/again.json');
    await elsewhere.export.run({ name: 'theirs', file: again, ...folders });
    const [one, two] = (await Promise.all([file, again].map(each => readFile(each, 'utf8')))).map(
      text => JSON.parse(text) as Bundle,
    );
    assert.equal(one?.catalogue, two?.catalogue);
    assert.is(one?.workflow, two?.workflow);
  }),
);

test(
  'deletes a project and keeps its models, or takes those that nobody else names',
  withProject(async ({ own, models, nodes, entries, manager, catalogueFor }) => {
    const both = manager({
      catalogue: await catalogueFor('upscaler.api.json', 'sdxl-refiner.ui.json'),
    });
    await both.import.run({ name: 'other', file: fixturePath('sdxl-refiner.ui.json') });
    await own.duplicate.run({ name: 'mine', to: 'copy' });

    const first = await own.delete.run({ name: 'copy' });
    assert.equal([first.removed, first.kept.length], [[], 2]);
    assert.equal(await entries(), ['mine', 'other']);

    const second = await own.delete.run({ name: 'mine', models: true });
    assert.equal(second.removed, [`upscale_models/${UPSCALER}`]);
    assert.equal(second.kept, [`checkpoints/${CKPT}`]);
    assert.ok((await stat(join(models, 'checkpoints', CKPT))).isFile());
    assert.equal(await readdir(join(models, 'upscale_models')), []);
    assert.ok((await stat(join(nodes, 'nodes-UltimateSDUpscale'))).isDirectory());
    assert.is(await codeOf(own.delete.run({ name: 'mine' })), 'PROJECT_MISSING');
    assert.ok((await both.verify.run({ name: 'other' })).whole);
  }),
);

test(
  'takes no models that an import is about to name',
  withProject(async ({ own, root }) => {
    const plan = { models: [{ path: `checkpoints/${CKPT}`, url: 'http://x', sha256: null }] };
    const staging = join(root, `.soon.staging-${hashOf('somebody')}`);
    await mkdir(staging);
    await writeFile(join(staging, 'plan.json'), JSON.stringify(plan));

    const { removed, kept } = await own.delete.run({ name: 'mine', models: true });

    assert.equal([removed, kept], [[`upscale_models/${UPSCALER}`], [`checkpoints/${CKPT}`]]);
  }),
);

test(
  'takes no models while nobody knows what another project names',
  withProject(async ({ own, root, models }) => {
    await mkdir(join(root, 'odd'));
    await writeFile(join(root, 'odd/project.json'), '{}');

    const { removed } = await own.delete.run({ name: 'mine', models: true });

    assert.equal(removed, []);
    assert.is((await readdir(join(models, 'checkpoints'))).length, 1);
  }),
);

test(
  'follows no link out of the folder of models',
  withProject(async ({ own, models, root }) => {
    const outside = join(root, '../outside');
    await mkdir(outside);
    await writeFile(join(outside, UPSCALER), contentOf(UPSCALER));
    await rm(join(models, 'upscale_models'), { recursive: true });
    await symlink(outside, join(models, 'upscale_models'));

    const { removed, kept, stuck } = await own.delete.run({ name: 'mine', models: true });

    assert.equal(await readdir(outside), [UPSCALER]);
    assert.equal([removed, kept], [[`checkpoints/${CKPT}`], [`upscale_models/${UPSCALER}`]]);
    assert.match(stuck[0]?.problem ?? '', /leads out/);
  }),
);

test(
  'keeps a model that is a folder or behind a link to itself, and ends all the same',
  withProject(async ({ own, models, entries }) => {
    await rm(join(models, 'checkpoints', CKPT));
    await mkdir(join(models, 'checkpoints', CKPT));
    await rm(join(models, 'upscale_models'), { recursive: true });
    await symlink('upscale_models', join(models, 'upscale_models'));

    const { removed, kept, stuck } = await own.delete.run({ name: 'mine', models: true });

    assert.equal([removed, kept.length, await entries()], [[], 2, []]);
    assert.equal(
      stuck.map(({ problem }) => problem),
      ['is a folder', 'is a link that leads to itself'],
    );
  }),
);

test(
  'lets operations on the same project take turns, and others go on',
  withProject(async ({ own, server, recovery, entries }) => {
    let release: () => void = () => {};
    const once = new Promise<void>(resolve => {
      release = resolve;
    });
    server.serve(`/${CKPT}`, {
      content: contentOf(CKPT),
      faults: [{ kind: 'reset', after: 10, once: () => once }],
    });
    const models = join(await own.list().then(([mine]) => mine?.folder ?? ''), '../../models');
    await rm(join(models, 'checkpoints', CKPT));
    const first = await own.verify.start({ name: 'mine', repair: true });
    await until(() => server.seen(`/${CKPT}`).length === 2);

    const second = await own.delete.start({ name: 'mine' }, { id: 'second' });
    await own.create.run({ name: 'another' });
    assert.is((await recovery.view('second'))?.path, 'pending.locked');
    release();

    await first.result();
    await second.result();
    assert.equal(await entries(), ['another']);
  }),
);

test(
  'sweeps what ended operations have left, and nothing of those that are under way',
  withProject(async ({ own, root, recovery, entries, server }) => {
    server.serve(`/${CKPT}`, { content: contentOf(CKPT), faults: [{ kind: 'hang', after: 10 }] });
    const models = join(root, '../models');
    await rm(join(models, 'checkpoints', CKPT));
    const handle = await own.import.start(
      { name: 'soon', file: fixturePath('upscaler.api.json') },
      { id: 'soon-1' },
    );
    await until(() => server.seen(`/${CKPT}`).length === 2);
    await mkdir(join(root, `.gone.staging-${hashOf('gone')}`));
    await mkdir(join(root, `.gone.trash-${hashOf('gone')}`));
    await mkdir(join(root, '.mine'));

    assert.is((await own.sweep()).length, 2);
    assert.equal(await entries(), ['.mine', `.soon.staging-${hashOf('soon-1')}`, 'mine']);

    await handle.cancel();
    await until(async () => (await recovery.view('soon-1'))?.state === 'failed');
    assert.equal(await entries(), ['.mine', 'mine']);
    await mkdir(join(root, `.soon.staging-${hashOf('soon-1')}`));
    await own.removeStaging({ name: 'soon' }, 'soon-1');
    assert.equal(await entries(), ['.mine', 'mine']);
  }),
);

test.run();

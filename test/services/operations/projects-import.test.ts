import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { FamilyProgress, ProjectManifest } from '../../../operations.ts';
import { OperationCancelledError, OperationFailedError } from '../../../services/errors.ts';
import type { Progress } from '../../../services/ports.ts';
import { until } from '../../support/cli.ts';
import { rejects } from '../../support/rejects.ts';
import { sha256Of } from './download-fixture.ts';
import {
  catalogueOn,
  codeOf,
  contentOf,
  FIXTURES,
  fixturePath,
  fixtureText,
  manifestOf,
  withProjects,
} from './projects-fixture.ts';

export const suiteTimeout = 60_000;
const test = suite('projects: import');

for (const fixture of FIXTURES) {
  test(
    `makes a whole project of ${fixture}`,
    withProjects(async place => {
      const { projects, root, models, nodes, installed, entries } = place;
      const catalogue = await place.catalogueFor(fixture);
      const own = place.manager({ catalogue });

      const result = await own.import.run({ name: 'mine', file: fixturePath(fixture) });

      assert.equal(await entries(), ['mine']);
      assert.equal((await readdir(join(root, 'mine'))).sort(), [
        '.origin',
        'project.json',
        'workflow.json',
      ]);
      assert.is(
        await readFile(join(root, 'mine/workflow.json'), 'utf8'),
        await fixtureText(fixture),
      );
      const manifest = await manifestOf(place, 'mine');
      assert.is(manifest.models.length, Object.keys(catalogue.models ?? {}).length);
      assert.is(manifest.nodes.length, Object.keys(catalogue.nodes ?? {}).length);
      for (const { path, sha256, bytes } of manifest.models) {
        const content = await readFile(join(models, path));
        assert.equal([sha256Of(content), content.length], [sha256, bytes]);
      }
      assert.is(installed.length, manifest.nodes.length);
      for (const { name } of manifest.nodes)
        assert.ok((await stat(join(nodes, name))).isDirectory());
      assert.equal(
        [result.models, result.nodes, result.missing],
        [manifest.models.length, manifest.nodes.length, []],
      );
      assert.equal(
        (await projects.list()).map(({ name }) => name),
        ['mine'],
      );
    }),
  );
}

test(
  'shares what two workflows name, and fetches it once',
  withProjects(async place => {
    const catalogue = await place.catalogueFor('sdxl-refiner.ui.json', 'upscaler.api.json');
    // Nobody knows the SHA-256 before it is there.
    const base = 'sd_xl_base_1.0.safetensors';
    const { sha256: _, ...unchecked } = catalogue.models?.[base] ?? { url: '' };
    const own = place.manager({
      catalogue: { ...catalogue, models: { ...catalogue.models, [base]: unchecked } },
    });

    await own.import.run({ name: 'one', file: fixturePath('sdxl-refiner.ui.json') });
    await own.import.run({ name: 'two', file: fixturePath('upscaler.api.json') });

    assert.is(place.server.seen(`/${base}`).length, 1);
    const [one, two] = [await manifestOf(place, 'one'), await manifestOf(place, 'two')];
    const shared = ({ models }: ProjectManifest) => models.find(({ path }) => path.endsWith(base));
    assert.equal(shared(one), shared(two));
    assert.is(shared(one)?.sha256, sha256Of(contentOf(base)));
  }),
);

test(
  'refuses another file under a name that another project has',
  withProjects(async place => {
    const catalogue = await place.catalogueFor('upscaler.api.json');
    const own = place.manager({ catalogue });
    await own.import.run({ name: 'one', file: fixturePath('upscaler.api.json') });
    const models = Object.fromEntries(
      Object.entries(catalogue.models ?? {}).map(([name, model]) => [
        name,
        { ...model, sha256: 'a'.repeat(64) },
      ]),
    );
    const other = place.manager({ catalogue: { ...catalogue, models } });

    const code = await codeOf(
      other.import.run({ name: 'two', file: fixturePath('upscaler.api.json') }),
    );

    assert.is(code, 'UNRESOLVED');
    assert.equal(await place.entries(), ['one']);
  }),
);

test(
  'adds up how far its children are',
  withProjects(async place => {
    // Slow enough that a download tells how far it is.
    const serve = { size: 60_000, pace: 150_000 };
    const catalogue = await catalogueOn(place.server, ['video-wan.ui.json'], serve);
    const own = place.manager({ catalogue });
    const told: FamilyProgress[] = [];
    place.recovery.progress$.subscribe(({ operationId, value }: Progress) => {
      if (operationId === 'import-1') told.push(value as FamilyProgress);
    });

    const { bytes } = await own.import.run(
      { name: 'mine', file: fixturePath('video-wan.ui.json') },
      { id: 'import-1' },
    );

    const [first, last] = [told[0], told.at(-1)];
    assert.equal([first?.done, first?.total], [0, bytes]);
    assert.equal([last?.done, last?.total], [bytes, bytes]);
    assert.ok(told.every(({ done }, index) => done >= (told[index - 1]?.done ?? 0)));
    const halfway = told.flatMap(({ children }) =>
      children.filter(
        ({ state, done, total }) => state === 'running' && done > 0 && done < (total ?? 0),
      ),
    );
    assert.ok(halfway.length > 0, 'bytes of children that are under way count');
    assert.ok(told.some(({ done }) => done % 60_000 !== 0));
    assert.is(last?.children.length, 15);
    assert.ok(last?.children.every(({ state }) => state === 'done'));
    assert.ok(
      first?.children.every(({ state, id }) => state === 'waiting' && id.startsWith('import-1/')),
    );
    assert.ok(told.some(({ children }) => children.some(({ phase }) => phase === 'clone')));
    const children = await place.recovery.list({ parentId: 'import-1', limit: 100 });
    assert.equal(
      children.items.map(({ id }) => id).sort(),
      last?.children.map(({ id }) => id).sort(),
    );
  }),
);

test(
  'is cancelled with its children, and leaves no project',
  withProjects(async place => {
    const catalogue = await place.catalogueFor('upscaler.api.json');
    place.server.serve('/4x-UltraSharp.pth', {
      content: contentOf('4x-UltraSharp.pth'),
      faults: [{ kind: 'hang', after: 100 }],
    });
    const own = place.manager({ catalogue });
    const handle = await own.import.start(
      { name: 'mine', file: fixturePath('upscaler.api.json') },
      { id: 'import-1' },
    );
    await until(() => place.server.seen('/4x-UltraSharp.pth')[0]?.sent === 100);

    await handle.cancel('enough');

    await rejects(handle.result(), OperationCancelledError);
    const { items } = await place.recovery.list({ parentId: 'import-1' });
    const hung = items.find(({ id }) => id.includes('model-4x'));
    await rejects(
      (await place.recovery.get(hung?.id ?? ''))?.result() ?? Promise.resolve(),
      OperationCancelledError,
    );
    assert.equal(await own.list(), []);
    assert.equal(await place.entries(), [], 'its staging folder was taken back');
    assert.equal(await own.sweep(), []);
  }),
);

test(
  'fails with its child, and gets what is missing when it is retried',
  withProjects(async place => {
    const catalogue = await place.catalogueFor('upscaler.api.json');
    const path = '/4x-UltraSharp.pth';
    const content = contentOf('4x-UltraSharp.pth');
    place.server.serve(path, { content, faults: [{ kind: 'status', status: 404 }] });
    const own = place.manager({ catalogue });
    const input = { name: 'mine', file: fixturePath('upscaler.api.json') };

    await rejects(own.import.run(input, { id: 'import-1' }), OperationFailedError);
    assert.equal(await place.entries(), []);
    const handle = await place.recovery.retry('import-1');
    await handle.result();

    assert.equal(
      (await own.list()).map(({ models }) => models),
      [2],
    );
    assert.is(place.server.seen(path).length, 2);
    assert.equal(await place.entries(), ['mine']);
  }),
);

test(
  'refuses a name that is taken, or no name, or folders that are settled',
  withProjects(async place => {
    const catalogue = await place.catalogueFor('sd15-lora.api.json');
    const own = place.manager({ catalogue });
    const file = fixturePath('sd15-lora.api.json');
    await mkdir(join(place.root, 'taken'), { recursive: true });

    assert.is(await codeOf(own.import.run({ name: 'taken', file })), 'PROJECT_EXISTS');
    for (const name of [
      '',
      '..',
      'a/b',
      'a\\b',
      '/etc',
      '.hidden',
      '-rf',
      'C:',
      'nul',
      'a\0b',
      'x.',
      'a\u202eb',
    ]) {
      assert.is(await codeOf(own.import.run({ name, file })), 'VALIDATION', JSON.stringify(name));
    }
    assert.is(await codeOf(own.import.run({ name: 'mine', file, root: '/tmp' })), 'VALIDATION');
    assert.is(await codeOf(own.import.run({ name: 'mine' })), 'VALIDATION');
    assert.is(await codeOf(own.import.run({ name: 'mine', file: '/no/such/file' })), 'VALIDATION');
    assert.equal(await place.entries(), ['taken']);
  }),
);

test(
  'creates projects of templates',
  withProjects(
    async place => {
      const { projects, root } = place;

      const empty = await projects.create.run({ name: 'empty' });
      const copied = await projects.create.run({ name: 'copied', template: 'small' });

      assert.equal([empty.models, copied.models], [0, 0]);
      const workflow = JSON.parse(await readFile(join(root, 'copied/workflow.json'), 'utf8'));
      assert.equal(workflow, { 1: { class_type: 'EmptyLatentImage', inputs: {} } });
      assert.is(await codeOf(projects.create.run({ name: 'x', template: 'smal' })), 'VALIDATION');
    },
    { templates: { small: { 1: { class_type: 'EmptyLatentImage', inputs: {} } } } },
  ),
);

test.run();

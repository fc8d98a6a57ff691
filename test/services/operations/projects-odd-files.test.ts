import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { VerifyResult } from '../../../operations.ts';
import { OperationFailedError } from '../../../services/errors.ts';
import { rejects } from '../../support/rejects.ts';
import {
  CKPT,
  codeOf,
  contentOf,
  fixturePath,
  fixtureText,
  UPSCALER,
  withProject,
} from './projects-fixture.ts';

export const suiteTimeout = 60_000;
const test = suite('projects: what is no file');

const driftOf = ({ drift }: VerifyResult) =>
  drift.map(({ name, problem, repaired }) => `${name} ${problem}: ${repaired}`).sort();

/** A pipe that nobody writes to: who opens it waits for ever. */
const makePipe = (file: string) => promisify(execFile)('mkfifo', [file]);

/** In place of what was there: a link that leads to itself. */
async function loop(file: string): Promise<void> {
  await rm(file, { recursive: true });
  await symlink(file, file);
}

test(
  'tells a model that is a link to itself or to nowhere, and fetches it again',
  withProject(async ({ own, models, server }) => {
    const [checkpoint, upscaler] = [`checkpoints/${CKPT}`, `upscale_models/${UPSCALER}`];
    await loop(join(models, checkpoint));
    await rm(join(models, upscaler));
    await symlink('nowhere', join(models, upscaler));
    const before = server.requests.length;

    const found = await own.verify.run({ name: 'mine' });
    assert.equal(driftOf(found), [
      `${checkpoint} is a link that leads to itself: false`,
      `${upscaler} is missing: false`,
    ]);
    assert.not(found.whole);
    assert.is(server.requests.length, before);

    assert.ok((await own.verify.run({ name: 'mine', repair: true })).whole);
    assert.equal(
      new Uint8Array(await readFile(join(models, checkpoint))),
      new Uint8Array(contentOf(CKPT)),
    );
    assert.equal((await own.verify.run({ name: 'mine' })).drift, []);
  }),
);

test(
  'tells a model or an installation that is a folder, a pipe or behind a link to itself, and mends what it can',
  withProject(async ({ own, models, nodes }) => {
    await rm(join(models, 'checkpoints', CKPT));
    await mkdir(join(models, 'checkpoints', CKPT));
    await rm(join(models, 'upscale_models', UPSCALER));
    await makePipe(join(models, 'upscale_models', UPSCALER));
    await loop(join(nodes, 'nodes-UltimateSDUpscale'));

    const { drift } = await own.verify.run({ name: 'mine', repair: true });

    assert.equal(
      drift.map(({ problem, repaired }) => [problem, repaired]),
      [
        ['is a folder', false],
        ['is no file', true],
        ['is a link that leads to itself', false],
      ],
    );
    assert.match(drift[0]?.error ?? '', /is a folder/);
    await loop(join(models, 'checkpoints'));
    const [behind] = (await own.verify.run({ name: 'mine' })).drift;
    assert.is(behind?.problem, 'is a link that leads to itself');
  }),
);

test(
  'waits for no pipe in the place of its own files, and makes them anew from their copies',
  withProject(async ({ own, root }) => {
    const mine = join(root, 'mine');
    await rm(join(mine, 'project.json'));
    await makePipe(join(mine, 'project.json'));
    await loop(join(mine, 'workflow.json'));

    assert.match((await own.list())[0]?.problem ?? '', /manifest is no file/);
    assert.is(await codeOf(own.duplicate.run({ name: 'mine', to: 'copy' })), 'PROJECT_DAMAGED');
    assert.equal(driftOf(await own.verify.run({ name: 'mine' })), [
      'project.json is no file: false',
      'workflow.json is a link that leads to itself: false',
    ]);

    assert.ok((await own.verify.run({ name: 'mine', repair: true })).whole);
    assert.is(
      await readFile(join(mine, 'workflow.json'), 'utf8'),
      await fixtureText('upscaler.api.json'),
    );
    assert.equal((await own.verify.run({ name: 'mine' })).drift, []);
  }),
);

test(
  'keeps a folder that has the name of an own file, and says what it cannot restore',
  withProject(async ({ own, root }) => {
    const mine = join(root, 'mine');
    await rm(join(mine, 'workflow.json'));
    await mkdir(join(mine, 'workflow.json'));
    await writeFile(join(mine, 'workflow.json/note'), 'somebody has written it');

    assert.ok((await own.verify.run({ name: 'mine', repair: true })).whole);
    const aside = (await readdir(mine)).find(name => name.startsWith('workflow.changed-')) ?? '';
    assert.is(await readFile(join(mine, aside, 'note'), 'utf8'), 'somebody has written it');

    await rm(join(mine, '.origin'), { recursive: true });
    await writeFile(join(mine, '.origin'), 'in the way');
    await rm(join(mine, aside), { recursive: true });
    const { whole, drift } = await own.verify.run({ name: 'mine', repair: true });
    assert.not(whole);
    assert.equal(
      drift.map(({ name, repaired, error }) => [name, repaired, error]),
      [
        ['.origin/project.json', false, 'cannot be changed (EEXIST)'],
        ['.origin/workflow.json', false, 'cannot be changed (EEXIST)'],
      ],
    );
    assert.ok((await stat(join(mine, 'project.json'))).isFile());
  }),
);

test(
  'refuses workflows and catalogues that are no files, and waits for none',
  withProject(async ({ own, root }) => {
    const pipe = join(root, '../pipe.json');
    const circle = join(root, '../circle.json');
    await makePipe(pipe);
    await symlink(circle, circle);
    const file = fixturePath('upscaler.api.json');
    for (const wrong of [pipe, circle, root, join(root, 'none.json')]) {
      assert.is(await codeOf(own.import.run({ name: 'other', file: wrong })), 'VALIDATION', wrong);
      const input = { name: 'other', file, catalogue: wrong };
      assert.is(await codeOf(own.import.run(input)), 'VALIDATION', wrong);
    }
  }),
);

test(
  'exports to no pipe, link, device or folder, and leaves what is beside the file alone',
  withProject(async ({ own, root }) => {
    const out = join(root, '../out');
    await mkdir(out);
    const pipe = join(out, 'pipe.json');
    await makePipe(pipe);
    const link = join(out, 'link.json');
    await writeFile(join(out, 'theirs.json'), 'theirs');
    await symlink('theirs.json', link);
    for (const file of [pipe, link, out, '/dev/null']) {
      const { cause } = await rejects(
        own.export.run({ name: 'mine', file, overwrite: true }),
        OperationFailedError,
      );
      assert.match(String(cause), /ValidationError: .* is no regular file/);
    }
    assert.is(await readFile(join(out, 'theirs.json'), 'utf8'), 'theirs');

    const file = join(out, 'mine.json');
    await writeFile(`${file}.tmp`, 'theirs');
    await own.export.run({ name: 'mine', file });
    assert.is(await readFile(`${file}.tmp`, 'utf8'), 'theirs');
    assert.equal((await readdir(out)).sort(), [
      'link.json',
      'mine.json',
      'mine.json.tmp',
      'pipe.json',
      'theirs.json',
    ]);
    const below = join(file, 'below.json');
    assert.is(await codeOf(own.export.run({ name: 'mine', file: below })), 'VALIDATION');
    await rm(join(root, 'mine/workflow.json'));
    assert.is(await codeOf(own.export.run({ name: 'mine', file })), 'PROJECT_DAMAGED');
  }),
);

test.run();

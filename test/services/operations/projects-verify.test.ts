import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { VerifyResult } from '../../../operations.ts';
import { sha256Of } from './download-fixture.ts';
import { CKPT, codeOf, contentOf, fixtureText, UPSCALER, withProject } from './projects-fixture.ts';

export const suiteTimeout = 60_000;
const test = suite('projects: verify');

const driftOf = ({ drift }: VerifyResult) =>
  drift.map(
    ({ kind, name, problem, repaired }) => `${kind} ${name} ${problem.split(':')[0]} ${repaired}`,
  );

test(
  'finds nothing wrong with what was just made, and asks nobody',
  withProject(async ({ own, server }) => {
    const before = server.requests.length;
    const result = await own.verify.run({ name: 'mine', repair: true });
    assert.equal([result.whole, result.drift, result.checked], [true, [], 3]);
    assert.is(server.requests.length, before);
  }),
);

test(
  'tells every drift, and changes nothing unless it is asked to',
  withProject(async ({ own, root, models, nodes }) => {
    await rm(join(models, 'checkpoints', CKPT));
    await writeFile(join(models, 'upscale_models', UPSCALER), 'other');
    await rm(join(nodes, 'nodes-UltimateSDUpscale'), { recursive: true });
    await writeFile(join(root, 'mine/workflow.json'), '{}');
    const manifest = await readFile(join(root, 'mine/project.json'), 'utf8');
    await writeFile(
      join(root, 'mine/project.json'),
      manifest.replace('"version": 1', '"version":  2'),
    );

    const found = await own.verify.run({ name: 'mine' });

    assert.equal(driftOf(found).sort(), [
      `manifest project.json is wrong at version false`,
      `model checkpoints/${CKPT} is missing false`,
      `model upscale_models/${UPSCALER} has another content false`,
      'node nodes-UltimateSDUpscale is missing false',
      'workflow workflow.json was changed false',
    ]);
    assert.not(found.whole);
    assert.is(await readFile(join(models, 'upscale_models', UPSCALER), 'utf8'), 'other');
  }),
);

test(
  'repairs all of it by running the children again, and keeps a workflow that somebody has changed',
  withProject(async ({ own, root, models, nodes, installed }) => {
    await rm(join(models, 'checkpoints', CKPT));
    await writeFile(join(models, 'upscale_models', UPSCALER), 'other');
    await rm(join(nodes, 'nodes-UltimateSDUpscale'), { recursive: true });
    await writeFile(join(root, 'mine/workflow.json'), '{"mine": true}');
    await rm(join(root, 'mine/project.json'));

    const repaired = await own.verify.run({ name: 'mine', repair: true });

    assert.ok(repaired.whole, JSON.stringify(repaired.drift));
    assert.is(repaired.drift.length, 5);
    assert.ok(repaired.drift.every(drift => drift.repaired));
    for (const [folder, name] of [
      ['checkpoints', CKPT],
      ['upscale_models', UPSCALER],
    ] as const) {
      assert.is(sha256Of(await readFile(join(models, folder, name))), sha256Of(contentOf(name)));
    }
    assert.is(installed.length, 2);
    assert.is(installed[1]?.ref, 'main', 'the commit that was installed');
    assert.is(
      await readFile(join(root, 'mine/workflow.json'), 'utf8'),
      await fixtureText('upscaler.api.json'),
    );
    const kept = (await readdir(join(root, 'mine'))).find(name => name.includes('changed'));
    assert.is(await readFile(join(root, 'mine', kept ?? ''), 'utf8'), '{"mine": true}');
    assert.equal((await own.verify.run({ name: 'mine' })).drift, []);
  }),
);

test(
  'says what it cannot repair, and repairs the rest',
  withProject(async ({ own, models, server }) => {
    await rm(join(models, 'checkpoints', CKPT));
    await rm(join(models, 'upscale_models', UPSCALER));
    server.serve(`/${CKPT}`, { content: contentOf('another') });

    const { whole, drift } = await own.verify.run({ name: 'mine', repair: true });

    assert.not(whole);
    assert.equal(
      drift.map(({ name, repaired }) => [name, repaired]),
      [
        [`checkpoints/${CKPT}`, false],
        [`upscale_models/${UPSCALER}`, true],
      ],
    );
    assert.match(drift[0]?.error ?? '', /SHA-256/);
  }),
);

test(
  'makes a manifest anew where it and its copy are gone, and fetches nothing that is there',
  withProject(async ({ own, root, server }) => {
    await rm(join(root, 'mine/project.json'));
    await rm(join(root, 'mine/.origin'), { recursive: true });
    const before = server.requests.length;

    assert.not((await own.verify.run({ name: 'mine' })).whole);
    assert.ok((await own.verify.run({ name: 'mine', repair: true })).whole);

    assert.is(server.requests.length, before);
    assert.equal((await own.verify.run({ name: 'mine' })).drift, []);
    assert.is(await codeOf(own.verify.run({ name: 'none' })), 'PROJECT_MISSING');
  }),
);

test(
  'makes no manifest that leaves out what is not known, until a catalogue says it or it may',
  withProject(async ({ own, root, models, manager, catalogue }) => {
    await own.duplicate.run({ name: 'mine', to: 'other' });
    const mine = join(root, 'mine');
    await rm(join(mine, 'project.json'));
    await rm(join(mine, '.origin'), { recursive: true });
    // As the command line has it: no catalogue but the one that is named.
    const bare = manager();

    const torn = await bare.verify.run({ name: 'mine', repair: true });

    assert.not(torn.whole);
    assert.equal(driftOf(torn).sort(), [
      'manifest project.json is missing false',
      `model ${UPSCALER} is in no catalogue, and the workflow tells no URL false`,
      `model ${CKPT} is in no catalogue, and the workflow tells no URL false`,
      'node UltimateSDUpscale is in no catalogue false',
    ]);
    assert.match(torn.drift[0]?.error ?? '', /it is not known where/);
    assert.equal(await readdir(mine), ['workflow.json']);
    const { removed, stuck } = await bare.delete.run({ name: 'other', models: true });
    assert.equal(removed, []);
    assert.match(stuck[0]?.problem ?? '', /may be one of "mine"/);
    assert.is((await readdir(join(models, 'checkpoints'))).length, 1);

    const file = join(root, '../catalogue.json');
    await writeFile(file, JSON.stringify(catalogue));
    const asked = { name: 'mine', repair: true, catalogue: file };
    assert.ok((await bare.verify.run(asked)).whole);
    const whole = await bare.verify.run({ name: 'mine' });
    assert.equal([whole.whole, whole.checked], [true, 3]);

    await rm(join(mine, 'project.json'));
    await rm(join(mine, '.origin'), { recursive: true });
    const told = await bare.verify.run({ ...asked, catalogue: join(root, 'none.json') });
    assert.match(told.drift[0]?.error ?? '', /none\.json is no file/);
    await own.import.run({ name: 'third', file: join(mine, 'workflow.json') });
    assert.ok((await bare.verify.run({ name: 'mine', repair: true, allowMissing: true })).whole);
    const last = await bare.delete.run({ name: 'third', models: true });
    assert.equal([last.removed, last.kept.length], [[], 2], 'the workflow of the other needs them');
  }),
);

test(
  'asks who installs what is wrong with an installation',
  withProject(async place => {
    const own = place.manager({
      catalogue: place.catalogue,
      checkNode: async name => (name.endsWith('Upscale') ? 'is at another commit' : undefined),
    });
    const { drift } = await own.verify.run({ name: 'mine' });
    assert.equal(
      drift.map(({ problem }) => problem),
      ['is at another commit'],
    );
  }),
);

test.run();

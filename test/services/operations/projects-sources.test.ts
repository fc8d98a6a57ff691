import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperationFailedError } from '../../../services/errors.ts';
import { rejects } from '../../support/rejects.ts';
import { codeOf, fixturePath, manifestOf, withProjects } from './projects-fixture.ts';

export const suiteTimeout = 60_000;
const test = suite('projects: where things come from');

test(
  'names all that is not known in one error, with where it stands, and writes nothing',
  withProjects(async ({ projects, entries }) => {
    const running = projects.import.run({ name: 'mine', file: fixturePath('upscaler.api.json') });

    const { cause } = await rejects(running, OperationFailedError);

    const { code, message } = cause as Error & { readonly code: string };
    assert.is(code, 'UNRESOLVED');
    assert.match(message, '"sd_xl_base_1.0.safetensors" is in no catalogue');
    assert.match(message, '(/1/inputs/ckpt_name)');
    assert.match(message, '"4x-UltraSharp.pth"');
    assert.match(message, 'node "UltimateSDUpscale"');
    assert.match(message, '(/6/class_type)');
    assert.equal(await entries(), []);
  }),
);

test(
  'leaves out what is not known where it may, and says so in the manifest',
  withProjects(async place => {
    const { models, ...rest } = await place.catalogueFor('upscaler.api.json');
    const { '4x-UltraSharp.pth': _, ...others } = models ?? {};
    const own = place.manager({ catalogue: { ...rest, models: others } });

    const { missing } = await own.import.run({
      name: 'mine',
      file: fixturePath('upscaler.api.json'),
      allowMissing: true,
    });

    assert.equal(
      missing.map(({ kind, name }) => [kind, name]),
      [['model', '4x-UltraSharp.pth']],
    );
    assert.equal((await manifestOf(place, 'mine')).missing, missing);
  }),
);

test(
  'takes what the workflow itself says for models, but for nodes only where it is trusted',
  withProjects(async ({ projects }) => {
    const flux = await projects.preview({ file: fixturePath('flux-dual-clip.ui.json') });
    assert.equal(flux.models.map(({ path }) => path).sort(), [
      'diffusion_models/flux1-dev.safetensors',
      'text_encoders/clip_l.safetensors',
      'text_encoders/t5xxl_fp16.safetensors',
      'vae/ae.safetensors',
    ]);
    assert.match(flux.models[0]?.sha256 ?? '', /^4610115b/);

    const input = { file: fixturePath('subgraphs.ui.json'), allowMissing: true };
    const careful = await projects.preview(input);
    const trusting = await projects.preview({ ...input, trust: true });
    assert.equal(careful.nodes, []);
    assert.match(careful.missing.at(-1)?.problem ?? '', 'github.com/pythongosssss');
    assert.equal(
      trusting.nodes.map(({ repository, name }) => [repository, name]),
      [['https://github.com/pythongosssss/ComfyUI-Custom-Scripts', 'ComfyUI-Custom-Scripts']],
    );
  }),
);

test(
  'takes folders from each input where it has none of its own',
  withProjects(async place => {
    const catalogue = await place.catalogueFor('sd15-lora.api.json');
    const own = place.manager({ catalogue }, 'by input');
    const file = fixturePath('sd15-lora.api.json');

    const { folder } = await own.import.run({
      name: 'mine',
      file,
      root: place.root,
      modelsRoot: place.models,
    });

    assert.is(folder, join(place.root, 'mine'));
    assert.is((await own.list({ root: place.root, modelsRoot: place.models })).length, 1);
    assert.is(await codeOf(own.import.run({ name: 'two', file })), 'VALIDATION');
  }),
);

test(
  'reads the catalogue anew for each import, and asks the one of the input first',
  withProjects(async place => {
    const catalogue = await place.catalogueFor('sd15-lora.api.json');
    const file = join(place.models, '..', 'catalogue.json');
    await writeFile(file, 'nonsense');
    const own = place.manager({ catalogue: file });
    const input = { name: 'mine', file: fixturePath('sd15-lora.api.json') };
    assert.is(await codeOf(own.import.run(input)), 'CATALOGUE');

    await writeFile(file, JSON.stringify(catalogue));
    const first = `${file}.first`;
    const name = 'v1-5-pruned-emaonly.safetensors';
    const models = { [name]: { ...catalogue.models?.[name], url: 'https://example.com/other' } };
    await writeFile(first, JSON.stringify({ ...catalogue, models }));
    const plan = await own.preview({
      ...input,
      name: undefined as never,
      catalogue: first,
    } as never);

    assert.is(
      plan.models.find(({ path }) => path.endsWith(name))?.url,
      'https://example.com/other',
    );
    assert.is(plan.models.length, 3);
    await own.import.run(input);
  }),
);

test(
  'keeps which nodes need no installation by a catalogue, and exports it',
  withProjects(async place => {
    const workflow = {
      1: { class_type: 'BrandNewCore', inputs: {} },
      2: { class_type: 'SaveImage', inputs: {} },
    };
    const catalogue = {
      format: 'xstate-recovery/catalogue',
      version: 1,
      core: ['BrandNewCore', 'SaveImage', 'NotInThisOne'],
    } as const;
    const own = place.manager({ catalogue });
    await own.import.run({ name: 'mine', workflow });
    await own.duplicate.run({ name: 'mine', to: 'copy' });
    const file = join(place.root, '../bundle.json');
    await own.export.run({ name: 'copy', file });

    assert.equal((await manifestOf(place, 'copy')).core, ['BrandNewCore']);
    assert.equal(JSON.parse(await readFile(file, 'utf8')).catalogue.core, ['BrandNewCore']);
    assert.is(await codeOf(place.projects.import.run({ name: 'again', file })), 'UNRESOLVED');
    await place.projects.import.run({ name: 'again', file, trust: true });
    assert.equal((await manifestOf(place, 'again')).core, ['BrandNewCore']);
    assert.ok((await place.projects.verify.run({ name: 'again' })).whole);
  }),
);

test.run();

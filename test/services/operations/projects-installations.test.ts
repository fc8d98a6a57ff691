import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FaultyServer } from '../../../adapters/cli/tour/faulty-server.ts';
import { createRecovery, MemoryPersistence } from '../../../index.ts';
import {
  createDownloads,
  createInstallations,
  createProjects,
  type ProjectManifest,
} from '../../../operations.ts';
import { sha256Of } from './download-fixture.ts';
import { GitServer, Repository } from './installations/support/git-server.ts';
import { contentOf } from './projects-fixture.ts';

export const suiteTimeout = 120_000;
const test = suite('projects with the other managers');

test('fetches the models and clones the nodes of a workflow, sees when they are torn, and installs the same commit again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'projects-'));
  const recovery = await createRecovery({ persistence: new MemoryPersistence(), env: {} });
  const repository = await Repository.make(join(folder, 'git/pack'), { '__init__.py': 'a = 1' });
  const files = await FaultyServer.listen();
  const server = await GitServer.listen(join(folder, 'git'));
  try {
    const [root, models, nodes] = [
      join(folder, 'projects'),
      join(folder, 'models'),
      join(folder, 'nodes'),
    ];
    const installations = createInstallations(recovery, { root: nodes, protocols: ['http'] });
    const downloads = createDownloads(recovery, { root: models });
    const projects = createProjects(recovery, {
      root,
      models,
      nodes,
      download: downloads.operation,
      downloadRoot: downloads.root,
      install: installations.install,
      checkNode: async name => (await installations.verify(name)).problems.join(', ') || undefined,
      catalogue: {
        format: 'xstate-recovery/catalogue',
        version: 1,
        models: { 'a.pth': { url: files.serve('/a', { content: contentOf('a') }) } },
        nodes: {
          PackLoad: {
            repository: server.url('pack/.git').replace('/.git', ''),
            ref: 'main',
            name: 'pack',
          },
          PackSave: {
            repository: server.url('pack/.git').replace('/.git', ''),
            ref: 'main',
            name: 'pack',
          },
        },
      },
    });
    const workflow = {
      1: { class_type: 'PackLoad', inputs: {} },
      3: { class_type: 'UpscaleModelLoader', inputs: { model_name: 'deep/a.pth' } },
      2: { class_type: 'PackSave', inputs: { what: ['1', 0] } },
    };

    const { nodes: count } = await projects.import.run({ name: 'mine', workflow });

    assert.is(count, 1, 'one installation for both');
    const model = await readFile(join(models, 'upscale_models/deep/a.pth'));
    assert.is(sha256Of(model), sha256Of(contentOf('a')));
    const manifest: ProjectManifest = JSON.parse(
      await readFile(join(root, 'mine/project.json'), 'utf8'),
    );
    const head = await repository.commit({ '__init__.py': 'a = 2' });
    assert.match(manifest.nodes[0]?.commit ?? '', /^[0-9a-f]{40}$/);
    assert.is.not(manifest.nodes[0]?.commit, head);
    assert.equal((await projects.verify.run({ name: 'mine' })).drift, []);

    await rm(join(nodes, 'pack/__init__.py'));
    const changed = await projects.verify.run({ name: 'mine' });
    assert.equal(
      changed.drift.map(({ kind, name }) => [kind, name]),
      [['node', 'pack']],
    );
    const repaired = await projects.verify.run({ name: 'mine', repair: true });

    assert.ok(repaired.whole, JSON.stringify(repaired.drift));
    assert.is(await readFile(join(nodes, 'pack/__init__.py'), 'utf8'), 'a = 1');

    await installations.update.run({ name: 'pack', ref: 'main' });
    assert.is(await readFile(join(nodes, 'pack/__init__.py'), 'utf8'), 'a = 2');
    assert.equal((await projects.verify.run({ name: 'mine', repair: true })).drift, []);
    await rm(join(nodes, 'pack/__init__.py'));
    assert.ok((await projects.verify.run({ name: 'mine', repair: true })).whole);
    assert.is(await readFile(join(nodes, 'pack/__init__.py'), 'utf8'), 'a = 1');
  } finally {
    await recovery.close();
    await server.close();
    await files.close();
    await rm(folder, { recursive: true, force: true });
  }
});

test.run();

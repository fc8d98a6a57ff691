import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRecovery, MemoryPersistence } from '../../../index.ts';
import {
  createInstallations,
  createProjects,
  download,
  type ProjectManifest,
} from '../../../operations.ts';
import { GitServer, Repository } from './installations/support/git-server.ts';

export const suiteTimeout = 120_000;
const test = suite('projects with real installations');

test('clones the nodes of a workflow, sees when they are torn, and installs the same commit again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'projects-'));
  const recovery = await createRecovery({ persistence: new MemoryPersistence(), env: {} });
  const repository = await Repository.make(join(folder, 'git/pack'), { '__init__.py': 'a = 1' });
  const server = await GitServer.listen(join(folder, 'git'));
  try {
    const [root, models, nodes] = [
      join(folder, 'projects'),
      join(folder, 'models'),
      join(folder, 'nodes'),
    ];
    const installations = createInstallations(recovery, { root: nodes, protocols: ['http'] });
    const projects = createProjects(recovery, {
      root,
      models,
      nodes,
      download: recovery.operation('download', download),
      install: installations.install,
      checkNode: async name => (await installations.verify(name)).problems.join(', ') || undefined,
      catalogue: {
        format: 'xstate-recovery/catalogue',
        version: 1,
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
      2: { class_type: 'PackSave', inputs: { what: ['1', 0] } },
    };

    const { nodes: count } = await projects.import.run({ name: 'mine', workflow });

    assert.is(count, 1, 'one installation for both');
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
  } finally {
    await recovery.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
});

test.run();

import { readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { GitServer } from '../../services/operations/installations/support/git-server.ts';
import { lives, writtenPid } from '../../services/operations/installations/support/workplace.ts';
import { type CliPlace, withCli } from '../../support/cli.ts';
import { free, hang, heldGit, locked } from './support/held-git.ts';

export const suiteTimeout = 300_000;
const test = suite('cli hold-ups of projects');
const IMPORT = ['project', 'import', 'flow.json', '--catalogue', 'catalogue.json'];

interface Flow {
  /** The git that hangs in the node's checkout. */
  readonly git: () => Promise<number>;
}

/** A workflow with a model, which is missing once git hangs, and a node. */
async function withFlow(place: CliPlace, run: (flow: Flow) => Promise<void>): Promise<void> {
  const { folder } = place;
  await heldGit(place, hang(folder));
  const git = () => writtenPid(join(folder, 'git.pid'));
  const repositories = await GitServer.listen(folder);
  const models = createServer((_request, response) => {
    void git().then(() => response.writeHead(404).end());
  });
  await new Promise<void>(resolve => models.listen(0, '127.0.0.1', resolve));
  const { port } = models.address() as AddressInfo;
  const catalogue = {
    format: 'xstate-recovery/catalogue',
    version: 1,
    models: { 'a.pth': { url: `http://127.0.0.1:${port}/a.pth` } },
    nodes: { Pack: { repository: repositories.url('source'), ref: 'main', name: 'pack' } },
  };
  const workflow = {
    1: { class_type: 'Pack', inputs: {} },
    2: { class_type: 'UpscaleModelLoader', inputs: { model_name: 'a.pth' } },
  };
  try {
    await writeFile(join(folder, 'catalogue.json'), JSON.stringify(catalogue));
    await writeFile(join(folder, 'flow.json'), JSON.stringify(workflow));
    await run({ git });
  } finally {
    models.closeAllConnections();
    models.close();
    await repositories.close();
  }
}

test(
  'an import that fails has its parts take back what they have done before it ends, and goes on when it is asked again',
  withCli(place =>
    withFlow(place, async ({ git }) => {
      const { folder, start, run } = place;
      for (const _time of ['first', 'again']) {
        const failed = await start(...IMPORT).finished;

        assert.is(failed.exit, 1, failed.err);
        assert.match(failed.err, /404/);
        assert.not(await lives(await git()));
        assert.equal(await readdir(join(folder, 'custom_nodes')), [], 'nothing is half made');
        const left = await run('list', '--state', 'recovering', 'in_progress', '--json');
        assert.equal(JSON.parse(left.out), []);
        assert.not(await locked(place));
        await writeFile(join(folder, 'git.pid'), '');
      }
    }),
  ),
);

test(
  'what asks for the project of a killed import goes on with that first',
  withCli(place =>
    withFlow(place, async ({ git }) => {
      const { folder, start } = place;
      const killed = start(...IMPORT);
      await git();
      killed.child.kill('SIGKILL');
      await killed.finished;
      await free(place);

      const verified = await start('project', 'verify', 'flow').finished;

      assert.is(verified.exit, 1);
      assert.match(verified.out, /^going on with "import-flow-\w+" first/m);
      assert.match(verified.err, /there is no project "flow"/);
      assert.equal(await readdir(join(folder, 'projects')), []);
      assert.not(await locked(place));
    }),
  ),
);

test.run();

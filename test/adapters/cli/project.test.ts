import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SqlJsPersistence } from '../../../adapters/sqljs/index.ts';
import { createRecovery } from '../../../create-recovery.ts';
import { OperationFailedError, ValidationError } from '../../../services/errors.ts';
import {
  catalogueOn,
  type Fixture,
  fixturePath,
} from '../../services/operations/projects-fixture.ts';
import { type CliPlace, until, withCli } from '../../support/cli.ts';
import { rejects } from '../../support/rejects.ts';

export const suiteTimeout = 300_000;
const test = suite('cli project');
const WORKFLOW: Fixture = 'sd15-lora.api.json';
const SIZE = 200_000;

/** A catalogue file for the workflow, whose models the server has. */
async function catalogueFile(
  { server, folder }: CliPlace,
  serve: { pace?: number; size?: number } = { size: SIZE },
): Promise<string> {
  const catalogue = await catalogueOn(server, [WORKFLOW], serve);
  const file = join(folder, 'catalogue.json');
  await writeFile(file, JSON.stringify(catalogue));
  return 'catalogue.json';
}

const importing = (catalogue: string): string[] => [
  'project',
  'import',
  fixturePath(WORKFLOW),
  '--catalogue',
  catalogue,
  '--name',
  'mine',
];

test(
  'imports, lists, verifies, repairs, copies, exports and deletes, in plain words',
  withCli(async place => {
    const { folder, run } = place;
    const imported = await run(...importing(await catalogueFile(place)));
    assert.is(imported.err, '');
    assert.is(imported.exit, 0);
    assert.match(imported.out, /mine {2}in_progress/);
    assert.match(imported.out, /v1-5-pruned-emaonly\.safetensors {2}success/);
    assert.match(imported.out, /success: .*projects\/mine, 3 models of 600\.0 kB, 0 installations/);

    const listed = await run('project', 'list');
    assert.match(listed.out, /^NAME +CREATED +MODELS +SIZE +NODES\nmine .* 3 +600\.0 kB +0\n$/);

    await rm(join(folder, 'models/vae/vae-ft-mse-840000-ema-pruned.ckpt'));
    const torn = await run('project', 'verify', 'mine');
    assert.is(torn.exit, 1);
    assert.match(torn.out, /^model vae\/vae-ft-mse-840000-ema-pruned\.ckpt is missing$/m);
    const repaired = await run('project', 'verify', 'mine', '--repair');
    assert.is(repaired.exit, 0);
    assert.match(repaired.out, /is missing: repaired$/m);
    assert.match(repaired.out, 'mine is whole again, 1 difference');

    assert.is((await run('project', 'duplicate', 'mine', 'copy')).exit, 0);
    assert.is((await run('project', 'export', 'copy', 'bundle.json')).exit, 0);
    assert.is((await run('project', 'import', 'bundle.json', '--name', 'again')).exit, 0);
    const whole = await run('project', 'verify', 'again');
    assert.is(whole.exit, 0);
    assert.match(whole.out, 'again is as it was made, 3 parts looked at');
    const { out } = await run('project', 'list', '--json');
    assert.equal(
      (JSON.parse(out) as { name: string }[]).map(({ name }) => name),
      ['again', 'copy', 'mine'],
    );
    const deleted = await run('project', 'delete', 'mine', '--with-models');
    assert.match(deleted.out, 'mine deleted; 3 models kept');
  }),
);

test(
  'says everything that is wrong with a file, a line each, before it makes a store',
  withCli(async ({ folder, run }) => {
    const hostile = {
      1: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: '../../a.ckpt' } },
      2: { class_type: 'Reroute', inputs: { a: ['9', 0] } },
    };
    await writeFile(join(folder, 'hostile.json'), JSON.stringify(hostile));

    const refused = await run('project', 'import', 'hostile.json');
    const unknown = await run('project', 'import', fixturePath('upscaler.api.json'));
    const nameless = await run('project', 'import', 'hostile.json', '--name', '../x');
    const missing = await run('project', 'import', 'none.json');

    assert.equal([refused.exit, unknown.exit, nameless.exit, missing.exit], [1, 1, 2, 2]);
    assert.match(refused.err, /^\/2\/inputs\/a links to a node that is not there/m);
    assert.match(refused.err, /nothing was imported \[WORKFLOW\]/);
    assert.is(unknown.err.trim().split('\n').length, 4);
    assert.match(unknown.err, /^node "UltimateSDUpscale" is in no catalogue \(\/6\/class_type\)$/m);
    assert.match(nameless.err, /VALIDATION/);
    assert.match(missing.err, /none\.json is no file/);
    assert.is(await stat(join(folder, 'recovery.db')).catch(() => undefined), undefined);
    assert.is(await stat(join(folder, 'projects')).catch(() => undefined), undefined);
  }),
);

test(
  'goes on after SIGKILL with the same command, and with resume',
  withCli(async place => {
    const { folder, server, start, run } = place;
    const command = importing(await catalogueFile(place, { size: SIZE, pace: 60_000 }));
    const sent = () => server.requests.reduce((sum, request) => sum + request.sent, 0);
    for (const share of [0.3, 0.6]) {
      const cli = start(...command);
      await until(() => sent() > SIZE * 3 * share);
      cli.child.kill('SIGKILL');
      assert.is((await cli.finished).exit, 'SIGKILL');
      assert.equal((await run('project', 'list')).out, `there are no projects in projects\n`);
    }
    await catalogueFile(place);

    const resumed = await run('resume');

    assert.is(resumed.exit, 0, resumed.err);
    assert.match(resumed.out, /success: .*projects\/mine, 3 models/);
    assert.ok((await readFile(join(folder, 'projects/mine/project.json'), 'utf8')).length > 0);
    const again = await run(...command);
    assert.is(again.exit, 1);
    assert.match(again.err, /there is a project "mine" already/);
  }),
);

test(
  'stops durably at Ctrl-C, and goes on with the command that it says',
  withCli(async place => {
    const { folder, server, start } = place;
    const command = importing(await catalogueFile(place, { size: SIZE, pace: 60_000 }));
    const cli = start(...command);
    await until(() => server.requests.length === 3 && /kB of/.test(cli.out()));

    cli.child.kill('SIGINT');
    const stopped = await cli.finished;

    assert.is(stopped.exit, 130);
    assert.match(stopped.out, /^stopped at .* of 600\.0 kB/m);
    await catalogueFile(place);
    const said = /^go on with: (.*)$/m.exec(stopped.out)?.[1] ?? '';
    const resumed = await promisify(execFile)('sh', ['-c', said], { cwd: folder });
    assert.match(resumed.stdout, /mine: going on, attempt 2, stopped once/);
    assert.match(resumed.stdout, /success: .*projects\/mine/);
  }),
);

test(
  'deletes the project that is there, whatever became of one of the same name before',
  withCli(async ({ folder, run }) => {
    // Its id follows from what is asked for, so another store tells it.
    const { err } = await run('project', 'delete', 'four', '--store', 'other.db');
    const id = /delete-four-[0-9a-f]+/.exec(err)?.[0] ?? '';
    const [root = '', modelsRoot, nodesRoot] = ['projects', 'models', 'custom_nodes'].map(name =>
      join(process.cwd(), name),
    );
    const persistence = new SqlJsPersistence({ path: join(folder, 'recovery.db') });
    const recovery = await createRecovery({ persistence, env: {} });
    const failing = recovery.operation<object, void>('project.delete', async (_input, op) => {
      await op.step('models', async () => []);
      await op.step('away', async () => null);
      throw new ValidationError('it fails when the project has gone');
    });
    await rejects(
      failing.run({ root, modelsRoot, nodesRoot, name: 'four' }, { id }),
      OperationFailedError,
    );
    await recovery.close();

    assert.is((await run('project', 'create', 'four')).exit, 0);
    const deleted = await run('project', 'delete', 'four');

    assert.is(deleted.exit, 0);
    assert.is(await stat(join(root, 'four')).catch(() => undefined), undefined);
    const gone = await run('project', 'delete', 'four');
    assert.is(gone.exit, 0, 'what has failed behind the rename is gone on with');
    assert.match(gone.out, 'four deleted');
  }),
);

test(
  'makes a manifest anew by a catalogue, and says what it does not know without one',
  withCli(async place => {
    const { folder, run } = place;
    const catalogue = await catalogueFile(place);
    await run(...importing(catalogue));
    await rm(join(folder, 'projects/mine/project.json'));
    await rm(join(folder, 'projects/mine/.origin'), { recursive: true });

    const torn = await run('project', 'verify', 'mine', '--repair');
    assert.is(torn.exit, 1);
    assert.match(torn.out, /^manifest project\.json is missing: not repaired: it is not known/m);
    assert.match(torn.out, /^model .*\.safetensors is in no catalogue/m);
    const repaired = await run('project', 'verify', 'mine', '--repair', '--catalogue', catalogue);
    assert.is(repaired.exit, 0, repaired.out);
    const whole = await run('project', 'verify', 'mine');
    assert.match(whole.out, 'mine is as it was made, 3 parts looked at');
  }),
);

test(
  'keeps a model that cannot be removed, and says why',
  withCli(async place => {
    const { folder, run } = place;
    await run(...importing(await catalogueFile(place)));
    const model = 'vae/vae-ft-mse-840000-ema-pruned.ckpt';
    await rm(join(folder, 'models', model));
    await mkdir(join(folder, 'models', model));

    const { exit, out } = await run('project', 'delete', 'mine', '--with-models');

    assert.is(exit, 0);
    assert.match(out, `model ${model} kept: it is a folder`);
    assert.match(out, 'mine deleted with 2 models; 1 model kept');
  }),
);

test.run();

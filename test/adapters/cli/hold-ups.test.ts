import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { GitServer } from '../../services/operations/installations/support/git-server.ts';
import { lives, writtenPid } from '../../services/operations/installations/support/workplace.ts';
import { type CliPlace, until, withCli } from '../../support/cli.ts';
import { free, hang, heldGit, locked } from './support/held-git.ts';

export const suiteTimeout = 300_000;
const test = suite('cli hold-ups');

/** An installation into `n` whose process is killed while git hangs. @returns the number of that git */
async function killedInstall(
  place: CliPlace,
  url: string,
  ...options: readonly string[]
): Promise<number> {
  const into = ['--name', 'n', '--root', 'nodes', '--id', 'killed'];
  const cli = place.start('install', url, ...into, ...options);
  const pid = await writtenPid(join(place.folder, 'git.pid'));
  cli.child.kill('SIGKILL');
  await cli.finished;
  return pid;
}

test(
  'what waits for the lock of a killed operation goes on with that one first',
  withCli(async place => {
    const { folder, start } = place;
    const source = await heldGit(place, hang(folder));
    const pid = await killedInstall(place, source.url);
    await free(place);

    const removed = await start('uninstall', 'n', '--root', 'nodes').finished;

    assert.is(removed.exit, 0, removed.err);
    assert.match(removed.out, 'going on with "killed" first, which has what this waits for\n');
    assert.match(removed.out, /success: .*\/nodes\/n removed\n/);
    assert.not(await lives(pid));
    assert.equal(await readdir(join(folder, 'nodes')), []);
    assert.not(await locked(place));
  }),
);

test(
  'so it does where an earlier command has waited for it already',
  withCli(async place => {
    const { folder, start } = place;
    const source = await heldGit(place, hang(folder));
    await killedInstall(place, source.url);
    const file = join(folder, 'git.pid');
    await writeFile(file, '');
    const first = start('uninstall', 'n', '--root', 'nodes');
    // It goes on with the other one, whose git hangs again.
    await writtenPid(file);
    first.child.kill('SIGKILL');
    await first.finished;
    await free(place);

    const again = await start('uninstall', 'n', '--root', 'nodes').finished;

    assert.is(again.exit, 0, again.err);
    assert.match(again.out, /success: .*\/nodes\/n removed\n/);
    assert.equal(await readdir(join(folder, 'nodes')), []);
  }),
);

test(
  'where the other one is paused, it says so and how that one is let go on, and ends with 1',
  withCli(async place => {
    const { start, run } = place;
    const source = await heldGit(place, 'echo "fatal: connection reset" >&2; exit 1');
    const cli = start('install', source.url, '--name', 'n', '--root', 'nodes', '--id', 'paused');
    await until(() => /n {2}recovering/.test(cli.out()));
    cli.child.kill('SIGKILL');
    await cli.finished;
    assert.is((await run('pause', 'paused')).exit, 0);

    const stuck = await start('uninstall', 'n', '--root', 'nodes').finished;

    assert.is(stuck.exit, 1);
    assert.match(
      stuck.err,
      /^error: (uninstall-\w+): "\1" waits for the lock "[^"]+", which "paused" has; "paused" is paused; `continue paused` lets it go on \[OPERATION_CONFLICT\]\n$/,
    );
    assert.not(await locked(place), 'the store is closed');
    await free(place);
    assert.is((await run('continue', 'paused')).exit, 0);
    const removed = await start('uninstall', 'n', '--root', 'nodes').finished;
    assert.is(removed.exit, 0, removed.err);
  }),
);

test(
  'where a breaker is isolated, it names it, and ends with 1',
  withCli(async place => {
    const { start, run } = place;
    const source = await heldGit(place, 'exit 1');
    await free(place);
    const command = ['install', source.url, '--name', 'n', '--root', 'nodes', '--id', 'held'];
    assert.is((await run('install', source.url, '--root', 'nodes')).exit, 0);
    assert.is((await run('breakers', 'force', 'install', 'isolated')).exit, 0);

    const stuck = await start(...command).finished;
    const resumed = await start('resume').finished;

    for (const { exit, err } of [stuck, resumed]) {
      assert.is(exit, 1);
      assert.is(
        err,
        'error: held: "held" waits for the breaker "install", which is isolated; `breakers reset install` lets it go on [OPERATION_CONFLICT]\n',
      );
    }
    assert.not(await locked(place));
    assert.is((await run('breakers', 'reset', 'install')).exit, 0);
    assert.is((await start(...command).finished).exit, 0);
  }),
);

test(
  'what began with credentials is not gone on with without them, so that nothing fails for that',
  withCli(async place => {
    const { folder, env, start } = place;
    await heldGit(place, hang(folder));
    env.GIT_TOKEN = 'abcdefgh';
    const server = await GitServer.listen(folder);
    try {
      await killedInstall(place, server.url('source'), '--auth-env', 'GIT_TOKEN');
      await free(place);

      const stuck = await start('uninstall', 'n', '--root', 'nodes').finished;

      assert.is(stuck.exit, 1);
      assert.match(
        stuck.err,
        /"killed" does not go on here: .*\[SECRETS_MISSING\]; say them again/,
      );
      const { host } = new URL(server.url('source'));
      const resumed = await start('resume', '--auth-env', `${host}=GIT_TOKEN`).finished;
      assert.is(resumed.exit, 0, resumed.err);
      assert.match(resumed.out, /success: .*\/nodes\/n removed\n/);
    } finally {
      await server.close();
    }
  }),
);

test(
  'Ctrl-C while another operation goes on first stops both, durably',
  withCli(async place => {
    const { folder, start } = place;
    const source = await heldGit(place, hang(folder));
    await killedInstall(place, source.url);
    const file = join(folder, 'git.pid');
    await writeFile(file, '');
    const cli = start('uninstall', 'n', '--root', 'nodes');
    const pid = await writtenPid(file);
    cli.child.kill('SIGINT');

    const stopped = await cli.finished;

    assert.is(stopped.exit, 130, stopped.err);
    assert.match(stopped.out, /go on with: .* uninstall n --root nodes\n/);
    assert.not(await lives(pid));
    assert.not(await locked(place));
  }),
);

test(
  'cancel ends what a killed installation has left running, and takes away what it has prepared',
  withCli(async place => {
    const { folder, run } = place;
    const source = await heldGit(place, hang(folder));
    const pid = await killedInstall(place, source.url);
    assert.ok(await lives(pid));

    const cancelled = await run('cancel', 'killed');

    assert.equal(cancelled, { exit: 0, out: 'cancelled: killed\n', err: '' });
    assert.not(await lives(pid));
    assert.equal(await readdir(join(folder, 'nodes')), []);
    assert.match((await run('show', 'killed')).out, 'failed');
  }),
);

test.run();

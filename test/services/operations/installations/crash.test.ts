import { spawn } from 'node:child_process';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FixedDelayStrategy } from '../../../../index.ts';
import { RecoveryError } from '../../../../services/errors.ts';
import { until } from '../../../support/cli.ts';
import { rejects } from '../../../support/rejects.ts';
import { git } from './support/git-server.ts';
import { runInstall as run } from './support/run-install.ts';
import { type Stage, text, withStage } from './support/stage.ts';
import { lives, writtenPid } from './support/workplace.ts';

export const suiteTimeout = 120_000;
export const startsMany = true;
const test = suite('installations, crashed');

/** A program that notes its number and hangs, once it is asked for a word. */
function hanging({ program, folder }: Stage, name: string, word: string): Promise<string> {
  const file = join(folder, `${name}.pid`);
  return program(
    name,
    `for each in "$@"; do
      if [ "$each" = "${word}" ]; then
        sleep 300 & echo $! > ${file}.child
        echo $$ > ${file}
        exec sleep 300
      fi
    done
    exec ${name} "$@"`,
  );
}

test(
  'goes on after SIGKILL during the clone, and ends the git that was left behind, and no other',
  withStage(async stage => {
    const { folder, root, names, repository } = stage;
    const source = await repository('r', { 'a.txt': 'one' });
    const commit = await git(source.folder, 'rev-parse', 'HEAD');
    const input = { repository: source.url, ref: 'main' };
    const fake = await hanging(stage, 'git', 'checkout');
    const bystander = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
    const pid = join(folder, 'git.pid');

    await run(stage, { input, options: { commands: { git: fake } } }, async ({ phase }) => {
      if (phase !== 'clone') return false;
      await writtenPid(pid);
      return true;
    });
    const left = [await writtenPid(pid), await writtenPid(`${pid}.child`)];
    for (const each of left) assert.ok(await lives(each), 'it outlives the process');
    assert.equal((await readdir(root)).includes('r'), false);
    // What was fetched is there; so the repository may be gone.
    await source.commit({ 'a.txt': 'two' });
    const { result } = await run(stage, {
      input,
      options: { commands: { git: await offline(stage) } },
    });

    assert.is(result?.commit, commit, 'the branch has moved, the operation has not');
    assert.is(await text(root, 'r/a.txt'), 'one');
    assert.equal(await names(), ['r']);
    for (const each of left) assert.not(await lives(each));
    assert.ok(await lives(bystander.pid ?? 0));
    bystander.kill();
  }),
);

/** A git that gets nothing from anywhere. */
function offline({ program }: Stage): Promise<string> {
  return program(
    'git-offline',
    'for each in "$@"; do case "$each" in fetch | ls-remote) exit 9 ;; esac; done; exec git "$@"',
  );
}

test(
  'goes on after SIGKILL during the dependencies, without cloning again',
  withStage(async stage => {
    const { folder, root, names, repository } = stage;
    const source = await repository('r', { 'package.json': '{"name":"r"}' });
    const input = { repository: source.url };
    const npm = await hanging(stage, 'npm', 'install');
    const pid = join(folder, 'npm.pid');

    await run(stage, { input, options: { commands: { npm } } }, async ({ phase }) => {
      if (phase !== 'dependencies') return false;
      await writtenPid(pid);
      return true;
    });
    const left = await writtenPid(pid);
    assert.ok(await lives(left));
    const done = await stage.program('npm-done', 'mkdir -p node_modules; touch node_modules/done');
    const commands = { npm: done, git: await offline(stage) };
    const { result } = await run(stage, { input, options: { commands } });

    assert.equal(result?.dependencies, ['npm']);
    assert.not(await lives(left));
    assert.equal(await readdir(join(root, 'r/node_modules')), ['done']);
    assert.equal(await names(), ['r']);
  }),
);

test(
  'after SIGKILL before and after the swap there is one version or the other, and in the end the new one',
  withStage(async stage => {
    const { root, names, repository, installations } = stage;
    const source = await repository('r', { 'a.txt': 'one' });
    await installations().install.run({ repository: source.url });
    const commit = await source.commit({ 'a.txt': 'two' });
    const input = { repository: source.url };
    await writeFile(join(root, 'r', 'mine.json'), 'early');

    await run(stage, { input, hangIn: 'staged' }, ({ hanging }) => hanging === 'staged');
    assert.is(await text(root, 'r/a.txt'), 'one');
    await writeFile(join(root, 'r', 'mine.json'), 'later');
    await run(stage, { input, hangIn: 'installed' }, ({ hanging }) => hanging === 'installed');
    assert.is(await text(root, 'r/a.txt'), 'two', 'it has swapped, and not yet looked');
    assert.ok((await names()).includes('.r.previous.disabled'), 'so the old one is kept');
    const { result } = await run(stage, { input });

    assert.equal([result?.commit, result?.changed], [commit, true]);
    assert.is(await text(root, 'r/a.txt'), 'two');
    assert.is(await text(root, 'r/mine.json'), 'later');
    assert.equal(await names(), ['r']);
  }),
);

test(
  'sweeps away what operations have left that are gone, with their programs, and nothing else',
  withStage(async stage => {
    const { folder, root, names, repository, installations } = stage;
    const source = await repository('r');
    const input = { repository: source.url };
    const fake = await hanging(stage, 'git', 'checkout');
    const pid = join(folder, 'git.pid');
    await run(stage, { input, options: { commands: { git: fake } } }, async ({ phase }) => {
      if (phase !== 'clone') return false;
      await writtenPid(pid);
      return true;
    });
    const left = await writtenPid(pid);
    await rm(pid);
    const held = installations({ prefix: 'held.', commands: { git: fake } });
    const waiting = await held.install.start({ ...input, name: 'held' });
    await writtenPid(pid);
    await writeFile(join(root, '.r.staging-notahash'), '');
    const before = await names();

    const { removed, kept } = await installations({ prefix: 'other.' }).sweep();

    assert.is(removed.length, 1, removed.join());
    assert.match(removed[0] ?? '', /\.r\.staging-[0-9a-f]{16}\.disabled$/);
    assert.not(await lives(left));
    assert.ok(kept.some(each => each.includes('.held.staging-')));
    assert.ok((await names()).includes('.r.staging-notahash'), 'it has another form');
    assert.ok(before.length > (await names()).length);
    await waiting.cancel();
  }),
);

test(
  'operations on one target take turns, also those of another manager',
  withStage(async stage => {
    const { folder, root, repository, recovery, installations, program } = stage;
    const source = await repository('r');
    const gate = join(folder, 'open');
    const slow = await program('slow', `until [ -e ${gate} ]; do sleep 0.05; done; exec git "$@"`);
    const first = installations({ commands: { git: slow } });
    const second = installations({ prefix: 'second.' });
    const installing = await first.install.start({ repository: source.url });
    const other = await second.install.start({ repository: source.url, name: 'other' });
    const removing = await second.uninstall.start({ name: 'R' });

    await other.result();
    assert.is((await recovery.view(removing.id))?.path, 'pending.locked');
    await writeFile(gate, '');
    await installing.result();
    await removing.result();

    assert.equal(await readdir(root), process.platform === 'linux' ? ['other', 'r'] : ['other']);
  }),
);

test(
  'cancelling ends the programs and leaves nothing',
  withStage(async stage => {
    const { folder, names, repository, installations } = stage;
    const source = await repository('r');
    const { install } = installations({
      commands: { git: await hanging(stage, 'git', 'checkout') },
    });
    const handle = await install.start({ repository: source.url });
    const pid = await writtenPid(join(folder, 'git.pid'));

    await handle.cancel('enough');

    await handle.result().then(
      () => assert.unreachable(),
      error => assert.is(error.code, 'OPERATION_CANCELLED'),
    );
    const again = installations({ prefix: 'again.' });
    // It waits for its turn, so the cancelled one has cleared up by then.
    await again.install.run({ repository: source.url });
    assert.not(await lives(pid));
    assert.equal(await names(), ['r']);
  }),
);

test(
  'what ends badly leaves nothing, also what is cancelled between two attempts',
  withStage(async ({ names, repository, installations, recovery, program }) => {
    const source = await repository('r', { 'package.json': '{}' });
    const npm = await program('npm', 'echo "npm error code ECONNRESET" >&2; exit 1');
    const strategy = new FixedDelayStrategy({ delay: 3_600_000 });
    for (const maxRetries of [0, 1]) {
      const policy = { maxRetries, strategy, breaker: false } as const;
      const prefix = `with-${maxRetries}.`;
      const { install } = installations({ prefix, commands: { npm }, policy });
      const handle = await install.start({ repository: source.url });
      if (maxRetries > 0) {
        await until(async () => (await recovery.view(handle.id))?.state === 'recovering');
        assert.ok(
          (await names()).some(name => name.includes('staging')),
          'a retry goes on with it',
        );
        await handle.cancel();
      }
      await rejects(handle.result(), RecoveryError);
      assert.equal(await names(), []);
    }
  }),
);

test.run();

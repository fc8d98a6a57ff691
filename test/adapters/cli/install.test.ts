import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { partRef } from '../../../adapters/cli/commands/installation.ts';
import { barLine } from '../../../adapters/cli/display/terminal.ts';
import { Repository } from '../../services/operations/installations/support/git-server.ts';
import { makeProgram } from '../../services/operations/installations/support/stage.ts';
import { lives, writtenPid } from '../../services/operations/installations/support/workplace.ts';
import { type CliPlace, until, withCli } from '../../support/cli.ts';

export const suiteTimeout = 300_000;
const test = suite('cli install');

function repository({ folder, env }: CliPlace): Promise<Repository> {
  env.GIT_CONFIG_GLOBAL = '/dev/null';
  return Repository.make(join(folder, 'source'), { 'a.txt': 'one' });
}

test('parts an address from the ref behind it', () => {
  const parted: Record<string, [string, string?]> = {
    'https://host/owner/name': ['https://host/owner/name'],
    'https://host/owner/name@v1': ['https://host/owner/name', 'v1'],
    'https://host/owner/name.git@feature/x': ['https://host/owner/name.git', 'feature/x'],
    'https://host/@scope/name': ['https://host/@scope/name'],
    'https://host/@scope/name@v1': ['https://host/@scope/name', 'v1'],
    'https://user@host/name': ['https://user@host/name'],
    'ssh://git@host:22/name@v1': ['ssh://git@host:22/name', 'v1'],
    'git@host:owner/name': ['git@host:owner/name'],
    'git@host:name': ['git@host:name'],
    'git@host:name@v1': ['git@host:name', 'v1'],
    'git@host:owner/name@feature/x': ['git@host:owner/name', 'feature/x'],
    'file:///srv/git/name@main': ['file:///srv/git/name', 'main'],
    'some-node@main': ['some-node', 'main'],
    'some-node': ['some-node'],
  };
  for (const [text, [subject, ref]] of Object.entries(parted)) {
    assert.equal(partRef(text), ref === undefined ? { subject } : { subject, ref }, text);
  }
});

test('shows a phase, and not a number of bytes, on a terminal', () => {
  const progress = { done: 1, total: 5, bytesPerSecond: 0, phase: 'clone', line: 'Receiving: 42%' };
  const status = {
    id: 'x',
    label: 'node',
    state: 'in_progress',
    attempt: 1,
    reason: null,
  } as const;
  const line = barLine({ ...status, progress }, 0);
  assert.match(line, /^node {2}█+░+ {2}clone \(2 of 5\): Receiving: 42% {2}attempt 1/);
});

test(
  'installs, brings up to date and uninstalls, and says what it did',
  withCli(async place => {
    const { folder, run } = place;
    const source = await repository(place);
    const there = (name: string) => readFile(join(folder, 'nodes', name), 'utf8');

    const installed = await run('install', `${source.url}@main`, '--root', 'nodes/', '--name', 'n');
    assert.is(installed.exit, 0, installed.err);
    assert.match(installed.out, /n {2}in_progress {2}attempt 1 {2}clone \(2 of 5\)/);
    assert.match(installed.out, /success: .*\/nodes\/n, commit [0-9a-f]{12}\n/);
    const same = await run('install', `${source.url}@main`, '--root', 'nodes', '--name', 'n');
    assert.match(same.out, /success: .*\/nodes\/n, commit [0-9a-f]{12}, was there already\n/);
    await writeFile(join(folder, 'nodes/n/mine.txt'), 'mine');
    await writeFile(join(folder, 'nodes/n/b.txt'), 'mine');
    await source.commit({ 'a.txt': 'two', 'b.txt': 'theirs' });
    const updated = await run('update', 'n', '--root', 'nodes');
    assert.is(updated.exit, 0);
    assert.match(
      updated.out,
      /, 1 of your files carried over, 1 of your files kept in \.xstate-recovery-kept\/[0-9a-f]{12}, where the new version has others\n/,
    );
    assert.is(await there('n/a.txt'), 'two');
    assert.is(await there('n/mine.txt'), 'mine');
    const removed = await run('uninstall', 'n', '--root', 'nodes');
    assert.match(removed.out, /success: .*\/nodes\/n removed\n/);
    assert.match((await run('uninstall', 'n', '--root', 'nodes')).out, /was not there\n/);
    assert.equal(await readdir(join(folder, 'nodes')), []);
  }),
);

test(
  'goes on after SIGKILL by the same command or by resume, and ends the program that was left',
  withCli(async place => {
    const { folder, env, start, run } = place;
    const source = await repository(place);
    const file = join(folder, 'git.pid');
    await makeProgram(
      folder,
      'git',
      `case "$*" in *checkout*) [ -e ${folder}/free ] || { echo $$ > ${file}; exec sleep 300; } ;; esac
      PATH="\${PATH#*:}" exec git "$@"`,
    );
    env.PATH = `${join(folder, 'bin')}:${process.env.PATH}`;
    const command = ['install', source.url, '--name', 'n'];

    const cli = start(...command);
    const pid = await writtenPid(file);
    cli.child.kill('SIGKILL');
    await cli.finished;
    assert.ok(await lives(pid));
    const free = start(...command);
    await until(async () => !(await lives(pid)));
    await until(async () => (await readFile(file, 'utf8')).trim() !== String(pid));
    free.child.kill('SIGINT');
    const stopped = await free.finished;
    assert.is(stopped.exit, 130);
    assert.match(stopped.out, /n: resuming at resolve, attempt 2, interrupted once\n/);
    assert.match(stopped.out, /stopped at clone\n/);
    assert.match(stopped.out, `install ${source.url} --name n\n`);
    assert.not(await lives(await writtenPid(file)));
    await writeFile(join(folder, 'free'), '');
    const resumed = await run('resume');
    assert.is(resumed.exit, 0, resumed.err);
    assert.match(resumed.out, /success: .*\/n, commit/);
  }),
);

test(
  'refuses what makes no sense with exit code 2, before it makes a store, and fails with a reason',
  withCli(async place => {
    const { folder, run } = place;
    const source = await repository(place);
    const refused: [string[], RegExp][] = [
      [['install', 'ext::sh -c id'], /repository: must not name a remote helper.*\[VALIDATION\]/],
      [['install', 'https://user:pw@host/x'], /must not carry credentials/],
      [['install', `${source.url}@-x`], /ref: must not begin with "-"/],
      [['install', source.url, '--name', '../x'], /name: must be the name of one folder/],
      [['update', '..'], /name: /],
      [['uninstall', 'a/b'], /name: /],
      [['install'], /missing required argument/],
    ];
    for (const [args, message] of refused) {
      const { exit, err } = await run(...args);
      assert.is(exit, 2, args.join(' '));
      assert.match(err, message);
    }
    assert.is(await stat(join(folder, 'recovery.db')).catch(() => undefined), undefined);
    const missing = await run('install', `${source.url}@nothing`, '--name', 'n');
    assert.is(missing.exit, 1);
    assert.match(missing.err, /^failed: install-\w+: .*has no branch or tag "nothing"/m);
  }),
);

test.run();

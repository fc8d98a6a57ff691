import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RecoveryError } from '../../../../services/errors.ts';
import { rejects } from '../../../support/rejects.ts';
import { git } from './support/git-server.ts';
import { type Stage, text, withStage } from './support/stage.ts';

export const suiteTimeout = 120_000;
export const startsMany = true;
const test = suite('installations, carried over');

async function put(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

/** The repository `r`, installed. */
async function installed(
  { repository, installations, root }: Stage,
  files: Readonly<Record<string, string>>,
) {
  const source = await repository('r', files);
  const own = installations();
  const first = await own.install.run({ repository: source.url });
  return { source, own, first, target: join(root, 'r') };
}

/** Everything in a folder but `.git`, with what it is. */
async function all(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(folder.length + 1);
    if (path.startsWith('.git/') || path === '.xstate-recovery.json') continue;
    if (entry.isFile()) found[path] = await text(folder, path);
    if (entry.isSymbolicLink()) found[path] = `-> ${await readlink(join(folder, path))}`;
  }
  return found;
}

test(
  'an update keeps what was written into the folder, and takes nothing of the old version along',
  withStage(async stage => {
    const { names, folder } = stage;
    const { source, own, first, target } = await installed(stage, {
      'node.py': 'one',
      'gone.py': 'old',
      'models/.gitkeep': '',
      '.gitignore': 'config.json\n',
    });
    assert.is(first.carriedOver, undefined);
    await put(target, {
      'config.json': '{"ignored": true}',
      'notes/deep/mine.txt': 'untracked',
      'run.sh': 'exec true',
      '__pycache__/node.pyc': 'made by Python',
      'node_modules/x/index.js': 'made by npm',
      'models/own/.git/HEAD': 'a repository of its own',
      'models/own/a.txt': 'in it',
    });
    await chmod(join(target, 'run.sh'), 0o755);
    await mkdir(join(target, 'output', 'empty'), { recursive: true });
    await mkdir(join(folder, 'elsewhere'));
    await symlink(join(folder, 'elsewhere'), join(target, 'linked'));
    await truncate(join(target, 'models', '.gitkeep'), 0);
    await writeFile(join(target, 'models', 'large.safetensors'), '');
    await truncate(join(target, 'models', 'large.safetensors'), 20 * 1024 * 1024);
    const inode = (await stat(join(target, 'models/large.safetensors'))).ino;
    const { mtimeMs } = await stat(join(target, 'config.json'));
    await rm(join(source.folder, 'gone.py'));
    await source.commit({ 'node.py': 'two' });

    const { carriedOver, changed } = await own.update.run({ name: 'r' });

    assert.ok(changed);
    assert.equal(carriedOver, { files: 7, conflicts: [], conflicting: 0, keptIn: null });
    const { 'models/large.safetensors': large, ...small } = await all(target);
    assert.equal(small, {
      'node.py': 'two',
      'models/.gitkeep': '',
      '.gitignore': 'config.json\n',
      'config.json': '{"ignored": true}',
      'notes/deep/mine.txt': 'untracked',
      'run.sh': 'exec true',
      'models/own/.git/HEAD': 'a repository of its own',
      'models/own/a.txt': 'in it',
      linked: `-> ${join(folder, 'elsewhere')}`,
    });
    assert.is(large?.length, 20 * 1024 * 1024);
    assert.is((await stat(join(target, 'models/large.safetensors'))).ino, inode, 'not copied');
    assert.is((await stat(join(target, 'run.sh'))).mode & 0o777, 0o755);
    assert.ok(Math.abs((await stat(join(target, 'config.json'))).mtimeMs - mtimeMs) < 1);
    assert.ok((await stat(join(target, 'output/empty'))).isDirectory());
    assert.equal(await names(), ['r']);
  }),
);

test(
  'changes of files that the new version has changed too are kept aside and told; others stay',
  withStage(async stage => {
    const { source, own, first, target } = await installed(stage, {
      'same.cfg': 'default',
      'both.cfg': 'default',
      'dropped.cfg': 'default',
      'alike.cfg': 'default',
    });
    const { update, list, verify } = own;
    const { commit } = first;
    await put(target, {
      'same.cfg': 'mine',
      'both.cfg': 'mine',
      'dropped.cfg': 'mine',
      'alike.cfg': 'new',
      'new.py': 'mine',
      'new-too.py': 'theirs',
      'file/inside.txt': 'mine',
      folder: 'mine',
    });
    await rm(join(source.folder, 'dropped.cfg'));
    await source.commit({
      'both.cfg': 'theirs',
      'alike.cfg': 'new',
      'new.py': 'theirs',
      'new-too.py': 'theirs',
      file: 'theirs',
      'folder/x': 'theirs',
    });

    const { carriedOver } = await update.run({ name: 'r' });

    const kept = `.xstate-recovery-kept/${commit.slice(0, 12)}`;
    const { conflicts = [], ...rest } = carriedOver ?? {};
    assert.equal(rest, { files: 1, conflicting: 5, keptIn: kept });
    const aside = ['both.cfg', 'dropped.cfg', 'file/inside.txt', 'folder', 'new.py'];
    assert.equal([...conflicts].sort(), aside);
    const found = await all(target);
    for (const path of aside) assert.is(found[`${kept}/${path}`], 'mine', path);
    assert.is(found['same.cfg'], 'mine');
    for (const path of ['both.cfg', 'new.py', 'new-too.py', 'file', 'folder/x']) {
      assert.is(found[path], 'theirs', path);
    }
    assert.is(found['alike.cfg'], 'new');
    assert.is(Object.keys(found).length, 12);
    assert.equal((await list())[0]?.carriedOver, carriedOver);
    assert.equal((await verify('r')).problems, []);

    // Once more: what is kept stays, and something else that was kept under the same commit does not take its place.
    await rm(join(target, 'both.cfg'));
    await put(target, { 'new.py': 'mine again' });
    const again = await update.run({ name: 'r', ref: commit });
    await put(target, { 'both.cfg': 'mine, later' });
    await source.commit({ 'both.cfg': 'theirs, later' });
    const last = await update.run({ name: 'r', ref: 'main' });
    assert.is(again.carriedOver?.conflicting, 1);
    assert.equal(last.carriedOver?.conflicts, ['both.cfg']);
    assert.is(last.carriedOver?.keptIn, `${kept}-2`);
    const after = await all(target);
    assert.is(after[`${kept}/both.cfg`], 'mine');
    assert.is(after[`${kept}-2/both.cfg`], 'mine, later');
    assert.is(await git(target, 'status', '--porcelain', '--', '.xstate-recovery-kept'), '');
  }),
);

test(
  'whoever turns it off, replaces another repository or has it made anew gets what the repository has',
  withStage(async ({ repository, installations, root }) => {
    const source = await repository('r');
    const other = await repository('other');
    const bare = installations({ carryOver: false });
    await bare.install.run({ repository: source.url });
    const mine = join(root, 'r', 'mine.txt');
    await writeFile(mine, '');
    await source.commit({ 'a.txt': 'two' });
    assert.is((await bare.update.run({ name: 'r' })).carriedOver, undefined);
    await rejects(lstat(mine), Error);

    const { install } = installations({ prefix: 'second.' });
    await writeFile(mine, '');
    await install.run({ repository: other.url, name: 'r', replace: true });
    await rejects(lstat(mine), Error);
  }),
);

test(
  'what is written while an update fails and tries again is in the new version as it was last',
  withStage(async ({ repository, installations, root }) => {
    const source = await repository('r', { 'package.json': '{"name":"r"}' });
    const target = join(root, 'r');
    let tries = 0;
    const { install, update } = installations({
      policy: { maxRetries: 1, breaker: false },
      async verify(staged, { phase }) {
        if (phase !== 'staged' || (await text(staged, 'a.txt').catch(() => '')) !== 'two') return;
        tries += 1;
        assert.is(await text(staged, 'config.json'), 'early', 'it is there to be verified');
        await put(target, { 'config.json': 'later', 'more.json': 'new' });
        await rm(join(target, 'temporary.json'));
        throw Object.assign(new TypeError('gone'), { code: 'ECONNRESET' });
      },
    });
    await install.run({ repository: source.url });
    await put(target, { 'config.json': 'early', 'temporary.json': 'x' });
    await source.commit({ 'a.txt': 'two' });

    const done = update.run({ name: 'r' });
    // The second look finds the later one, which the verification above does not want to see.
    await rejects(done, RecoveryError);
    assert.is(tries, 2);
    const lenient = installations({ prefix: 'lenient.' });
    await lenient.update.run({ name: 'r' });
    const found = await all(target);
    assert.equal([found['config.json'], found['more.json']], ['later', 'new']);
    assert.is(found['temporary.json'], undefined);
  }),
);

test(
  'a version that was swapped in and refused leaves the old one as it was, with all that is in it',
  withStage(async ({ repository, installations, root, names }) => {
    const source = await repository('r');
    const { install, update } = installations({
      verify: async (folder, { phase }) => {
        if (phase === 'installed' && (await text(folder, 'a.txt')) === 'two') return false;
        await writeFile(join(folder, 'config.json'), phase);
        return true;
      },
    });
    await install.run({ repository: source.url });
    await put(join(root, 'r'), { 'config.json': 'mine' });
    await source.commit({ 'a.txt': 'two' });

    await rejects(update.run({ name: 'r' }), RecoveryError);

    assert.equal(await all(join(root, 'r')), { 'a.txt': 'one', 'config.json': 'mine' });
    assert.equal(await names(), ['r']);
  }),
);

test(
  'nothing is written through a link of the new version, and nothing is lost where the old one is damaged',
  withStage(async stage => {
    const precious = join(stage.folder, 'precious');
    await mkdir(precious);
    const files = { 'a.txt': 'one', 'b.txt': 'one' };
    const { source, own, first, target } = await installed(stage, files);
    const { update } = own;
    const { commit } = first;
    await put(target, { 'models/mine.bin': 'mine', 'b.txt': 'mine' });
    await rm(join(target, '.git'), { recursive: true });
    await symlink(precious, join(source.folder, 'models'));
    await source.commit({ 'a.txt': 'two' });

    const { carriedOver } = await update.run({ name: 'r' });

    assert.equal(await readdir(precious), []);
    const kept = join(target, '.xstate-recovery-kept', commit.slice(0, 12));
    assert.equal(await all(kept), { 'models/mine.bin': 'mine', 'a.txt': 'one', 'b.txt': 'mine' });
    assert.is(carriedOver?.conflicting, 3);

    await symlink(precious, join(source.folder, '.xstate-recovery-kept'));
    await source.commit({ 'a.txt': 'three' });
    await put(target, { 'a.txt': 'mine' });
    const { cause } = await rejects(update.run({ name: 'r' }), RecoveryError);
    assert.match((cause as RecoveryError).message, /in the way of \.xstate-recovery-kept/);
    assert.equal(await readdir(precious), []);
    assert.is(await readFile(join(target, 'a.txt'), 'utf8'), 'mine');
  }),
);

test(
  'keeps what is in submodules, too',
  withStage(async ({ server, repository, installations, root }) => {
    await repository('part', { 'part.txt': 'one', 'set.cfg': 'default' });
    const source = await repository('r');
    await git(source.folder, 'submodule', 'add', '-q', server.url('part'), 'sub/part');
    await source.commit({});
    const { install, update } = installations({ submodules: true });
    const target = join(root, 'r');
    await install.run({ repository: source.url });
    await put(target, { 'sub/part/mine.txt': 'mine', 'sub/part/set.cfg': 'mine' });
    await source.commit({ 'a.txt': 'two' });
    const { carriedOver } = await update.run({ name: 'r' });
    assert.equal([carriedOver?.files, carriedOver?.conflicting], [2, 0]);
    assert.is(await text(target, 'sub/part/set.cfg'), 'mine');
    assert.is(await text(target, 'sub/part/mine.txt'), 'mine');
    assert.is(await text(target, 'sub/part/part.txt'), 'one');
  }),
);

test.run();

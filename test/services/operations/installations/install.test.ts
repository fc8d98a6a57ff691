import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { causeOf } from './support/cause-of.ts';
import { git } from './support/git-server.ts';
import { text, withStage } from './support/stage.ts';

export const suiteTimeout = 120_000;
export const startsMany = true;
const test = suite('installations');

test(
  'installs the HEAD of a repository over HTTP, without history, and leaves nothing beside it',
  withStage(async ({ server, repository, installations, root, names }) => {
    const source = await repository('some-node.git');
    const commit = await source.commit({ 'a.txt': 'two', 'deep/b.txt': 'three' });
    const { install, list, verify } = installations();
    const url = server.url('some-node.git');

    const result = await install.run({ repository: url });

    const folder = join(root, 'some-node');
    assert.equal(result, {
      name: 'some-node',
      folder,
      repository: url,
      ref: null,
      commit,
      previousCommit: null,
      changed: true,
      dependencies: [],
    });
    assert.is(await text(folder, 'deep/b.txt'), 'three');
    assert.is(await git(folder, 'rev-list', '--count', 'HEAD'), '1');
    assert.is(await git(folder, 'status', '--porcelain'), '');
    assert.is(await git(folder, 'config', 'remote.origin.url'), url);
    assert.equal(await names(), ['some-node']);
    assert.equal(
      (await list()).map(({ name, commit }) => ({ name, commit })),
      [{ name: 'some-node', commit }],
    );
    assert.equal((await verify('some-node')).problems, []);
  }),
);

test(
  'installs a branch, a tag, a whole commit and the beginning of one',
  withStage(async ({ server, repository, installations }) => {
    const source = await repository('r');
    const first = await git(source.folder, 'rev-parse', 'HEAD');
    await git(source.folder, 'tag', '-a', 'v1', '-m', 'v1');
    await git(source.folder, 'branch', 'feature/x');
    const second = await source.commit({ 'a.txt': 'two' });
    const third = await source.commit({ 'a.txt': 'three' });
    const { install } = installations();
    const wanted: Record<string, string> = {
      v1: first,
      'feature/x': first,
      'refs/heads/main': third,
      [second]: second,
      [second.slice(0, 9)]: second,
    };
    for (const [index, [ref, commit]] of Object.entries(wanted).entries()) {
      const name = `r${index}`;
      const result = await install.run({ repository: server.url('r'), ref, name });
      assert.is(result.commit, commit, ref);
    }
    for (const ref of ['nothing', 'abcdef0', 'f'.repeat(40)]) {
      const error = await causeOf(install.run({ repository: server.url('r'), ref, name: 'x' }));
      assert.match(error.code, /^(VALIDATION|COMMAND_REFUSED)$/);
    }
  }),
);

test(
  'fetches all where the server knows the dumb protocol only',
  withStage(async ({ repository, installations, folder }) => {
    const source = await repository('r');
    const commit = await git(source.folder, 'rev-parse', 'HEAD');
    await git(source.folder, 'update-server-info');
    const { createServer } = await import('node:http');
    const { readFile } = await import('node:fs/promises');
    const plain = createServer((request, response) => {
      const path = (request.url ?? '').split('?')[0] ?? '';
      readFile(join(folder, 'repositories', path.replace('/r/', '/r/.git/'))).then(
        content => response.end(content),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>(resolve => plain.listen(0, '127.0.0.1', resolve));
    const { port } = plain.address() as { port: number };
    try {
      const repository = `http://127.0.0.1:${port}/r`;
      const result = await installations().install.run({ repository });
      assert.is(result.commit, commit);
    } finally {
      plain.closeAllConnections();
      plain.close();
    }
  }),
);

test(
  'updates to what a branch points to now, and changes nothing where that is there',
  withStage(async ({ server, repository, installations, root, names }) => {
    const source = await repository('r');
    const first = await git(source.folder, 'rev-parse', 'HEAD');
    const { install, update } = installations();
    await install.run({ repository: server.url('r'), ref: 'main' });
    const inode = async () => (await stat(join(root, 'r'))).ino;
    const before = await inode();

    const same = await update.run({ name: 'r' });
    assert.is(same.changed, false);
    assert.is(await inode(), before);

    const second = await source.commit({ 'a.txt': 'two' });
    const newer = await update.run({ name: 'r' });
    assert.equal([newer.changed, newer.commit, newer.previousCommit], [true, second, first]);
    assert.is(await text(root, 'r/a.txt'), 'two');

    const back = await update.run({ name: 'r', ref: first });
    assert.equal([back.commit, back.ref], [first, first]);
    await rm(join(root, 'r/a.txt'));
    const repaired = await update.run({ name: 'r' });
    assert.is(repaired.changed, true, 'a file was missing');
    assert.is(await text(root, 'r/a.txt'), 'one');
    assert.equal(await names(), ['r']);
    assert.match((await causeOf(update.run({ name: 'other' }))).message, /install it first/);
  }),
);

test(
  'leaves a folder of somebody else alone, unless it is told to replace it',
  withStage(async ({ repository, installations, root, names }) => {
    const mine = await repository('mine');
    const other = await repository('other');
    const { install, uninstall } = installations();
    await mkdir(join(root, 'mine'), { recursive: true });
    await writeFile(join(root, 'mine', 'precious'), '');
    await install.run({ repository: other.url, name: 'taken' });

    const foreign = await causeOf(install.run({ repository: mine.url }));
    const taken = await causeOf(install.run({ repository: mine.url, name: 'taken' }));
    const kept = await causeOf(uninstall.run({ name: 'mine' }));

    assert.match(foreign.message, /is there already and was not installed by this/);
    assert.match(taken.message, /is there already and is of file:/);
    assert.match(kept.message, /was not installed by this/);
    assert.equal(await readdir(join(root, 'mine')), ['precious']);
    assert.equal(await names(), ['mine', 'taken'], 'what was refused leaves nothing');
    await install.run({ repository: mine.url, name: 'taken', replace: true });
    assert.is((await install.run({ repository: mine.url, replace: true })).changed, true);
    assert.equal(await names(), ['mine', 'taken']);
  }),
);

test(
  'replaces nothing that somebody has put there meanwhile',
  withStage(async ({ repository, installations, root }) => {
    const source = await repository('r');
    const { install } = installations({
      async verify(_folder, { phase }) {
        if (phase !== 'staged') return;
        await mkdir(join(root, 'r'));
        await writeFile(join(root, 'r', 'precious'), '');
      },
    });
    const error = await causeOf(install.run({ repository: source.url }));
    assert.match(error.message, /is there already and was not installed by this/);
    assert.equal(await readdir(join(root, 'r')), ['precious']);
  }),
);

test(
  'uninstalls what was installed, and says where there was nothing',
  withStage(async ({ repository, installations, root, names }) => {
    const source = await repository('r');
    const { install, uninstall, list } = installations();
    await install.run({ repository: source.url });

    const folder = join(root, 'r');
    assert.equal(await uninstall.run({ name: 'r' }), { name: 'r', folder, removed: true });
    assert.equal(await uninstall.run({ name: 'r' }), { name: 'r', folder, removed: false });
    assert.equal(await names(), []);
    assert.equal(await list(), []);
  }),
);

test(
  'a look at what is not there changes nothing, not even where there is no root',
  withStage(async ({ installations, folder, root, names }) => {
    const { verify } = installations();
    const missing = {
      name: 'r',
      folder: join(root, 'r'),
      manifest: undefined,
      problems: ['it is not there'],
    };
    const before = await readdir(folder);

    assert.equal(await verify('r'), missing);
    assert.equal(await readdir(folder), before);
    await mkdir(root);
    assert.equal(await verify('r'), missing);
    assert.equal(await names(), []);
  }),
);

test.run();

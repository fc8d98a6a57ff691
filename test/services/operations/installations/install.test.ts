import { mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  OperationExhaustedError,
  OperationFailedError,
  RecoveryError,
} from '../../../../services/errors.ts';
import { rejects } from '../../../support/rejects.ts';
import { git } from './support/git-server.ts';
import { type Stage, text, withStage } from './support/stage.ts';

export const suiteTimeout = 120_000;
export const startsMany = true;
const test = suite('installations');

async function causeOf(promise: Promise<unknown>): Promise<RecoveryError> {
  const { cause } = await rejects(promise, RecoveryError);
  return cause as RecoveryError;
}

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
  'installs what package.json asks for, and runs no script of it unless that is allowed',
  withStage(async ({ repository, installations, root }) => {
    const script = "node -e \"require('fs').writeFileSync('ran', '')\"";
    const source = await repository('r', {
      'package.json': JSON.stringify({
        name: 'r',
        version: '1.0.0',
        scripts: { postinstall: script },
        dependencies: { part: 'file:./part' },
      }),
      'part/package.json': JSON.stringify({ name: 'part', version: '1.2.3' }),
      '.npmrc': 'ignore-scripts=false\n',
    });
    const { install } = installations();

    const result = await install.run({ repository: source.url });

    assert.equal(result.dependencies, ['npm']);
    assert.match(await text(root, 'r/node_modules/part/package.json'), /1\.2\.3/);
    assert.not(await isThere(root, 'r/ran'));
    const allowed = installations({ prefix: 'allowed.', scripts: true });
    await allowed.install.run({ repository: source.url, name: 'with-scripts' });
    assert.ok(await isThere(root, 'with-scripts/ran'));
  }),
);

test(
  'refuses a link in the place of a folder that is written to',
  withStage(async ({ repository, installations, folder, names }) => {
    const precious = join(folder, 'precious');
    await mkdir(precious);
    await writeFile(join(precious, 'file'), '');
    const source = await repository('r', { 'package.json': '{}', 'requirements.txt': 'x\n' });
    await symlink(precious, join(source.folder, 'node_modules'));
    await source.commit({});
    const { install } = installations();

    const error = await causeOf(install.run({ repository: source.url }));

    assert.match(error.message, /a link in place of node_modules/);
    assert.equal(await readdir(precious), ['file']);
    await symlink(precious, join(folder, 'nodes', 'linked'));
    const linked = await causeOf(install.run({ repository: source.url, name: 'linked' }));
    assert.match(linked.message, /a link, which may lead anywhere/);
    assert.equal(await names(), ['linked']);
  }),
);

test(
  'tries again when the server stumbles, and tells the kinds of failures apart',
  withStage(async ({ server, repository, installations }) => {
    await repository('r');
    const { install } = installations({ policy: { maxRetries: 2, breaker: false } });
    server.statuses.push(503, 503);
    assert.is((await install.run({ repository: server.url('r') })).changed, true);

    server.statuses.push(503, 500, 502);
    const down = install.run({ repository: server.url('r'), name: 'down' });
    await rejects(down, OperationExhaustedError);
    assert.is((await causeOf(down)).code, 'COMMAND_NETWORK');
    const missing = install.run({ repository: server.url('missing') });
    await rejects(missing, OperationFailedError);
    assert.is((await causeOf(missing)).code, 'COMMAND_REFUSED');
    server.authorization = 'Basic eDp5';
    const closed = install.run({ repository: server.url('r'), name: 'closed' });
    assert.is((await causeOf(closed)).code, 'COMMAND_PERMISSION');
    const gone = install.run({ repository: 'http://127.0.0.1:9/r', name: 'gone' });
    const error = await causeOf(gone);
    assert.is(error.code, 'COMMAND_NETWORK');
    assert.match(error.message, /git ls-remote failed with exit code 128: fatal: unable to access/);
  }),
);

test(
  'asks its own verification before and after the swap, and keeps the old version where it says no',
  withStage(async ({ repository, installations, root, names }) => {
    const source = await repository('r');
    const seen: string[] = [];
    let refused = '';
    const { install, update, verify } = installations({
      verify: (folder, { phase }) => {
        seen.push(`${phase} ${folder.startsWith(join(root, 'r'))}`);
        return phase !== refused;
      },
    });
    await install.run({ repository: source.url });
    assert.equal(seen, ['staged false', 'installed true']);
    await source.commit({ 'a.txt': 'two' });

    for (const phase of ['staged', 'installed']) {
      refused = phase;
      const error = await causeOf(update.run({ name: 'r' }));
      assert.match(error.message, /was refused by verify/);
      assert.is(await text(root, 'r/a.txt'), 'one', phase);
      assert.equal(await names(), ['r'], phase);
    }
    refused = 'asked';
    assert.match((await verify('r')).problems.join(), /refused by verify/);
    refused = '';
    await update.run({ name: 'r' });
    assert.is(await text(root, 'r/a.txt'), 'two');
    await rm(join(root, 'r/a.txt'));
    assert.equal((await verify('r')).problems, ['files are missing: a.txt']);
  }),
);

test(
  'takes a swap back before it tries again',
  withStage(async ({ repository, installations, root }) => {
    const source = await repository('r');
    const seen: string[] = [];
    const { install, update } = installations({
      async verify(_folder, { phase }) {
        seen.push(`${phase} beside ${await text(root, 'r/a.txt').catch(() => 'none')}`);
        if (seen.length === 4) throw Object.assign(new Error('gone'), { code: 'ECONNRESET' });
      },
    });
    await install.run({ repository: source.url });
    await source.commit({ 'a.txt': 'two' });
    await update.run({ name: 'r' });
    assert.equal(seen, [
      'staged beside none',
      'installed beside one',
      'staged beside one',
      'installed beside two',
      'staged beside one',
      'installed beside two',
    ]);
  }),
);

test(
  'sends credentials to the server that they are for, and keeps them nowhere',
  withStage(async stage => {
    const { server, repository, installations, root, recovery } = stage;
    const source = await repository('r');
    const password = 'open-sesame-123';
    server.authorization = `Basic ${Buffer.from(`x-access-token:${password}`).toString('base64')}`;
    const { install } = installations();
    const url = server.url('r');

    const { id } = await started(install.start({ repository: url, auth: { password } }));

    assert.ok(server.requests.every(({ authorization }) => authorization === server.authorization));
    const stored = JSON.stringify([await recovery.view(id), await recovery.history(id)]);
    assert.match(stored, '"$secret":"auth"');
    const files = await allText(join(root, 'r'));
    for (const secret of [password, server.authorization.slice(6)]) {
      assert.not.match(stored, secret);
      assert.not.match(files, secret);
    }
    const elsewhere = await otherServer(stage);
    try {
      server.redirect = elsewhere.url('').slice(0, -1);
      await source.commit({ 'a.txt': 'two' });
      const auth = { password };
      const error = await causeOf(install.run({ repository: url, name: 'moved', auth }));
      assert.match(inspect(error, { depth: 9 }), 'git ls-remote');
      assert.not.match(inspect(error, { depth: 9 }), password);
      assert.equal(
        elsewhere.requests.filter(({ authorization }) => authorization !== undefined),
        [],
      );
    } finally {
      await elsewhere.close();
    }
  }),
);

async function started(starting: Promise<{ id: string; result(): Promise<unknown> }>) {
  const handle = await starting;
  await handle.result();
  return handle;
}

async function otherServer({ folder }: Stage) {
  const { GitServer } = await import('./support/git-server.ts');
  return GitServer.listen(join(folder, 'repositories'));
}

async function isThere(...path: readonly string[]): Promise<boolean> {
  return stat(join(...path)).then(
    () => true,
    () => false,
  );
}

async function allText(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter(entry => entry.isFile());
  return (await Promise.all(files.map(file => text(file.parentPath, file.name)))).join('\n');
}

test.run();

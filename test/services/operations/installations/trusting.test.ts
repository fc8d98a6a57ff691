import { mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperationExhaustedError, OperationFailedError } from '../../../../services/errors.ts';
import { rejects } from '../../../support/rejects.ts';
import { causeOf } from './support/cause-of.ts';
import { type Stage, text, withStage } from './support/stage.ts';

export const suiteTimeout = 120_000;
export const startsMany = true;
const test = suite('what installations trust');

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
  'refuses links by which npm would put packages elsewhere, and no others',
  withStage(async ({ repository, installations, program, folder, root }) => {
    const outside = join(folder, 'outside');
    await mkdir(outside);
    const ran = join(folder, 'ran');
    const npm = await program('npm', `touch '${ran}'`);
    const { install } = installations({ commands: { npm } });
    const ways: [string, string, string][] = [
      ['a', 'parts/one', outside],
      ['b', 'node_modules/@scope', outside],
      ['c', 'node_modules/.bin', '../.git/info'],
      ['d', 'parts/up', '../..'],
    ];
    for (const [name, link, to] of ways) {
      const source = await repository(name, {
        'package.json': '{"workspaces":["parts/*"]}',
        [`${link}/../x.txt`]: '',
      });
      await symlink(to, join(source.folder, link));
      await source.commit({});
      const error = await causeOf(install.run({ repository: source.url }));
      assert.is(error.code, 'VALIDATION');
      assert.match(error.message, `leads out of it, by which npm could write elsewhere: ${link}`);
      assert.not(await isThere(ran));
    }
    const source = await repository('e', { 'package.json': '{}', 'real/x.txt': '' });
    await symlink('real', join(source.folder, 'inside'));
    await symlink('/no/such/folder', join(source.folder, 'broken'));
    await symlink('/etc/hostname', join(source.folder, 'file'));
    await source.commit({});
    await install.run({ repository: source.url });
    assert.ok(await isThere(root, 'e/inside/x.txt'));
    assert.ok(await isThere(ran));
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

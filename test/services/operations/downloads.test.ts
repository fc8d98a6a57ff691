import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Fault, sampleBytes } from '../../../adapters/cli/tour/faulty-server.ts';
import { ConfigError, OperationFailedError, ValidationError } from '../../../index.ts';
import type { DiskSpaceError, DownloadsOptions } from '../../../operations.ts';
import type { Recovery } from '../../../services/ports.ts';
import { rejects } from '../../support/rejects.ts';
import { sha256Of } from './download-fixture.ts';
import { SMALL, withDownloads } from './downloads-fixture.ts';

export const suiteTimeout = 60_000;
const content = sampleBytes(120_000);
const sha256 = sha256Of(content);
const test = suite('downloads');

/** What the store has, whole, as text. */
async function stored(recovery: Recovery): Promise<string> {
  const { items } = await recovery.list();
  const histories = await Promise.all(items.map(({ id }) => recovery.history(id)));
  const steps = await Promise.all(items.map(({ id }) => recovery.steps(id)));
  return JSON.stringify([items, histories, steps]);
}

test(
  'writes below its root, and serves as a child of another operation',
  withDownloads(async ({ server, folder, manage, recovery }) => {
    const url = server.serve('/file', { content });
    const { operation, root } = manage();
    const parent = recovery.operation('import', (_: null, op) =>
      op.child(operation, { url, file: 'models/a/file', sha256 }, { key: 'model' }),
    );

    const result = await parent.run(null, { id: 'import-1' });

    assert.is(root, folder);
    assert.is(result.file, join(folder, 'models', 'a', 'file'));
    assert.is(sha256Of(await readFile(result.file)), sha256);
    assert.is((await recovery.view('import-1/model'))?.name, 'download');
  }),
);

test(
  'refuses every path that is not simply one below the root, and stores nothing of it',
  withDownloads(async ({ server, folder, manage, recovery }) => {
    const url = server.serve('/file', { content });
    const downloads = manage();
    const refused: [string, RegExp][] = [
      ['/etc/file', /absolute/],
      [join(folder, 'file'), /absolute/],
      ['C:\\file', /absolute/],
      ['C:file', /absolute/],
      ['\\\\server\\share\\file', /absolute/],
      ['a\\b', /must have \/ between/],
      ['../file', /".."/],
      ['a/../../file', /".."/],
      ['a/./file', /"."/],
      ['a//file', /empty/],
    ];
    for (const [file, message] of refused) {
      assert.match(
        (await rejects(downloads.start({ url, file }), ValidationError)).message,
        message,
      );
    }
    assert.equal((await recovery.list()).items, []);
    // Whoever starts the operation itself is refused by its first attempt.
    const error = await rejects(downloads.operation.run({ url, file: '../file' }), Error);
    assert.is((error.cause as ValidationError).code, 'VALIDATION');
    assert.is(server.requests.length, 0);
  }),
);

test(
  'does not follow symbolic links out of the root, nor in the place of a file',
  withDownloads(async ({ server, folder, manage }) => {
    const url = server.serve('/file', { content });
    const root = join(folder, 'root');
    const outside = join(folder, 'outside');
    await mkdir(join(root, 'real'), { recursive: true });
    await mkdir(outside);
    await writeFile(join(outside, 'victim'), 'theirs');
    await symlink(outside, join(root, 'way-out'));
    await symlink(join(folder, 'nowhere'), join(root, 'dangling'));
    await symlink(join(root, 'real'), join(root, 'way-in'));
    await symlink(join(outside, 'victim'), join(root, 'link'));
    await symlink(join(outside, 'victim'), join(root, 'b.part'));
    await symlink(join(outside, 'victim'), join(root, 'c.part.json.tmp'));
    await symlink(join(outside, 'victim'), join(root, 'd.part.at.tmp'));
    const downloads = manage({ root });

    for (const file of ['way-out/x', 'way-out/new/x', 'dangling/x', 'link', 'b', 'c', 'd']) {
      const error = await rejects(downloads.run({ url, file }), OperationFailedError);
      assert.match(error.message, /symbolic link/, file);
    }
    assert.is((await downloads.run({ url, file: 'way-in/x' })).bytes, content.length);

    assert.equal(await readdir(outside), ['victim']);
    assert.is(await readFile(join(outside, 'victim'), 'utf8'), 'theirs');
    assert.is(server.requests.length, 1);
  }),
);

test(
  'keeps headers out of the store, whatever their names are',
  withDownloads(async ({ server, manage, recovery }) => {
    const busy: Fault = { kind: 'status', status: 500 };
    const url = server.serve('/file', { content, faults: [busy] });
    const headers = { AUTHORIZATION: 'Bearer s3cr3t-token', 'x-Key': 'an0ther-secret' };

    const handle = await manage().start({ url, file: 'file', headers }, { id: 'with-headers' });
    await handle.result();

    const text = await stored(recovery);
    assert.not.match(text, /s3cr3t|an0ther/);
    assert.match(text, /\$secret/);
    assert.ok(
      server.requests.every(request => request.headers.authorization === headers.AUTHORIZATION),
    );
    assert.is(server.requests[1]?.headers['x-key'], 'an0ther-secret');
  }),
);

test(
  'refuses credentials in a URL before anything is stored, and says what to do instead',
  withDownloads(async ({ manage, recovery }) => {
    const downloads = manage();
    const input = { url: 'http://me:s3cr3t-word@127.0.0.1/file', file: 'file' };
    const starts = [
      () => downloads.start(input),
      () => downloads.run(input),
      () => downloads.operation.start(input),
      () => downloads.operation.run(input),
    ];
    for (const start of starts) {
      const error = await rejects(start(), ValidationError);
      assert.match(error.message, /send an Authorization header/);
      assert.not.match(error.message, /s3cr3t/);
    }
    assert.equal((await recovery.list()).items, []);
  }),
);

test(
  'has few downloads from one host under way, and does not hold up another host for them',
  withDownloads(async ({ server, manage }) => {
    let most = 0;
    const faultFor = (): undefined => {
      const open = server.requests.filter(({ sent }) => sent < content.length);
      most = Math.max(most, open.length);
    };
    const downloads = manage({ perHost: 2 });
    const files = Array.from({ length: 6 }, (_, i) => {
      const url = server.serve(`/${i}`, { content, faultFor, pace: 1_000_000 });
      return { url, file: `${i}` };
    });
    const slow = files.map(input => downloads.run(input));
    // Another name for the same server is another host.
    const other = server.serve('/other', { content }).replace('127.0.0.1', 'localhost');
    await downloads.run({ url: other, file: 'other' });
    assert.ok(server.seen('/5').length === 0, 'it came before the last one of the busy host');
    await Promise.all(slow);

    assert.ok(most <= 3, `${most} at once`);
    assert.ok(most >= 2);
  }),
);

test(
  'links a file that is there with the same SHA-256, without asking the server',
  withDownloads(async ({ server, folder, manage }) => {
    const url = server.serve('/file', { content });
    const reuse = { folder: join(folder, 'known') };
    const downloads = manage({ reuse });
    const first = await downloads.run({ url, file: 'a/file', sha256 });

    const many = await Promise.all(
      ['b/file', 'c/file', 'd/file'].map(file => downloads.run({ url, file, sha256 })),
    );

    assert.is(server.requests.length, 1);
    const { ino } = await stat(first.file);
    for (const { file, resumedFrom } of many) {
      assert.is((await stat(file)).ino, ino);
      assert.is(resumedFrom, content.length);
    }
    assert.equal(await readdir(join(folder, 'b')), ['file']);
    // A file that is not what it was is no source any more, and neither is one that has gone.
    for (const { file } of [first, ...many]) await writeFile(file, 'spoilt');
    const again = manage({ reuse, name: 'again' });
    assert.is((await again.run({ url, file: 'e/file', sha256 })).resumedFrom, 0);
    assert.is(server.requests.length, 2);
    assert.is((await readdir(join(reuse.folder, sha256))).length, 1);
  }),
);

test(
  'looks at the disk before it fetches, and says what is needed and what is free',
  withDownloads(async ({ server, manage, folder }) => {
    const size = 10 ** 15;
    const headers = { 'content-length': String(size) };
    const lie = { kind: 'headers', headers } as const;
    const url = server.serve('/file', { content, ranges: false, faultFor: () => lie });
    const range = { 'content-range': `bytes 0-49999/${size}` };
    const ranged = server.serve('/ranged', {
      content,
      faultFor: () => ({ kind: 'headers', headers: range }),
    });
    for (const [index, one] of [url, ranged].entries()) {
      const downloads = manage({ ...SMALL, name: `${index}` });
      const error = await rejects(downloads.run({ url: one, file: 'file' }), OperationFailedError);
      const cause = error.cause as DiskSpaceError;
      assert.is(cause.code, 'DISK_SPACE');
      assert.is(cause.needed, size);
      assert.ok((cause.free ?? 0) > 0);
      assert.match(cause.message, /1000000000000000 more bytes are needed, \d+ are free/);
    }
    assert.ok(!(await readdir(folder)).includes('file'));
  }),
);

test(
  'holds all downloads together to a rate, ranges included',
  withDownloads(async ({ server, manage }) => {
    const downloads = manage({ ...SMALL, bytesPerSecond: 400_000 });
    const begin = performance.now();
    await Promise.all(
      ['/a', '/b'].map(path =>
        downloads.run({ url: server.serve(path, { content }), file: path.slice(1), sha256 }),
      ),
    );
    const seconds = (performance.now() - begin) / 1000;
    assert.ok(seconds >= 0.45, `240,000 bytes came in ${seconds} s`);
  }),
);

test(
  'takes the checksum that a server tells for the file, also one on a redirect',
  withDownloads(async ({ server, manage }) => {
    const wrong = 'f'.repeat(64);
    const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');
    const sha512 = 'e'.repeat(128);
    const cases: Readonly<Record<string, string>>[] = [
      { 'x-linked-etag': `"${wrong}"` },
      { 'repr-digest': `md5=:AAAA:, sha-256=:${base64(wrong)}:` },
      { 'content-digest': `sha-256=:${base64(wrong)}:` },
      { digest: `SHA-256=${base64(wrong)}` },
      { 'repr-digest': `sha-512=:${base64(sha512)}:` },
    ];
    for (const [index, headers] of cases.entries()) {
      const downloads = manage({ name: `${index}`, policy: { maxRetries: 0 } });
      server.serve(`/to/${index}`, { content, ...(index > 0 && { headers, ranges: false }) });
      const url = server.serve(`/${index}`, {
        content,
        ...(index === 0 && { headers }),
        faultFor: () => ({ kind: 'redirect', to: `/to/${index}` }),
      });
      const error = await rejects(downloads.run({ url, file: 'file' }), Error);
      assert.match(error.message, /not the expected file|wrong SHA/, JSON.stringify(headers));
      // What the caller knows goes before what the server says.
      const known = await downloads.run({ url, file: `known-${index}`, sha256 });
      assert.is(known.sha256, sha256);
    }
    const right = { 'repr-digest': `sha-256=:${base64(sha256)}:` };
    const url = server.serve('/right', { content, headers: right });
    await manage({ name: 'right', ...SMALL }).run({ url, file: 'right' });
  }),
);

test(
  'refuses options that make no sense, all at once',
  withDownloads(async ({ manage }) => {
    const options: DownloadsOptions = {
      perHost: 0,
      ranges: 1.5,
      bytesPerSecond: -1,
      rangesFrom: 0,
    };
    let error: unknown;
    try {
      manage(options);
    } catch (caught) {
      error = caught;
    }
    assert.instance(error, ConfigError);
    const { message } = error as ConfigError;
    for (const name of Object.keys(options)) assert.match(message, name);
  }),
);

test.run();

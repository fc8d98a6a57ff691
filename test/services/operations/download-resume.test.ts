import { readdir, readFile, writeFile } from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Fault, sampleBytes } from '../../../adapters/cli/tour/faulty-server.ts';
import { ValidationError } from '../../../services/errors.ts';
import {
  type DownloadProgress,
  download,
  TransferError,
} from '../../../services/operations/download.ts';
import { recordingContext } from '../../support/operation-context.ts';
import { rejects } from '../../support/rejects.ts';
import { cutAt, keptBytes, sha256Of, withPlace } from './download-fixture.ts';

const content = sampleBytes(300_000);
const sha256 = sha256Of(content);
const CUT = 100_000;
const test = suite('download, resumed');

test(
  'goes on where a reset connection stopped, under the same validator',
  withPlace(async ({ server, folder, file }) => {
    const url = server.serve('/file', { content, etag: '"v1"', faults: [cutAt(CUT, file)] });

    const error = await rejects(download({ url, file }, recordingContext()), Error);
    const kept = await keptBytes(file);
    const op = recordingContext();
    const result = await download({ url, file, sha256 }, op);

    assert.is(kept, CUT);
    assert.match(error.message, 'terminated: ');
    assert.is(error.name, 'TypeError', 'the error of fetch is passed on, for the classifier');
    assert.equal(result, { file, bytes: content.length, sha256, resumedFrom: kept });
    assert.is(server.requests[1]?.headers.range, `bytes=${kept}-`);
    assert.is(server.requests[1]?.headers['if-range'], '"v1"');
    assert.is(server.requests[1]?.sent, content.length - kept);
    assert.is((op.progressed[0] as DownloadProgress).done, kept);
    assert.is(sha256Of(await readFile(file)), sha256);
    assert.equal(await readdir(folder), ['file']);
  }),
);

test(
  'resumes under a date that is old enough, and not under a weak tag or no validator',
  withPlace(async ({ server, file }) => {
    // So young, for as long as the test may take, that another version could carry the same date.
    const tooYoung = new Date(Date.now() + 3_600_000).toUTCString();
    const cases = [
      { etag: 'W/"v1"', resumed: true, ifRange: 'Mon, 01 Jan 2024 00:00:00 GMT' },
      { etag: 'W/"v1"', lastModified: tooYoung, resumed: false },
      { etag: null, lastModified: null, resumed: false },
    ];
    for (const { resumed, ifRange, ...validators } of cases) {
      const url = server.serve('/file', { content, ...validators, faults: [cutAt(CUT, file)] });
      await rejects(download({ url, file }, recordingContext()), Error);
      const kept = await keptBytes(file);
      const result = await download({ url, file }, recordingContext());
      assert.ok(kept > 0);
      assert.is(result.resumedFrom, resumed ? kept : 0);
      assert.is(server.requests.at(-1)?.headers['if-range'], ifRange);
      assert.is(result.sha256, sha256);
    }
  }),
);

test(
  'resumes without a validator where a SHA-256 will tell',
  withPlace(async ({ server, file }) => {
    const bare = { content, etag: null, lastModified: null };
    const url = server.serve('/file', { ...bare, faults: [cutAt(CUT, file)] });

    await rejects(download({ url, file, sha256 }, recordingContext()), Error);
    const kept = await keptBytes(file);
    const result = await download({ url, file, sha256 }, recordingContext());

    assert.is(result.resumedFrom, kept);
    assert.is(server.requests[1]?.headers.range, `bytes=${kept}-`);
  }),
);

test(
  'starts over when the file has changed, and mixes nothing',
  withPlace(async ({ server, file }) => {
    const url = server.serve('/file', { content, faults: [cutAt(CUT, file)] });
    await rejects(download({ url, file }, recordingContext()), Error);
    const newer = sampleBytes(250_000, 2);
    server.serve('/file', { content: newer });

    const result = await download({ url, file }, recordingContext());

    assert.equal(result, { file, bytes: 250_000, sha256: sha256Of(newer), resumedFrom: 0 });
    assert.is(sha256Of(await readFile(file)), sha256Of(newer));
  }),
);

test(
  'starts over on a server without ranges, and for another URL',
  withPlace(async ({ server, file }) => {
    const url = server.serve('/file', { content, ranges: false, faults: [cutAt(CUT, file)] });
    await rejects(download({ url, file }, recordingContext()), Error);
    assert.is((await download({ url, file }, recordingContext())).resumedFrom, 0);

    const other = server.serve('/other', { content, etag: '"v1"', faults: [cutAt(CUT, file)] });
    await rejects(download({ url: other, file }, recordingContext()), Error);
    assert.is((await download({ url, file }, recordingContext())).resumedFrom, 0);
    assert.is(server.requests.at(-1)?.headers.range, undefined);
  }),
);

test(
  'refuses a wrong range, and starts over after it',
  withPlace(async ({ server, file }) => {
    const headers: ((kept: number) => string)[] = [
      kept => `bytes ${kept - 1}-299999/300000`,
      kept => `bytes ${kept}-299999/300001`,
      () => 'nonsense',
    ];
    for (const wrong of headers) {
      const url = server.serve('/file', { content, faults: [cutAt(CUT, file)] });
      await rejects(download({ url, file }, recordingContext()), Error);
      const header = wrong(await keptBytes(file));
      const fault: Fault = { kind: 'headers', headers: { 'content-range': header } };
      server.serve('/file', { content, faults: [fault] });

      const error = await rejects(download({ url, file }, recordingContext()), TransferError);

      assert.is(error.details.contentRange, header);
      assert.is((await readFile(`${file}.part`)).length, 0);
      const result = await download({ url, file }, recordingContext());
      assert.is(result.resumedFrom, 0);
      assert.is(result.sha256, sha256);
    }
  }),
);

test(
  'asks again within the attempt when a server gives less than the range',
  withPlace(async ({ server, file }) => {
    const cap: Fault = { kind: 'cap', bytes: 90_000 };
    const url = server.serve('/file', { content, faults: [cutAt(CUT, file), cap, cap] });
    await rejects(download({ url, file }, recordingContext()), Error);
    const kept = await keptBytes(file);

    assert.is((await download({ url, file }, recordingContext())).sha256, sha256);

    const ranges = server.requests.map(request => request.headers.range);
    const next = [kept, kept + 90_000, kept + 180_000].map(from => `bytes=${from}-`);
    assert.equal(ranges, [undefined, ...next]);
  }),
);

test(
  'takes "nothing after that" as complete only when the size agrees',
  withPlace(async ({ server, file }) => {
    const unknown = { content, length: false };
    const url = server.serve('/file', { ...unknown, faults: [{ kind: 'hang', after: 300_000 }] });
    await rejects(download({ url, file, idleTimeout: 400 }, recordingContext()), Error);
    const complete = await download({ url, file }, recordingContext());
    assert.is(complete.resumedFrom, 300_000);
    assert.is(server.requests[1]?.status, 416);

    const hang: Fault = { kind: 'hang', after: 100_000 };
    server.serve('/file', { ...unknown, etag: '"v1"', faults: [hang] });
    await rejects(download({ url, file, idleTimeout: 400 }, recordingContext()), Error);
    const shorter = sampleBytes(50_000, 3);
    server.serve('/file', { content: shorter, etag: '"v1"' });
    const restarted = await download({ url, file }, recordingContext());
    assert.equal(restarted.sha256, sha256Of(shorter));
    assert.is(restarted.resumedFrom, 0);
  }),
);

test(
  'asks a server with ranges for the rest when an end of unannounced length proves nothing',
  withPlace(async ({ server, file }) => {
    const unknown = { content, length: false };
    const url = server.serve('/file', { ...unknown, faults: [cutAt(CUT, file)] });

    const result = await download({ url, file }, recordingContext());

    assert.is(result.sha256, sha256);
    const ranges = server.requests.map(request => request.headers.range);
    assert.equal(ranges, [undefined, 'bytes=100000-']);
    server.serve('/file', { ...unknown, faults: [cutAt(content.length, file)] });
    await download({ url, file }, recordingContext());
    assert.is(server.requests.at(-1)?.status, 416, 'there is nothing after a whole file');
  }),
);

test(
  'warns where nothing tells the end, and gives a wrong SHA-256 of such a file another attempt',
  withPlace(async ({ server, file }) => {
    const mute = { content, length: false, ranges: false };
    const url = server.serve('/file', { ...mute, faults: [cutAt(CUT, file), cutAt(CUT, file)] });

    await rejects(download({ url, file, sha256 }, recordingContext()), TransferError);
    const op = recordingContext();
    const unchecked = await download({ url, file }, op);
    const checked = await download({ url, file, sha256 }, recordingContext());

    assert.is(unchecked.bytes, CUT);
    assert.ok(op.logged.includes('the server does not say where the file ends'));
    assert.is(checked.bytes, content.length);
  }),
);

test(
  'gives up on a wrong SHA-256 at once when the file came in one go',
  withPlace(async ({ server, folder, file }) => {
    const url = server.serve('/file', { content, faults: [{ kind: 'corrupt' }] });

    const error = await rejects(
      download({ url, file, sha256 }, recordingContext()),
      ValidationError,
    );

    assert.is(error.details.expected, sha256);
    assert.equal(await readdir(folder), []);
  }),
);

test(
  'drops a resumed file of the wrong SHA-256, so that another attempt gets it whole',
  withPlace(async ({ server, folder, file }) => {
    const url = server.serve('/file', { content, faults: [cutAt(CUT, file), { kind: 'corrupt' }] });
    await rejects(download({ url, file, sha256 }, recordingContext()), Error);

    await rejects(download({ url, file, sha256 }, recordingContext()), TransferError);

    assert.equal(await readdir(folder), []);
    assert.is((await download({ url, file, sha256 }, recordingContext())).resumedFrom, 0);
  }),
);

test(
  'reports a body that ends early or goes on too long, and keeps its beginning',
  withPlace(async ({ server, file }) => {
    const url = server.serve('/file', { content, faults: [cutAt(70_000, file, 'short')] });
    const early = await rejects(download({ url, file }, recordingContext()), Error);
    assert.ok(!(early instanceof ValidationError));
    const kept = await keptBytes(file);
    assert.is(kept, 70_000);

    const headers = { 'content-range': `bytes ${kept}-299999/300000`, 'content-length': '10' };
    server.serve('/file', { content, faults: [{ kind: 'headers', headers }] });
    const less = await rejects(download({ url, file }, recordingContext()), TransferError);
    assert.equal(less.details, { received: kept + 10, announced: 300_000 });

    const long: Fault = {
      kind: 'headers',
      headers: { 'content-range': `bytes ${kept + 10}-${kept + 19}/300000` },
    };
    server.serve('/file', { content, faults: [long] });
    const tooMuch = await rejects(download({ url, file }, recordingContext()), TransferError);
    assert.match(tooMuch.message, /sent more than it announced/);
    assert.is((await download({ url, file }, recordingContext())).sha256, sha256);
  }),
);

test(
  'trusts the part only as far as it was synced, and drops what lies behind',
  withPlace(async ({ server, file }) => {
    const url = server.serve('/file', { content, etag: '"v1"', faults: [cutAt(CUT, file)] });
    await rejects(download({ url, file }, recordingContext()), Error);
    // As after a crash of the machine: the record is older than the part, whose end is holes.
    const record = JSON.parse(await readFile(`${file}.part.json`, 'utf8'));
    await writeFile(`${file}.part.json`, JSON.stringify({ ...record, durable: 40_000 }));
    const part = await readFile(`${file}.part`);
    await writeFile(`${file}.part`, part.fill(0, 40_000));

    const result = await download({ url, file, sha256 }, recordingContext());

    assert.is(result.resumedFrom, 40_000);
  }),
);

test(
  'starts over when the record of the part is missing, torn or of the future',
  withPlace(async ({ server, file }) => {
    const url = server.serve('/file', { content });
    const known = { url, etag: '"v1"', lastModified: null, total: 400_000, durable: 400_000 };
    const future = JSON.stringify({ ...known, format: 2, complete: null });
    for (const record of [undefined, '{"format":1,"url"', future]) {
      await writeFile(`${file}.part`, sampleBytes(400_000, 9));
      if (record !== undefined) await writeFile(`${file}.part.json`, record);

      const result = await download({ url, file }, recordingContext());

      assert.equal(result, { file, bytes: content.length, sha256, resumedFrom: 0 });
    }
  }),
);

test.run();

import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sampleBytes } from '../../../adapters/cli/tour/faulty-server.ts';
import { AttemptTimeoutError, ValidationError } from '../../../services/errors.ts';
import {
  type DownloadProgress,
  download,
  HttpStatusError,
} from '../../../services/operations/download.ts';
import { until } from '../../support/cli.ts';
import { recordingContext } from '../../support/operation-context.ts';
import { rejects } from '../../support/rejects.ts';
import { sha256Of, withPlace } from './download-fixture.ts';

const content = sampleBytes(300_000);
const sha256 = sha256Of(content);
const test = suite('download');

test(
  'writes the file, and leaves nothing beside it',
  withPlace(async ({ server, folder, file }) => {
    const url = server.serve('/file', { content });

    const result = await download({ url, file, sha256 }, recordingContext());

    assert.equal(result, { file, bytes: content.length, sha256, resumedFrom: 0 });
    assert.equal(sha256Of(await readFile(file)), sha256);
    assert.equal(await readdir(folder), ['file']);
    assert.is(server.requests[0]?.headers['accept-encoding'], 'identity');
  }),
);

test(
  'makes missing folders, and sends the headers it was given',
  withPlace(async ({ server, folder }) => {
    const url = server.serve('/file', { content });
    const file = join(folder, 'a', 'b', 'file');

    await download({ url, file, headers: { Authorization: 'Bearer x' } }, recordingContext());

    assert.is((await readFile(file)).length, content.length);
    assert.is(server.requests[0]?.headers.authorization, 'Bearer x');
  }),
);

test(
  'takes an empty file, and one of unannounced length',
  withPlace(async ({ server, folder }) => {
    const empty = server.serve('/empty', { content: new Uint8Array() });
    const chunked = server.serve('/chunked', { content, length: false });

    const nothing = await download({ url: empty, file: join(folder, 'e') }, recordingContext());
    const all = await download({ url: chunked, file: join(folder, 'c') }, recordingContext());

    assert.is(nothing.bytes, 0);
    assert.is(all.sha256, sha256);
  }),
);

test(
  'follows redirects',
  withPlace(async ({ server, file }) => {
    server.serve('/file', { content });
    const fault = { kind: 'redirect', to: '/file' } as const;
    const url = server.serve('/moved', { content: new Uint8Array(), faults: [fault] });

    assert.is((await download({ url, file }, recordingContext())).sha256, sha256);
  }),
);

test(
  'says how far it is at most ten times a second, with the speed, and at the end',
  withPlace(async ({ server, file }) => {
    const url = server.serve('/file', { content, pace: 500_000 });
    const op = recordingContext();

    await download({ url, file }, op);

    const progress = op.progressed as DownloadProgress[];
    assert.equal(progress[0], { done: 0, total: content.length, bytesPerSecond: 0 });
    assert.is(progress.at(-1)?.done, content.length);
    assert.ok(progress.length >= 3 && progress.length <= 12, `${progress.length} values`);
    const speed = progress.at(-1)?.bytesPerSecond ?? 0;
    // On a busy machine it comes in lumps.
    assert.ok(speed > 50_000 && speed < 2_500_000, `${speed} bytes a second`);
  }),
);

test(
  'reports a refusal with its status and the wait that the server asks for',
  withPlace(async ({ server, file }) => {
    const inAMinute = new Date(Date.now() + 60_000).toUTCString();
    const url = server.serve('/file', {
      content,
      faults: [
        { kind: 'status', status: 503, retryAfter: '7' },
        { kind: 'status', status: 429, retryAfter: inAMinute },
        { kind: 'status', status: 500 },
      ],
    });

    const seconds = await rejects(download({ url, file }, recordingContext()), HttpStatusError);
    const date = await rejects(download({ url, file }, recordingContext()), HttpStatusError);
    const none = await rejects(download({ url, file }, recordingContext()), HttpStatusError);

    assert.is(seconds.status, 503);
    assert.is(seconds.retryAfter, 7_000);
    assert.is(seconds.url, url);
    assert.ok((date.retryAfter ?? 0) > 50_000 && (date.retryAfter ?? 0) <= 60_000);
    assert.is(none.retryAfter, undefined);
  }),
);

test(
  'fails with a timeout when the server falls silent, before the head or after it',
  withPlace(async ({ server, file }) => {
    const faults = [{ kind: 'hang' }, { kind: 'hang', after: 1000 }] as const;
    const url = server.serve('/file', { content, faults });

    for (const expected of [0, 1000]) {
      const attempt = download({ url, file, idleTimeout: 300 }, recordingContext());
      const error = await rejects(attempt, AttemptTimeoutError);
      assert.equal(error.details, { limit: 'idleTimeout', idleTimeout: 300 });
      assert.is((await readFile(`${file}.part`)).length, expected);
    }
  }),
);

test(
  'stops with the reason of its signal, and keeps what it has',
  withPlace(async ({ server, file }) => {
    const url = server.serve('/file', { content, faults: [{ kind: 'hang', after: 5000 }] });
    const stop = new AbortController();
    const op = recordingContext({ signal: stop.signal });
    const reason = new ValidationError('enough');
    const ended = rejects(download({ url, file }, op), ValidationError);
    const size = () =>
      stat(`${file}.part`).then(
        part => part.size,
        () => 0,
      );
    await until(async () => (await size()) === 5000);
    stop.abort(reason);

    assert.is(await ended, reason);

    const record = JSON.parse(await readFile(`${file}.part.json`, 'utf8'));
    assert.is(record.durable, 5000);
    assert.is((await download({ url, file }, recordingContext())).resumedFrom, 5000);
  }),
);

test(
  'sends nothing when its signal is aborted already',
  withPlace(async ({ server, file }) => {
    const url = server.serve('/file', { content });
    const op = recordingContext({ signal: AbortSignal.abort(new ValidationError('no')) });

    await rejects(download({ url, file }, op), ValidationError);

    assert.is(server.requests.length, 0);
  }),
);

test(
  'refuses input that no retry can mend, naming all of it',
  withPlace(async ({ server, folder, file }) => {
    const url = server.serve('/file', { content });
    const refused: [Record<string, unknown>, RegExp][] = [
      [{ url: 'ftp://host/file', file }, /url: must be http or https, got ftp:/],
      [{ url: 'no url', file }, /url: is not a URL, got "no url"/],
      [{ url: 'http://me:secret@host/', file }, /must not carry credentials/],
      [{ url, file: '' }, /file: must not be empty/],
      [{ url, file: `${folder}/` }, /must name a file/],
      [{ url, file: folder }, /is a folder/],
      [{ url, file, sha256: 'abc' }, /sha256: must be 64 hexadecimal digits/],
      [{ url, file, headers: { Range: 'bytes=1-' } }, /Range is set by the download itself/],
      [{ url, file, headers: { 'bad name': 'x' } }, /headers: /],
      [{ url, file, idleTimeout: 0 }, /idleTimeout/],
      [{ url, file, extra: 1 }, /extra/],
      [{ url: 'x:', file: '' }, /url: .*; file: /],
    ];
    for (const [input, message] of refused) {
      const attempt = download(input as never, recordingContext());
      assert.match((await rejects(attempt, ValidationError)).message, message);
    }
    await writeFile(file, 'a file');
    const below = download({ url, file: join(file, 'below') }, recordingContext());
    assert.match((await rejects(below, ValidationError)).message, /is not a folder/);
    assert.is(server.requests.length, 0);
  }),
);

test(
  'refuses a compressed answer rather than count the wrong bytes',
  withPlace(async ({ server, file }) => {
    const fault = { kind: 'headers', headers: { 'content-encoding': 'gzip' } } as const;
    const url = server.serve('/file', { content, faults: [fault] });

    const error = await rejects(download({ url, file }, recordingContext()), ValidationError);

    assert.equal(error.details, { encoding: 'gzip' });
  }),
);

test.run();

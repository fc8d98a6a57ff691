import { readdir, readFile } from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type Fault,
  type SeenRequest,
  sampleBytes,
} from '../../../adapters/cli/tour/faulty-server.ts';
import { OperationExhaustedError, OperationFailedError } from '../../../index.ts';
import type { DownloadProgress, HttpStatusError } from '../../../operations.ts';
import { rejects } from '../../support/rejects.ts';
import { sha256Of } from './download-fixture.ts';
import { SMALL, withDownloads } from './downloads-fixture.ts';

export const suiteTimeout = 60_000;
const content = sampleBytes(300_000);
const sha256 = sha256Of(content);
const test = suite('downloads, in ranges');

const starts = (requests: readonly SeenRequest[]) =>
  requests.map(({ headers }) => Number(/^bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? -1));
const sent = (requests: readonly SeenRequest[]) =>
  requests.reduce((sum, request) => sum + request.sent, 0);

test(
  'fetches a large file in ranges, each once and each a step',
  withDownloads(async ({ server, folder, file, manage, recovery }) => {
    const url = server.serve('/file', { content, etag: '"v1"' });
    const downloads = manage(SMALL);

    const handle = await downloads.start({ url, file: 'file', sha256 });
    const result = await handle.result();

    assert.equal(result, { file, bytes: content.length, sha256, resumedFrom: 0 });
    assert.is(sha256Of(await readFile(file)), sha256);
    assert.equal(await readdir(folder), ['file']);
    const all = [0, 50_000, 100_000, 150_000, 200_000, 250_000];
    assert.equal(
      starts(server.requests).sort((a, b) => a - b),
      all,
    );
    assert.ok(server.requests.slice(1).every(({ headers }) => headers['if-range'] === '"v1"'));
    const steps = (await recovery.steps(handle.id)).map(({ name }) => name);
    assert.is(steps.filter(name => /^range \d of 6 \([0-9a-f]{12}\)$/.test(name)).length, 6);
    assert.ok(steps.includes('transfer'));
  }),
);

test(
  'has as many ranges under way as it may, and no more',
  withDownloads(async ({ server, manage }) => {
    let most = 0;
    const faultFor = () => {
      const open = server.requests.filter(
        ({ status, sent: bytes }) => status === 0 || bytes < 50_000,
      );
      most = Math.max(most, open.length);
      return undefined;
    };
    const url = server.serve('/file', { content, faultFor, pace: 400_000 });

    await manage({ ...SMALL, ranges: 3 }).run({ url, file: 'file', sha256 });

    assert.is(most, 3);
  }),
);

test(
  'asks one connection after the other, for what is next while the rest of what is before it comes',
  withDownloads(async ({ server, manage }) => {
    let early = 0;
    const faultFor = () => {
      const before = server.requests.at(-2);
      if (before !== undefined && before.sent < 50_000) early += 1;
      return undefined;
    };
    const url = server.serve('/file', { content, faultFor, pace: 800_000 });

    await manage({ ...SMALL, ranges: 1 }).run({ url, file: 'file', sha256 });

    assert.equal(starts(server.requests), [0, 50_000, 100_000, 150_000, 200_000, 250_000]);
    // A busy machine may come too late for some of the five.
    assert.ok(early >= 2, `${early} of 5`);
  }),
);

test(
  'takes one stream where the file is small, has no validator or no ranges',
  withDownloads(async ({ server, manage }) => {
    const downloads = manage(SMALL);
    const small = sampleBytes(40_000);
    const cases = [
      { file: { content: small }, requests: ['bytes=0-49999'] },
      { file: { content, ranges: false }, requests: ['bytes=0-49999'] },
      {
        file: { content, etag: null, lastModified: null },
        requests: ['bytes=0-49999', undefined],
      },
      { file: { content: new Uint8Array() }, requests: ['bytes=0-49999'] },
    ];
    for (const [index, { file, requests }] of cases.entries()) {
      const path = `/${index}`;
      const result = await downloads.run({ url: server.serve(path, file), file: `${index}` });
      assert.is(result.sha256, sha256Of(file.content));
      assert.equal(
        server.seen(path).map(({ headers }) => headers.range),
        requests,
      );
    }
  }),
);

test(
  'goes on with each range where its connection broke, and fetches nothing twice',
  withDownloads(async ({ server, manage }) => {
    // Each request of the first attempts ends after some bytes, and every third one before any.
    const faultFor = (_: SeenRequest, number: number): Fault | undefined =>
      number > 12
        ? undefined
        : { kind: 'short', after: (number % 3) * 10_000, once: () => Promise.resolve() };
    const url = server.serve('/file', { content, faultFor });

    const result = await manage({
      ...SMALL,
      policy: { maxRetries: 30, breakerOptions: { threshold: 30 } },
    }).run({
      url,
      file: 'file',
      sha256,
    });

    assert.is(result.sha256, sha256);
    // What is sent while a connection is given up for another one's sake is lost, and no more than that.
    assert.ok(sent(server.requests) < 1.5 * content.length, `${sent(server.requests)} were sent`);
  }),
);

test(
  'starts again from nothing when the file changes between two ranges',
  withDownloads(async ({ server, folder, file, manage }) => {
    const newer = sampleBytes(280_000, 5);
    for (const [index, etag] of ['"v2"', undefined].entries()) {
      const faultFor = (_: SeenRequest, number: number): Fault | undefined =>
        number === 4
          ? { kind: 'become', file: { content: newer, ...(etag && { etag }) } }
          : undefined;
      const url = server.serve(`/${index}`, { content, etag: '"v1"', faultFor });

      const result = await manage({ ...SMALL, name: `d ${index}` }).run({ url, file: 'file' });

      assert.is(result.sha256, sha256Of(newer));
      assert.is(sha256Of(await readFile(file)), sha256Of(newer));
      assert.equal(await readdir(folder), ['file']);
    }
  }),
);

test(
  'takes a range of another version for a change where a server passes over If-Range',
  withDownloads(async ({ server, manage }) => {
    const newer = sampleBytes(300_000, 6);
    const newerTag = { kind: 'headers', headers: { etag: '"v2"' } } as const;
    const faultFor = ({ headers }: SeenRequest, number: number): Fault | undefined =>
      number > 1 && headers['if-range'] === '"v1"' ? newerTag : undefined;
    const url = server.serve('/file', { content, etag: '"v1"', faultFor });
    const first = manage({ ...SMALL, policy: { maxRetries: 0 } }).run({ url, file: 'file' });
    await rejects(first, Error);
    server.serve('/file', { content: newer, etag: '"v2"' });

    const result = await manage({ ...SMALL, name: 'again' }).run({ url, file: 'file' });

    assert.is(result.sha256, sha256Of(newer));
  }),
);

test(
  'takes one stream after a server has sent a wrong range',
  withDownloads(async ({ server, manage }) => {
    const wrong = ['bytes 0-49999/300000', 'bytes 50000-120000/300000', 'nonsense'];
    for (const [index, header] of wrong.entries()) {
      const faultFor = ({ headers }: SeenRequest): Fault | undefined =>
        headers.range?.startsWith('bytes=50000-')
          ? { kind: 'headers', headers: { 'content-range': header } }
          : undefined;
      const path = `/${index}`;
      const url = server.serve(path, { content, faultFor });

      const result = await manage({ ...SMALL, name: path }).run({ url, file: `${index}`, sha256 });

      assert.is(result.sha256, sha256);
      assert.is(server.seen(path).at(-1)?.headers.range, undefined);
    }
  }),
);

test(
  'makes do with fewer connections where the server refuses more, and fails where it refuses all',
  withDownloads(async ({ server, manage }) => {
    const busy: Fault = { kind: 'status', status: 503, retryAfter: '0' };
    let open = 0;
    const faultFor = (request: SeenRequest): Fault | undefined => {
      open = server.requests.filter(one => one.status === 206 && one.sent < 50_000).length;
      return open >= 2 && request.status === 0 ? busy : undefined;
    };
    const url = server.serve('/file', { content, faultFor, pace: 400_000 });
    const handle = await manage(SMALL).start({ url, file: 'file', sha256 });
    assert.is((await handle.result()).sha256, sha256);
    assert.is(handle.actor.getSnapshot().context.attempt, 1, 'no attempt was lost to it');

    const closed = server.serve('/closed', { content, faults: [], faultFor: () => busy });
    const attempt = manage({ ...SMALL, name: 'closed', policy: { maxRetries: 1 } }).run({
      url: closed,
      file: 'closed',
    });
    const error = await rejects(attempt, OperationExhaustedError);
    assert.is((error.cause as HttpStatusError).code, 'HTTP_STATUS');
  }),
);

test(
  'finds a corrupt range by the SHA-256, and asks for all of it in one go',
  withDownloads(async ({ server, manage }) => {
    const corrupt = ({ headers }: SeenRequest): Fault | undefined =>
      headers.range?.startsWith('bytes=100000-') ? { kind: 'corrupt' } : undefined;
    const url = server.serve('/file', { content, faultFor: corrupt });

    const result = await manage(SMALL).run({ url, file: 'file', sha256 });

    assert.is(result.sha256, sha256);
    assert.is(server.requests.at(-1)?.headers.range, undefined);

    const always = server.serve('/other', { content: sampleBytes(300_000, 8) });
    const error = await rejects(
      manage({ ...SMALL, name: 'other' }).run({ url: always, file: 'other', sha256 }),
      OperationFailedError,
    );
    assert.match(error.message, /is not the expected file/);
    assert.ok(server.seen('/other').length <= 8, 'it is fetched twice and not eleven times');
  }),
);

test(
  'gives up all ranges with the operation, and keeps what has come',
  withDownloads(async ({ server, folder, manage }) => {
    const url = server.serve('/file', { content, pace: 100_000 });
    const downloads = manage(SMALL);
    const handle = await downloads.start({ url, file: 'file' });
    while (sent(server.requests) < 60_000) await new Promise(resolve => setTimeout(resolve, 5));

    await handle.cancel('enough');
    await rejects(handle.result(), Error);

    const record = async () =>
      JSON.parse(await readFile(`${folder}/file.part.json`, 'utf8')) as {
        ranges: { durable: number[]; ends: number[] };
      };
    const kept = ({ ranges }: Awaited<ReturnType<typeof record>>) =>
      ranges.durable.reduce((sum, at, i) => sum + at - (ranges.ends[i - 1] ?? 0), 0);
    while (kept(await record()) === 0) await new Promise(resolve => setTimeout(resolve, 5));
    server.serve('/file', { content });
    const result = await downloads.run({ url, file: 'file', sha256 });
    assert.ok(result.resumedFrom > 0, `${result.resumedFrom} bytes were kept`);
  }),
);

test(
  'adds the bytes of all ranges up in its progress',
  withDownloads(async ({ server, manage, recovery }) => {
    const url = server.serve('/file', { content, pace: 300_000 });
    const values: DownloadProgress[] = [];
    recovery.progress$.subscribe(({ value }) => values.push(value as DownloadProgress));

    await manage(SMALL).run({ url, file: 'file' });

    assert.equal(values[0], { done: 0, total: content.length, bytesPerSecond: 0 });
    assert.is(values.at(-1)?.done, content.length);
    assert.ok(values.every(({ done }, i) => done >= (values[i - 1]?.done ?? 0)));
    const middle = values.find(({ done, bytesPerSecond }) => done > 100_000 && bytesPerSecond > 0);
    assert.ok(middle && (middle.eta ?? 0) > 0, 'and says how long it will take');
  }),
);

test.run();

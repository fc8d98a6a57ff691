import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sampleBytes } from '../../../adapters/cli/tour/faulty-server.ts';
import { type DownloadProgress, download } from '../../../services/operations/download.ts';
import { until } from '../../support/cli.ts';
import { recordingContext } from '../../support/operation-context.ts';
import { programFile, SHORT_LIFE } from '../../support/programs.ts';
import { rejects } from '../../support/rejects.ts';
import { cutAt, type Place, sha256Of, withPlace } from './download-fixture.ts';

export const suiteTimeout = 60_000;
const content = sampleBytes(300_000);
const sha256 = sha256Of(content);
const child = programFile(new URL('download-child.js', import.meta.url));
const test = suite('download, crashed');

/** Runs the child until it has this many bytes, and kills it; resolves to what it last reported. */
async function killAt({ file }: Place, url: string, bytes: number): Promise<number> {
  const running = spawn(process.execPath, [...SHORT_LIFE, child, url, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(running, 'exit');
  let done = 0;
  for await (const line of createInterface({ input: running.stdout })) {
    done = (JSON.parse(line) as DownloadProgress).done;
    if (done >= bytes) running.kill('SIGKILL');
  }
  assert.equal(await exited, [null, 'SIGKILL']);
  return done;
}

test(
  'goes on after each of three SIGKILLs, and loses less than a second of bytes',
  withPlace(async place => {
    const pace = 80_000;
    const url = place.server.serve('/file', { content, pace });
    let before = 0;
    for (const bytes of [60_000, 130_000, 200_000]) {
      const done = await killAt(place, url, bytes);
      const record = JSON.parse(await readFile(`${place.file}.part.json`, 'utf8'));
      assert.ok(record.durable > before, 'each process adds something');
      assert.ok(record.durable > done - pace, `${record.durable} of ${done} bytes are kept`);
      before = record.durable;
    }
    place.server.serve('/file', { content });

    const result = await download({ url, file: place.file, sha256 }, recordingContext());

    assert.is(result.resumedFrom, before);
    assert.is(place.server.requests.at(-1)?.sent, content.length - before);
    assert.equal(await readdir(place.folder), ['file']);
  }),
);

test(
  'knows its own finished file after a crash between the rename and the commit',
  withPlace(async ({ server, file }) => {
    const url = server.serve('/file', { content });
    const crash = new TypeError('crash');
    const crashing = {
      ...recordingContext(),
      step: async <T>(_name: string, fn: () => T | PromiseLike<T>): Promise<T> => {
        await fn();
        throw crash;
      },
    };
    assert.is(await rejects(download({ url, file }, crashing), TypeError), crash);

    const result = await download({ url, file }, recordingContext());

    assert.equal(result, { file, bytes: content.length, sha256, resumedFrom: content.length });
    assert.is(server.requests.length, 1, 'it is not fetched again');
  }),
);

test(
  'cleans up after a crash behind the commit, without touching the file',
  withPlace(async ({ server, folder, file }) => {
    const url = server.serve('/file', { content });
    const steps = new Map<string, unknown>();
    await download({ url, file }, recordingContext({ steps }));
    const record = {
      format: 1,
      url,
      etag: null,
      lastModified: null,
      total: content.length,
      durable: content.length,
      complete: sha256,
    };
    await writeFile(`${file}.part.json`, JSON.stringify(record));

    await download({ url, file }, recordingContext({ steps }));

    assert.equal(await readdir(folder), ['file']);
    assert.is(server.requests.length, 1);
  }),
);

test(
  'takes a file that is there with the right SHA-256, and replaces any other only when it is done',
  withPlace(async ({ server, folder, file }) => {
    const cut = cutAt(1000, file);
    const url = server.serve('/file', { content, faults: [cut] });
    await writeFile(file, 'an older file');

    await rejects(download({ url, file, sha256 }, recordingContext()), Error);
    assert.is(await readFile(file, 'utf8'), 'an older file');

    await download({ url, file, sha256 }, recordingContext());
    const again = await download({ url, file, sha256 }, recordingContext());
    assert.is(again.resumedFrom, content.length);
    assert.is(server.requests.length, 2);

    await rm(file);
    server.serve('/file', { content, faults: [cut] });
    await rejects(download({ url, file, sha256 }, recordingContext()), Error);
    await writeFile(file, content);
    await download({ url, file, sha256 }, recordingContext());
    assert.is(server.requests.length, 3, 'it came from elsewhere in the meantime');
    assert.equal(await readdir(folder), ['file']);

    await rm(file);
    await download({ url, file }, recordingContext());
    await download({ url, file }, recordingContext());
    assert.is(server.requests.length, 5, 'without a SHA-256 nobody knows, so it is fetched');
  }),
);

test(
  'lets one attempt at a time write a part',
  withPlace(async ({ server, file }) => {
    const url = server.serve('/file', { content, faults: [{ kind: 'hang', after: 50_000 }] });
    const stop = new AbortController();
    const first = download({ url, file }, recordingContext({ signal: stop.signal }));
    const written = async () => (await stat(`${file}.part`).catch(() => undefined))?.size;
    await until(async () => (await written()) === 50_000);
    const second = download({ url, file }, recordingContext());
    const patience = new AbortController();
    const impatient = download({ url, file }, recordingContext({ signal: patience.signal }));
    const hopeless = download({ url, file }, recordingContext({ signal: AbortSignal.abort() }));

    await rejects(hopeless, DOMException);
    patience.abort();
    await rejects(impatient, DOMException);
    assert.is(server.requests.length, 1, 'nobody but the first has asked');
    stop.abort(new RangeError('first'));
    await rejects(first, RangeError);

    assert.is((await second).resumedFrom, 50_000);
    assert.is(server.requests.length, 2);
  }),
);

test(
  'keeps what fits on a full disk, and goes on when there is room',
  withPlace(async ({ server, file }) => {
    const large = sampleBytes(3_000_000, 7);
    const url = server.serve('/file', { content: large });
    // A limit on the size of files stands for the full disk; shells count it in blocks of 512 bytes or of 1 KiB.
    const limited = promisify(execFile)('sh', [
      '-c',
      `ulimit -f 2000; exec "${process.execPath}" "${child}" "${url}" "${file}"`,
    ]);
    const error = (await rejects(limited, Error)) as Error & { stderr?: string };
    assert.match(error.stderr ?? '', /EFBIG|ENOSPC/);

    const result = await download({ url, file }, recordingContext());

    const { resumedFrom } = result;
    assert.ok(resumedFrom > 500_000 && resumedFrom <= 2_048_000, `${resumedFrom} bytes were kept`);
    assert.is(result.sha256, sha256Of(large));
  }),
);

test.run();

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sampleBytes } from '../../../adapters/cli/tour/faulty-server.ts';
import type { DownloadProgress, DownloadResult } from '../../../operations.ts';
import { many } from '../../support/extent.ts';
import { programFile, SHORT_LIFE } from '../../support/programs.ts';
import { sha256Of, withPlace } from './download-fixture.ts';
import type { ChildOrder } from './downloads-child.ts';

export const suiteTimeout = 240_000;
const child = programFile(new URL('downloads-child.js', import.meta.url));
const test = suite('downloads, crashed');
const KILLS = many(20, 5);

interface Life {
  /** Bytes that were there when it began. */
  readonly from: number;
  /** Bytes that it last told of. */
  readonly to: number;
  readonly end?: { readonly result: DownloadResult; readonly steps: readonly string[] };
}

/** Runs the child, and kills it when it has so many bytes. */
async function live(order: ChildOrder, killAt = Number.POSITIVE_INFINITY): Promise<Life> {
  const running = spawn(process.execPath, [...SHORT_LIFE, child, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(running, 'exit');
  let from: number | undefined;
  let to = 0;
  let end: Life['end'];
  for await (const line of createInterface({ input: running.stdout })) {
    const told = JSON.parse(line) as DownloadProgress & NonNullable<Life['end']>;
    if (told.result !== undefined) {
      end = told;
      continue;
    }
    from ??= told.done;
    to = told.done;
    if (to >= killAt) running.kill('SIGKILL');
  }
  await exited;
  return { from: from ?? 0, to, ...(end && { end }) };
}

test(
  `is killed ${KILLS} times amid its ranges, loses next to nothing, and is whole in the end`,
  withPlace(async ({ server, folder }) => {
    const content = sampleBytes(KILLS * 2_000_000);
    const sha256 = sha256Of(content);
    const url = server.serve('/file', { content, pace: 8_000_000 });
    const options = { root: folder, ranges: 3, rangesFrom: 2_000_000 };
    const order = { input: { url, file: 'file', sha256 }, options };
    let before = 0;
    let lost = 0;
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const { from, to } = await live(order, (content.length * kill) / (KILLS + 1));
      lost += Math.max(0, before - from);
      before = to;
    }
    server.serve('/file', { content });
    const { end } = await live(order);

    assert.is(end?.result.sha256, sha256);
    assert.is(sha256Of(await readFile(join(folder, 'file'))), sha256);
    assert.equal(await readdir(folder), ['file']);
    assert.ok(lost < content.length / 20, `${lost} bytes that had come were not there afterwards`);
    const sent = server.requests.reduce((sum, request) => sum + request.sent, 0);
    assert.ok(sent < 1.5 * content.length, `${sent} bytes were sent`);
  }),
);

test(
  'keeps the ranges that the store has as steps, and does not run them again',
  withPlace(async ({ server, folder }) => {
    const content = sampleBytes(3_000_000);
    const url = server.serve('/file', { content, pace: 800_000 });
    const options = { root: join(folder, 'root'), ranges: 2, rangesFrom: 300_000 };
    const order = { input: { url, file: 'file' }, options, store: join(folder, 'recovery.db') };
    await live(order, 900_000);
    const record = JSON.parse(await readFile(join(folder, 'root', 'file.part.json'), 'utf8'));
    // As after a crash of the machine: what was not synced is holes, and the store knows better than the record what was.
    const { generation, ends } = record.ranges as { generation: string; ends: number[] };
    const whole = ends.filter((end, range) => record.ranges.durable[range] === end).length;
    assert.ok(whole >= 1, `${whole} ranges were whole`);
    server.serve('/file', { content });

    const { end } = await live(order);

    assert.is(end?.result.sha256, sha256Of(content));
    const steps = end?.steps.filter(name => name.includes(generation)) ?? [];
    assert.is(steps.length, ends.length);
    const asked = server.requests.filter(({ headers }) => headers.range?.startsWith('bytes=0-'));
    assert.is(asked.length, 1, 'the first range is not asked for again');
  }),
);

test(
  'believes only what was synced after the machine has come up again',
  withPlace(async ({ server, folder }) => {
    const content = sampleBytes(1_000_000);
    const url = server.serve('/file', { content, pace: 400_000 });
    const options = { root: folder, ranges: 2, rangesFrom: 200_000 };
    const order = { input: { url, file: 'file' }, options };
    await live(order, 300_000);
    const at = join(folder, 'file.part.at');
    const positions = await readFile(at);
    // Another run of the system: another name in the same place.
    positions.write('0'.repeat(8), positions.indexOf(' ') + 1);
    await writeFile(at, positions);
    const path = join(folder, 'file.part.json');
    const record = JSON.parse(await readFile(path, 'utf8'));
    const starts = [0, ...record.ranges.ends.slice(0, -1)];
    record.ranges.durable = starts;
    await writeFile(path, JSON.stringify({ ...record, durable: 0 }));
    await writeFile(join(folder, 'file.part'), Buffer.alloc(content.length));
    server.serve('/file', { content });

    const { from, end } = await live(order);

    assert.is(from, 0);
    assert.is(end?.result.sha256, sha256Of(content));
  }),
);

test.run();

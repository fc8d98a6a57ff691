import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sampleBytes } from '../../../adapters/cli/tour/faulty-server.ts';
import { seededRandom } from '../../../adapters/testing/index.ts';
import {
  BlockWriter,
  type SharedBytes,
  type Writable,
  type Written,
} from '../../../services/operations/download/block-writer.ts';
import { ThreadHasher } from '../../../services/operations/download/hash-thread.ts';
import { sha256Of } from './download-fixture.ts';

const test = suite('download, writing and hashing');
const SIZE = 12_000_000;
const content = sampleBytes(SIZE);

/** Chunks of all sizes, each in memory of its own, as they come from a socket. */
function* chunks(random: () => number): Generator<Buffer> {
  const longest = [60, 4_000, 40_000, 300_000];
  for (let at = 0; at < SIZE; ) {
    const most = longest[Math.floor(random() * longest.length)] ?? 1;
    const end = Math.min(SIZE, at + 1 + Math.floor(random() * most));
    yield Buffer.from(Uint8Array.from(content.subarray(at, end)).buffer);
    at = end;
  }
}

function shared(bytes: Uint8Array): SharedBytes {
  const copy = Buffer.from(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

async function withFile(run: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'writing-'));
  try {
    await run(join(folder, 'file'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('chunks of any size come to the file in their order, also where the disk takes a part of a block', () =>
  withFile(async path => {
    const random = seededRandom(5);
    const handle = await open(path, 'w');
    let short = 0;
    const file: Writable = {
      async write(bytes, offset, length, position) {
        const taken = random() < 0.5 ? length : Math.ceil(length * random());
        if (taken < length) short += 1;
        return handle.write(bytes, offset, taken, position);
      },
    };
    const told: number[] = [];
    const writer = new BlockWriter(file, 0, at => {
      told.push(at);
      return false;
    });
    for (const chunk of chunks(random)) {
      await writer.append(chunk);
      // It is not needed any more.
      chunk.fill(0);
    }
    await writer.flush();
    await handle.close();
    assert.is(writer.written, SIZE);
    assert.is(told.at(-1), SIZE);
    assert.ok(short > 0);
    assert.is(sha256Of(await readFile(path)), sha256Of(content));
  }));

test('memory that somebody keeps is not written to before it is given back', () =>
  withFile(async path => {
    const random = seededRandom(6);
    const handle = await open(path, 'w');
    const kept: { readonly written: Written; readonly sum: string }[] = [];
    let given = 0;
    let most = 0;
    const giveBack = () => {
      const first = kept.shift();
      if (first === undefined) return assert.unreachable();
      assert.is(sha256Of(first.written.bytes), first.sum);
      first.written.giveBack();
      given += 1;
    };
    const writer = new BlockWriter(handle, 0, (_, written) => {
      kept.push({ written, sum: sha256Of(written.bytes) });
      most = Math.max(most, kept.length);
      return true;
    });
    const turns = setInterval(() => {
      while (kept.length > 0 && random() < 0.5) giveBack();
    }, 1);
    for (const chunk of chunks(random)) await writer.append(chunk);
    await writer.flush();
    clearInterval(turns);
    await handle.close();
    while (kept.length > 0) giveBack();
    assert.ok(given > 10);
    assert.ok(most <= 5, `${most} blocks were kept, and the writer went on`);
    assert.is(sha256Of(await readFile(path)), sha256Of(content));
  }));

for (const [what, given] of [
  ['all that was written', () => true],
  ['nothing of it', () => false],
  ['now and then something of it', (at: number) => Math.floor(at / 700_000) % 3 === 0],
] as const) {
  test(`the thread has the checksum of the file where it is given ${what}`, () =>
    withFile(async path => {
      const handle = await open(path, 'w');
      const hasher = new ThreadHasher(path, ['sha256', 'sha512']);
      try {
        const writer = new BlockWriter(handle, 0, (at, bytes) =>
          given(at) ? hasher.advance(at, bytes) : hasher.advance(at),
        );
        for (const chunk of chunks(seededRandom(7))) await writer.append(chunk);
        await writer.flush();
        assert.is((await hasher.digests()).sha256, sha256Of(content));
      } finally {
        hasher.close();
        await handle.close();
      }
    }));
}

test('the thread does not read what it was given', () =>
  withFile(async path => {
    const handle = await open(path, 'w');
    const hasher = new ThreadHasher(path, ['sha256']);
    try {
      const short = content.subarray(0, 3_000_000);
      const alive = setInterval(() => undefined, 1_000);
      await hasher.ready;
      clearInterval(alive);
      const back = new Promise<void>(giveBack => {
        assert.ok(hasher.advance(short.length, { bytes: shared(short), giveBack }));
      });
      // Nothing is in the file.
      assert.is((await hasher.digests()).sha256, sha256Of(short));
      await back;
    } finally {
      hasher.close();
      await handle.close();
    }
  }));

test('the thread leaves alone what it is given while it is behind', () =>
  withFile(async path => {
    await writeFile(path, content);
    const hasher = new ThreadHasher(path, ['sha256']);
    try {
      hasher.advance(11_000_000);
      hasher.advance(SIZE, { bytes: shared(Buffer.alloc(1_000_000)), giveBack: () => undefined });
      assert.is((await hasher.digests()).sha256, sha256Of(content));
    } finally {
      hasher.close();
    }
  }));

test.run();

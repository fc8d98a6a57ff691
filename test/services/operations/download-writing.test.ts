import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sampleBytes } from '../../../adapters/cli/tour/faulty-server.ts';
import { seededRandom } from '../../../adapters/testing/index.ts';
import { BlockWriter, type Writable } from '../../../services/operations/download/block-writer.ts';
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
      return undefined;
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

test('memory that somebody still looks at is not written to', () =>
  withFile(async path => {
    const random = seededRandom(6);
    const handle = await open(path, 'w');
    const lent: { readonly bytes: Uint8Array; readonly sum: string }[] = [];
    const writer = new BlockWriter(handle, 0, (_, bytes) => {
      const one = { bytes, sum: sha256Of(bytes) };
      lent.push(one);
      return () => {
        assert.is(sha256Of(one.bytes), one.sum);
        return random() < 0.7;
      };
    });
    for (const chunk of chunks(random)) await writer.append(chunk);
    await writer.flush();
    await handle.close();
    assert.ok(lent.length > 20);
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
      const inUse = hasher.advance(short.length, short);
      assert.ok(inUse?.());
      // Nothing is in the file.
      assert.is((await hasher.digests()).sha256, sha256Of(short));
      assert.not.ok(inUse?.());
    } finally {
      hasher.close();
      await handle.close();
    }
  }));

test.run();

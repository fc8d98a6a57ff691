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
      async writev(pieces, position) {
        const whole = Buffer.concat(pieces);
        const length = random() < 0.5 ? whole.length : Math.ceil(whole.length * random());
        if (length < whole.length) short += 1;
        return handle.write(whole, 0, length, position);
      },
    };
    const told: number[] = [];
    const writer = new BlockWriter(file, 0, at => void told.push(at));
    for (const chunk of chunks(random)) await writer.append(chunk);
    await writer.flush();
    await handle.close();
    assert.is(writer.written, SIZE);
    assert.is(told.at(-1), SIZE);
    assert.ok(short > 0);
    assert.is(sha256Of(await readFile(path)), sha256Of(content));
  }));

test('what was appended is not needed by whoever writes once it was told', () =>
  withFile(async path => {
    const handle = await open(path, 'w');
    const writer = new BlockWriter(handle, 0, (_, pieces) => {
      for (const piece of pieces) piece.fill(0);
    });
    for (const chunk of chunks(seededRandom(6))) await writer.append(chunk);
    await writer.flush();
    await handle.close();
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
        const writer = new BlockWriter(handle, 0, (at, pieces) =>
          given(at) ? hasher.advance(at, pieces) : hasher.advance(at),
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
      hasher.advance(content.length, [new Uint8Array(content)]);
      // Nothing is in the file.
      assert.is((await hasher.digests()).sha256, sha256Of(content));
    } finally {
      hasher.close();
      await handle.close();
    }
  }));

test.run();

import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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
import { headerFields } from '../../../services/operations/download/headers.ts';
import { RangedPart } from '../../../services/operations/download/ranges/ranged-part.ts';
import { rejects } from '../../support/rejects.ts';
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

/** The thread keeps nobody alive while it starts. */
async function ready(hasher: ThreadHasher): Promise<void> {
  const alive = setInterval(() => undefined, 1_000);
  await hasher.ready;
  clearInterval(alive);
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

test('bytes that were put where they go come to the file, however they are mixed with others', () =>
  withFile(async path => {
    const random = seededRandom(8);
    const handle = await open(path, 'w');
    const writer = new BlockWriter(handle, 0, () => false);
    for (let at = 0; at < SIZE; at = writer.position) {
      const length = Math.min(SIZE - at, 1 + Math.floor(random() * 300_000));
      const bytes = content.subarray(at, at + length);
      const { room } = writer;
      // What is written of a block before it is full leaves the room where it is.
      if (random() < 0.2) await sleep(25);
      if (random() < 0.7) {
        room.set(bytes.subarray(0, room.length));
        await writer.append(room.subarray(0, length));
      } else {
        await writer.append(Uint8Array.from(bytes));
      }
    }
    await writer.flush();
    await handle.close();
    assert.is(writer.written, SIZE);
    assert.is(sha256Of(await readFile(path)), sha256Of(content));
  }));

test('what is kept of a stretch is not written to by the next one', () =>
  withFile(async path => {
    const handle = await open(path, 'w');
    const kept: Written[] = [];
    const writer = new BlockWriter(handle, 0, (_, written) => kept.push(written) > 0);
    const short = content.subarray(0, 10_000);
    await writer.append(short);
    await writer.flush();
    writer.move(50_000);
    await writer.append(content.subarray(50_000, 80_000));
    await writer.flush();
    await handle.close();
    assert.is(kept[0] && sha256Of(kept[0].bytes), sha256Of(short));
    assert.is(
      sha256Of((await readFile(path)).subarray(50_000)),
      sha256Of(content.subarray(50_000, 80_000)),
    );
  }));

test('a writer that was given back while a chunk waits for room is not given to another range, where the rest of it would come', () =>
  withFile(async file => {
    const url = 'http://localhost/file';
    const headers = headerFields([]);
    const order = { url, file, sha256: undefined, headers, idleTimeout: 1_000 };
    const end = 8 * 1024 * 1024;
    const version = { etag: '"1"', lastModified: null, total: SIZE };
    const part = await RangedPart.create(order, { version, generation: 'x', ends: [end, SIZE] });
    try {
      const writer = part.writer(0);
      const kept: Written[] = [];
      writer.move(0, (_, written) => kept.push(written) > 0);
      // Full blocks that somebody still looks at: as many as there may be.
      await writer.append(content.subarray(0, 4_000_000));
      const waiting = writer.append(content.subarray(4_000_000, 4_300_000));
      await part.giveBack(writer);

      const next = part.writer(1);
      for (const { giveBack } of kept.splice(0)) giveBack();
      await waiting;
      assert.is(next.position, end);
      await next.append(content.subarray(end));
      await part.giveBack(next);
      await writer.flush();

      const written = await readFile(part.path);
      assert.is(part.positionOf(1), SIZE);
      assert.is(sha256Of(written.subarray(end)), sha256Of(content.subarray(end)));
      assert.is(sha256Of(written.subarray(0, 4e6)), sha256Of(content.subarray(0, 4e6)));
      assert.is(part.writer(1), next);
    } finally {
      await part.close();
    }
  }));

test('after writes that failed it has as much memory as before', () =>
  withFile(async path => {
    const handle = await open(path, 'w');
    let isFull = true;
    const file: Writable = {
      async write(...args) {
        if (isFull) throw Object.assign(new RangeError('no space'), { code: 'ENOSPC' });
        return handle.write(...args);
      },
    };
    const writer = new BlockWriter(file, 0, () => false);
    for (let attempt = 0; attempt < 8; attempt += 1) {
      await rejects(
        (async () => {
          await writer.append(content);
          await writer.flush();
        })(),
        RangeError,
      );
      writer.move(0);
    }
    isFull = false;
    await writer.append(content);
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
      await ready(hasher);
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

test('who closes a hasher gets back what it was given, once', () =>
  withFile(async path => {
    await writeFile(path, content);
    const hasher = new ThreadHasher(path, ['sha256']);
    const other = new ThreadHasher(path, ['sha256']);
    try {
      await ready(hasher);
      let back = 0;
      const giveBack = () => {
        back += 1;
      };
      for (let at = 1_000_000; at <= 3_000_000; at += 1_000_000) {
        assert.ok(hasher.advance(at, { bytes: shared(content.subarray(at - 1e6, at)), giveBack }));
      }
      hasher.close();
      assert.is(back, 3);
      assert.not(hasher.advance(SIZE, { bytes: shared(content), giveBack }));
      // The thread has answered all that it was told before.
      other.advance(SIZE);
      assert.is((await other.digests()).sha256, sha256Of(content));
      assert.is(back, 3);
    } finally {
      hasher.close();
      other.close();
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

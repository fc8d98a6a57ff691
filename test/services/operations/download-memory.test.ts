import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sampleBytes } from '../../../adapters/cli/tour/faulty-server.ts';
import { seededRandom } from '../../../adapters/testing/index.ts';
import { BlockWriter, type Told } from '../../../services/operations/download/block-writer.ts';
import { Reading } from '../../../services/operations/download/reading.ts';
import { many } from '../../support/extent.ts';

export const suiteTimeout = 180_000;
const test = suite('download, who owns which memory');
const MiB = 1024 * 1024;
/** As long as what TLS decrypts at once. */
const RECORD = 16 * 1024;
const content = Buffer.from(sampleBytes(16 * MiB));

const length = fc.oneof(fc.integer({ min: 1, max: 50_000 }), fc.integer({ min: 1, max: 2 * MiB }), {
  weight: 3,
  // To about the end of a block of the writer's, as many of them as it may have and more.
  arbitrary: fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: -3_000, max: 3_000 }))
    .map(([blocks, more]) => blocks * MiB + more),
});
const conditions = fc.record({
  seed: fc.nat(),
  /** TLS hands on what it has decrypted, paused or not. */
  tls: fc.boolean(),
  /** Whether bytes may be read to where the writer wants them. */
  room: fc.constantFrom(true, true, false),
  bodies: fc.array(
    fc.record({
      length,
      /** The head comes before anything of it. */
      isAlone: fc.boolean(),
      /** Given up amid it, or while the writer waits for nothing but memory. */
      end: fc.constantFrom('whole', 'whole', 'whole', 'crammed', 'amid'),
      /** The next one begins in another place, and does not go on with it. */
      moves: fc.constantFrom(false, false, true),
    }),
    { minLength: 1, maxLength: 4, size: 'max' },
  ),
  longestRead: fc.constantFrom(3_000, RECORD, 65_536, 400_000),
  /** How often something is slow: the disk, whoever looks at what was written, whoever paces. */
  disk: fc.constantFrom(0, 0, 0.5, 1),
  keepers: fc.constantFrom(0, 0.5, 1, 1),
  pace: fc.constantFrom(0, 0.1, 0.9),
  /** Turns of the loop that it takes then, at most. */
  slowness: fc.constantFrom(3, 30, 300),
  /** How often the disk takes a part only. */
  short: fc.constantFrom(0, 0.3),
});
type Conditions = typeof conditions extends fc.Arbitrary<infer C> ? C : never;
type Random = () => number;

/** A socket with what came over the network in front of it. Reads as Node's do: where the next bytes go to is asked right behind each read. */
class Wire {
  paused = false;
  destroyed = false;
  readonly reading = new Reading();
  #into: Buffer<ArrayBufferLike> = this.reading.onread.buffer();

  constructor() {
    this.reading.of(this as unknown as Socket);
  }

  /** The parser of HTTP, which has nothing to say here. */
  emit(): boolean {
    return true;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  destroy(): void {
    this.destroyed = true;
  }

  /** @returns how many of them were read */
  read(bytes: Uint8Array): number {
    const count = Math.min(this.#into.length, bytes.length);
    this.#into.set(bytes.subarray(0, count));
    this.reading.onread.callback(count);
    this.#into = this.reading.onread.buffer();
    return count;
  }
}

/** A file in memory, with those who write to it and those who look at what was written. */
class Desk {
  readonly #file = Buffer.alloc(content.length);
  /** Of each stretch: from where to where somebody was told that it is written. */
  readonly #stretches: { readonly from: number; to: number }[] = [];
  #kept = 0;
  readonly #given: Conditions;
  readonly #random: Random;
  readonly #problems: string[] = [];
  readonly #writers: BlockWriter[] = [];

  constructor(given: Conditions, random: Random) {
    this.#given = given;
    this.#random = random;
  }

  async turns(times = 1): Promise<void> {
    const most = times * this.#given.slowness;
    for (let left = this.#random() * most; left > 0; left -= 1) await nextTurn();
  }

  happens(how: 'disk' | 'keepers' | 'pace' | 'short'): boolean {
    return this.#random() < this.#given[how];
  }

  /** What goes wrong outside of all promises. */
  check(what: string, is: Uint8Array, at: number): void {
    if (Buffer.compare(is, content.subarray(at, at + is.length)) !== 0) {
      this.#problems.push(`${what} at ${at}, ${is.length} bytes`);
    }
  }

  async atRest(): Promise<void> {
    while (this.#kept > 0 || this.#writers.some(writer => !writer.isIdle)) await nextTurn();
  }

  assertRight(position: number): void {
    assert.equal(this.#problems, []);
    assert.is(this.#stretches.at(-1)?.to, position);
    for (const { from, to } of this.#stretches) {
      assert.is(Buffer.compare(this.#file.subarray(from, to), content.subarray(from, to)), 0);
    }
  }

  /** A writer at a position, as the part of several ranges has them: the last one where that is idle. */
  writer(position: number): BlockWriter {
    const stretch = { from: position, to: position };
    this.#stretches.push(stretch);
    const told: Told = (at, { bytes, giveBack }) => {
      this.check('was told of other bytes than there are', bytes, at - bytes.length);
      if (stretch.to !== at - bytes.length) {
        this.#problems.push(`was told of ${at} behind ${stretch.to}`);
      }
      stretch.to = at;
      if (!this.happens('keepers')) return false;
      this.#kept += 1;
      // So long that the writer comes to have no memory for more.
      void this.turns(10).then(() => {
        this.check('was written over while it was looked at', bytes, at - bytes.length);
        this.#kept -= 1;
        giveBack();
      });
      return true;
    };
    const last = this.#writers.at(-1);
    const isMoved = last?.isIdle === true;
    const writer = isMoved ? last : new BlockWriter({ write: this.#write }, position, told);
    if (isMoved) writer.move(position, told);
    else this.#writers.push(writer);
    return writer;
  }

  readonly #write = async (
    memory: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesWritten: number }> => {
    const bytesWritten = this.happens('short') ? Math.ceil(length * this.#random()) : length;
    const bytes = memory.subarray(offset, offset + bytesWritten);
    if (this.happens('disk')) await this.turns();
    this.check('was written over before it was in the file', bytes, position);
    this.#file.set(bytes, position);
    return { bytesWritten };
  };
}

/** One response over the wire, into the writer as far as it is wanted. */
async function fetched(
  { tls, room, longestRead }: Conditions,
  { wire, writer, desk, random }: { wire: Wire; writer: BlockWriter; desk: Desk; random: Random },
  { isAlone, end }: Conditions['bodies'][number],
  [from, to]: readonly [number, number],
): Promise<void> {
  const head = Buffer.from(`HTTP/1.1 206 Partial Content\r\nContent-Length: ${to - from}\r\n\r\n`);
  const sent = Buffer.concat([head, content.subarray(from, to)]);
  wire.resume();
  wire.reading.expect();
  // A head that comes in two goes through the parser.
  const first = head.length + Math.floor(isAlone ? 0 : random() * (to - from));
  let at = wire.read(sent.subarray(0, first));
  const { raw } = wire.reading;
  assert.ok(raw);
  let expected = from;
  let taking: Promise<unknown> | undefined;
  let isCrowded = false;
  let isOver = false;
  raw.takenBy(
    chunk => {
      desk.check('came to the sink with other bytes', chunk, expected);
      const position = expected;
      expected += chunk.length;
      const isOwn = chunk.buffer instanceof ArrayBuffer;
      const taken = writer.append(chunk);
      const pause = desk.happens('pace') ? desk.turns() : undefined;
      if (taken === undefined && pause === undefined) return;
      isCrowded = taken !== undefined;
      raw.pause();
      taking = Promise.all([taken, pause]).then(() => {
        if (isOwn) desk.check('was read over while the sink had it', chunk, position);
        taking = undefined;
        isCrowded = false;
        if (!isOver) raw.resume();
      });
    },
    room ? () => writer.room : undefined,
  );
  raw.resume();
  const amid = from + random() * (to - from);
  while (expected < to || taking !== undefined) {
    const isCrammed = isCrowded && writer.position === writer.written;
    isOver = end === 'amid' ? expected > amid : end === 'crammed' && isCrammed;
    if (isOver) return;
    const until = Math.min(sent.length, at + Math.ceil(random() * longestRead));
    if (wire.paused && (!tls || random() < 0.8)) await nextTurn();
    while (at < until && (tls || !wire.paused)) {
      at += wire.read(sent.subarray(at, tls ? Math.min(until, at + RECORD) : until));
      // What has become due meanwhile is done between two reads.
      if (random() < 0.7) await undefined;
    }
  }
}

async function play(given: Conditions): Promise<void> {
  const random = seededRandom(given.seed);
  const desk = new Desk(given, random);
  let wire = new Wire();
  let writer = desk.writer(0);
  let next = 0;
  for (const body of given.bodies) {
    const from = writer.position;
    const to = Math.min(content.length, from + body.length);
    if (to === from) break;
    next = Math.max(next, to);
    await fetched(given, { wire, writer, desk, random }, body, [from, to]);
    if (body.end === 'whole' && !body.moves) continue;
    await writer.flush();
    if (body.end !== 'whole') wire = new Wire();
    next = Math.min(content.length, next + Math.floor(random() * 1_000));
    writer = desk.writer(next);
  }
  await desk.atRest();
  await writer.flush();
  desk.assertRight(writer.position);
}

const plain = {
  ...{ seed: 1, tls: false, room: true, longestRead: 65_536 },
  ...({ disk: 0, keepers: 0, pace: 0, slowness: 30, short: 0 } as const),
};
/** What comes with a head lies across the end of a block, while the disk has too much to do for more. */
const REST_BEHIND_THE_DISK: Conditions = {
  ...plain,
  disk: 1,
  bodies: [
    { length: 2 * MiB - 2_000, isAlone: true, end: 'whole', moves: false },
    { length: MiB / 2, isAlone: true, end: 'whole', moves: false },
  ],
};
/** Given up while all memory is kept, and there is another stretch before it is given back. */
const REST_OF_ANOTHER_STRETCH: Conditions = {
  ...plain,
  room: false,
  longestRead: 400_000,
  keepers: 1,
  slowness: 300,
  bodies: [
    { length: 5 * MiB, isAlone: true, end: 'crammed', moves: true },
    { length: MiB / 2, isAlone: true, end: 'whole', moves: false },
  ],
};

test('every byte that was read comes to its place, and nobody sees other bytes in memory that he has', async () => {
  await fc.assert(fc.asyncProperty(conditions, play), {
    numRuns: many(120, 30),
    seed: 5,
    examples: [[REST_BEHIND_THE_DISK], [REST_OF_ANOTHER_STRETCH]],
    includeErrorInReport: true,
  });
});

test.run();

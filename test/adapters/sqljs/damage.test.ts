import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeHeader, FRAME_HEADER, PAGE } from '../../../adapters/sqljs/redo-format.ts';
import { scanRedo } from '../../../adapters/sqljs/redo-scan.ts';
import { SimulatedDisk } from '../../../adapters/testing/simulated-disk.ts';
import { PersistenceError } from '../../../services/errors.ts';
import { contentsAfter, Engine, IMAGE } from './support/engine.ts';
import { WRITES } from './support/scenario.ts';
import { seeded } from './support/seeded.ts';

export const suiteTimeout = 120_000;

const test = suite('torn and damaged redo files');
const REDO = `${IMAGE}.redo.1`;
const expected = contentsAfter(WRITES);
const random = seeded(11);

/** A store whose process was killed after so many commits, and where its frames end. */
function killed(writes: number): { disk: SimulatedDisk; ends: readonly number[]; redo: Buffer } {
  const disk = new SimulatedDisk();
  const engine = new Engine(disk);
  for (const write of WRITES.slice(0, writes)) engine.write(write);
  engine.drop();
  const redo = disk.files()[REDO] as Buffer;
  const ends = [PAGE];
  for (const { payload } of scanRedo(redo, 1).frames) {
    ends.push((ends.at(-1) ?? 0) + FRAME_HEADER + Buffer.byteLength(payload));
  }
  return { disk, ends, redo };
}

function withRedo(disk: SimulatedDisk, redo: Buffer): SimulatedDisk {
  const copy = new SimulatedDisk();
  for (const [path, bytes] of Object.entries(disk.files())) copy.put(path, bytes);
  copy.put(REDO, redo);
  return copy;
}

function refused(disk: SimulatedDisk): PersistenceError {
  const before = disk.files();
  try {
    new Engine(disk).drop();
  } catch (error) {
    assert.instance(error, PersistenceError);
    assert.equal(Object.keys(disk.files()), Object.keys(before));
    for (const [path, bytes] of Object.entries(disk.files()))
      assert.ok(bytes.equals(before[path] as Buffer), path);
    return error as PersistenceError;
  }
  return assert.unreachable('it opened') as never;
}

test('frames begin on page boundaries', () => {
  const { ends } = killed(4);
  assert.ok(ends.every(end => end % PAGE === 0));
});

test('a cut at every byte of the last frame leaves all before it', () => {
  const { disk, ends, redo } = killed(4);
  const [start = 0, end = 0] = ends.slice(-2);
  for (let cut = start; cut <= end; cut++) {
    const scan = scanRedo(redo.subarray(0, cut), 1);
    assert.is(scan.damage, undefined, `cut at ${cut}`);
    assert.is(scan.frames.length, cut === end ? 4 : 3, `cut at ${cut}`);
    if (cut % 13 && cut - start > 64 && end - cut > 64) continue;
    const engine = new Engine(withRedo(disk, redo.subarray(0, cut)));
    assert.is(engine.contents(), expected[cut === end ? 4 : 3], `cut at ${cut}`);
    assert.is(engine.warnings.length, cut > start && cut < end ? 1 : 0, `cut at ${cut}`);
    engine.drop();
  }
});

test('a cut within the zeros written ahead is no loss', () => {
  const { disk, ends, redo } = killed(4);
  for (const more of [1, 39, 511, 4096, 10_001]) {
    const engine = new Engine(withRedo(disk, redo.subarray(0, (ends.at(-1) ?? 0) + more)));
    assert.is(engine.contents(), expected[4]);
    assert.equal(engine.warnings, []);
    engine.write(WRITES[4] as (typeof WRITES)[0]);
    assert.is(engine.contents(), expected[5]);
    engine.drop();
  }
});

test('behind a torn write the store goes on, and the torn bytes never come back', () => {
  const { disk, ends, redo } = killed(4);
  const torn = withRedo(disk, redo.subarray(0, (ends.at(-1) ?? 0) - 3));
  const engine = new Engine(torn);
  assert.match(engine.warnings[0] ?? '', `${REDO} ended in a torn write`);
  for (const write of WRITES.slice(3, 6)) engine.write(write);
  engine.drop();
  const again = new Engine(torn.restarted('lost', random));
  assert.is(again.contents(), expected[6]);
  again.drop();
});

test('a flipped bit at every byte of the header and of earlier frames is damage', () => {
  const { redo, ends } = killed(4);
  const bytes = redo.subarray(0, (ends.at(-1) ?? 0) + PAGE);
  const lastStart = ends.at(-2) ?? 0;
  for (let at = 0; at < lastStart; at++) {
    const all = ends.slice(0, -1).some(start => at >= start && at < start + FRAME_HEADER);
    const bits = all ? [0, 1, 2, 3, 4, 5, 6, 7] : [Math.floor(random() * 8)];
    for (const bit of bits) {
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
      const { damage } = scanRedo(bytes, 1);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
      const frame = ends.filter(start => start <= at).at(-1) ?? 0;
      assert.is(damage?.offset, frame, `bit ${bit} of byte ${at}`);
    }
  }
  assert.is(scanRedo(bytes, 1).damage, undefined);
});

test('a damaged store is refused with file and offset, and nothing is overwritten', () => {
  const { disk, redo, ends } = killed(5);
  for (let round = 0; round < 150; round++) {
    const at = Math.floor(random() * (ends.at(-2) ?? 0));
    const broken = Buffer.from(redo);
    broken[at] = (broken[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    const error = refused(withRedo(disk, broken));
    const frame = ends.filter(start => start <= at).at(-1) ?? 0;
    assert.is(error.code, 'STORE_DAMAGED');
    assert.equal([error.details.file, error.details.offset], [REDO, frame]);
    assert.match(error.message, REDO);
  }
});

test('zeroed and swapped pages in the middle are damage', () => {
  const { disk, redo, ends } = killed(5);
  const [, second = 0, third = 0] = ends;
  const zeroed = Buffer.from(redo).fill(0, second, third);
  assert.is(refused(withRedo(disk, zeroed)).details.offset, second);
  const swapped = Buffer.from(redo);
  redo.copy(swapped, PAGE, second, second + PAGE);
  redo.copy(swapped, second, PAGE, 2 * PAGE);
  assert.is(refused(withRedo(disk, swapped)).details.offset, PAGE);
});

test('frames of another generation or another file are never taken for this one', () => {
  const { redo, ends } = killed(3);
  const stranger = Buffer.from(killed(6).redo);
  const end = ends.at(-1) ?? 0;
  redo.copy(stranger, 0, 0, end);
  const scan = scanRedo(stranger, 1);
  assert.is(scan.frames.length, 3);
  assert.is(scan.damage, undefined);
  assert.is(scanRedo(redo, 2).damage?.offset, 0);
  const renamed = Buffer.from(redo);
  encodeHeader({
    generation: 2,
    firstSequence: 1,
    firstPosition: 1,
    salt: redo.readUInt32LE(12),
  }).copy(renamed);
  assert.is(scanRedo(renamed, 2).frames.length, 0);
});

test('a torn write is told of once: what is written after it goes into a file of its own', () => {
  const { disk, ends, redo } = killed(3);
  const end = ends.at(-1) ?? 0;
  // A longer write than the one that follows.
  const torn = Buffer.concat([redo, Buffer.alloc(40 * PAGE)]);
  torn.fill(0xab, end + PAGE, end + 30 * PAGE);
  const after = withRedo(disk, torn);
  const engine = new Engine(after);
  assert.is(engine.warnings.length, 1);
  engine.write(WRITES[3] as (typeof WRITES)[0]);
  engine.drop();
  const again = new Engine(after.reused());
  assert.equal(again.warnings, []);
  assert.is(again.contents(), expected[4]);
  again.drop();
});

test('a redo file that begins where the image does not end is of another store, and refused', () => {
  const { disk, redo } = killed(0);
  const salt = redo.readUInt32LE(12);
  for (const [firstSequence, firstPosition] of [
    [3, 1],
    [1, 3],
  ] as const) {
    const strange = encodeHeader({ generation: 1, firstSequence, firstPosition, salt });
    const error = refused(withRedo(disk, strange));
    const begins = `begins with frame ${firstSequence} at position ${firstPosition}`;
    assert.match(error.message, `${begins}, where frame 1 at position 1 belongs`);
    assert.is((error.details as { readonly file: string }).file, REDO);
  }
  const fitting = { generation: 1, firstSequence: 1, firstPosition: 1, salt };
  new Engine(withRedo(disk, encodeHeader(fitting))).drop();
});

test('an earlier generation has to be whole up to where the next begins', () => {
  const { disk, ends, redo } = killed(4);
  const engine = new Engine(disk.reused());
  engine.log.rotate();
  engine.write(WRITES[4] as (typeof WRITES)[0]);
  engine.drop();
  const torn = withRedo(disk, redo.subarray(0, (ends.at(-1) ?? 0) - 1));
  const error = refused(torn);
  assert.equal(
    [error.code, error.details.file, error.details.offset],
    ['STORE_DAMAGED', REDO, ends.at(-2)],
  );
  const missing = new SimulatedDisk();
  for (const [path, bytes] of Object.entries(disk.files()))
    if (path !== REDO) missing.put(path, bytes);
  assert.equal([refused(missing).code, refused(missing).details.file], ['STORE_DAMAGED', REDO]);
});

test('a redo without its image is damage', () => {
  const { disk } = killed(2);
  const alone = new SimulatedDisk();
  alone.put(REDO, disk.files()[REDO] as Buffer);
  const error = refused(alone);
  assert.equal([error.code, error.details.file], ['STORE_DAMAGED', IMAGE]);
});

test('an image that was cut off is damage, at whatever byte', () => {
  const disk = new SimulatedDisk();
  const engine = new Engine(disk);
  for (const write of WRITES) engine.write(write);
  engine.close();
  const image = disk.files()[IMAGE] as Buffer;
  for (const cut of [
    0,
    1,
    15,
    16,
    99,
    100,
    4095,
    4096,
    8192,
    image.length - 4096,
    image.length - 1,
  ]) {
    const short = new SimulatedDisk();
    short.put(IMAGE, image.subarray(0, cut));
    const error = refused(short);
    assert.equal(
      [cut, error.code, error.details.file, error.details.offset],
      [cut, 'STORE_DAMAGED', IMAGE, cut],
    );
  }
});

test.run();

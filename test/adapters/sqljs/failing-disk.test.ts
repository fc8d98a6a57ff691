import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SimulatedDisk } from '../../../adapters/testing/simulated-disk.ts';
import { PersistenceError } from '../../../services/errors.ts';
import { sampled } from '../../support/extent.ts';
import { contentsAfter, Engine, type EngineWrite } from './support/engine.ts';
import { WRITES } from './support/scenario.ts';
import { seeded } from './support/seeded.ts';

export const suiteTimeout = 180_000;

const test = suite('a disk that fails the sql.js store');
const random = seeded(5);

interface Life {
  readonly engine: Engine;
  readonly acknowledged: readonly EngineWrite[];
  readonly refused: number;
  /** Whether the last write was refused: only then may it be found after a crash. */
  readonly doubtful: EngineWrite | undefined;
}

/** Commits and checkpoints on a disk that may fail, passing over what was refused. */
function live(disk: SimulatedDisk): Life {
  let engine: Engine | undefined;
  for (let tries = 0; !engine && tries < 100; tries++) {
    try {
      engine = new Engine(disk);
    } catch (error) {
      assert.instance(error, PersistenceError);
    }
  }
  assert.ok(engine, 'it opens when the disk works again');
  const acknowledged: EngineWrite[] = [];
  let refused = 0;
  let doubtful: EngineWrite | undefined;
  for (const [index, write] of [...WRITES, ...WRITES.slice(0, 2)].entries()) {
    try {
      if (index === 4 || index === 9) for (const _ of engine.checkpoint());
    } catch (error) {
      assert.instance(error, PersistenceError);
    }
    try {
      engine.write(write);
      acknowledged.push(write);
      doubtful = undefined;
    } catch (error) {
      assert.instance(error, PersistenceError);
      refused += 1;
      doubtful = write;
    }
  }
  return { engine, acknowledged, refused, doubtful };
}

/** What was acknowledged, and nothing else, is there: in the process, and after its machine has stopped. */
function check(disk: SimulatedDisk, life: Life, where: string): void {
  const { engine, acknowledged, doubtful } = life;
  const expected = contentsAfter(acknowledged).at(-1);
  assert.is(engine.contents(), expected, `${where}, in the process`);
  engine.drop();
  for (const outcome of ['lost', 'torn', 'kept'] as const) {
    const again = new Engine(disk.restarted(outcome, random));
    const contents = again.contents();
    again.drop();
    if (doubtful && contents !== expected) {
      assert.is(
        contents,
        contentsAfter([...acknowledged, doubtful]).at(-1),
        `${where}, ${outcome}`,
      );
    } else {
      assert.is(contents, expected, `${where}, ${outcome}`);
    }
  }
}

const whole = new SimulatedDisk();
const { engine: wholeEngine } = live(whole);
wholeEngine.drop();
const calls = whole.calls;

for (const code of ['ENOSPC', 'EIO']) {
  for (const length of [1, 2, 7]) {
    test(`${code} at any call, ${length} in a row: nothing refused is kept, nothing acknowledged lost, and it heals`, () => {
      for (const call of sampled(calls, 8)) {
        const disk = new SimulatedDisk();
        disk.fault = (_call, _path, number) =>
          number >= call && number < call + length ? code : undefined;
        const life = live(disk);
        check(disk, life, `${code} from call ${call} on`);
      }
    });
  }
}

test('a failing sync is never tried again on the same file', () => {
  const disk = new SimulatedDisk();
  const engine = new Engine(disk);
  const [first, second, third] = WRITES as [EngineWrite, EngineWrite, EngineWrite];
  engine.write(first);
  let failing = true;
  disk.fault = call => (failing && call === 'fdatasync' ? 'EIO' : undefined);
  assert.throws(() => engine.write(second), /EIO/);
  failing = false;
  engine.write(third);
  assert.is(engine.log.generation, 2);
  assert.is(engine.contents(), contentsAfter([first, third]).at(-1));
  engine.drop();
  for (const outcome of ['lost', 'torn', 'kept'] as const) {
    const again = new Engine(disk.restarted(outcome, random));
    assert.is(again.contents(), contentsAfter([first, third]).at(-1), outcome);
    again.drop();
  }
});

test('a write whose sync failed, found again after the process was killed, is durable before it is told', () => {
  const disk = new SimulatedDisk();
  const engine = new Engine(disk);
  const [first, second, third] = WRITES as [EngineWrite, EngineWrite, EngineWrite];
  engine.write(first);
  disk.fault = call => (call === 'fdatasync' ? 'EIO' : undefined);
  assert.throws(() => engine.write(second), /EIO/);
  engine.drop();
  const next = new Engine(disk.reused());
  assert.is(next.contents(), contentsAfter(WRITES)[2]);
  next.write(third);
  next.drop();
  const again = new Engine(disk.restarted('lost', random));
  assert.is(again.contents(), contentsAfter(WRITES)[3]);
  again.drop();
});

test('a full disk refuses with its reason, for as long as it is full', () => {
  const disk = new SimulatedDisk();
  const engine = new Engine(disk);
  let full = true;
  disk.fault = call => (full && (call === 'write' || call === 'open') ? 'ENOSPC' : undefined);
  for (let tries = 0; tries < 20; tries++) {
    assert.throws(() => engine.write(WRITES[0] as EngineWrite), /the disk is full: make room/);
  }
  full = false;
  engine.write(WRITES[0] as EngineWrite);
  assert.is(engine.contents(), contentsAfter(WRITES)[1]);
  engine.drop();
});

for (const [code, words] of [
  ['EROFS', /mounted read-only/],
  ['EACCES', /may not write there/],
] as const) {
  test(`${code} refuses to open, with what to do`, () => {
    const empty = new SimulatedDisk();
    empty.fault = () => code;
    assert.throws(() => new Engine(empty), words);
    const disk = new SimulatedDisk();
    new Engine(disk).close();
    disk.fault = () => code;
    assert.throws(() => new Engine(disk), words);
  });
}

test.run();

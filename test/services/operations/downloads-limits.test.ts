import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Flow } from '../../../services/operations/download/ranges/flow.ts';
import { Slots } from '../../../services/operations/download/ranges/slots.ts';
import { HostGates } from '../../../services/operations/downloads/host-gates.ts';
import { placeBelow } from '../../../services/operations/downloads/place.ts';
import { Rate } from '../../../services/operations/downloads/rate.ts';
import { rejects } from '../../support/rejects.ts';

const MB = 1024 * 1024;
const test = suite('downloads, held in check');

/** Chunks of one size over some milliseconds; what was seen of them, without the looks that saw nothing. */
function look(flow: Flow, chunk: number, bytesPerSecond: number, from: number, ms: number, n = 1) {
  const seen: string[] = [];
  const count = Math.round((bytesPerSecond * ms) / 1000 / chunk);
  for (let i = 1; i <= count; i += 1) {
    const word = flow.saw(chunk, n, from + (i * ms) / count);
    if (word !== undefined) seen.push(word);
  }
  return seen;
}

test('calls a flow thin that is slow and leaves nothing unread', () => {
  const thin = look(new Flow(), 16_000, 5 * MB, 0, 1_300);
  assert.equal(thin, ['thin', 'thin'], 'after a tenth of a second, and then every second');
  assert.equal(look(new Flow(), 16_000, 80 * MB, 0, 150), ['thick'], 'it is fast');
  assert.equal(look(new Flow(), 65_536, 5 * MB, 0, 150), ['thick'], 'more was waiting');
  assert.equal(look(new Flow(), 16_000, 80 * MB, 0, 150, 4), ['thin'], 'fast only all together');
});

test('gives the next place to the first of the ranges that wait, whenever it came', async () => {
  const slots = new Slots(1);
  const entered: number[] = [];
  for (const n of [5, 7, 3, 6]) void slots.enter(n).then(() => entered.push(n));
  for (let turn = 0; turn < 3; turn += 1) {
    slots.leave();
    await new Promise(resolve => setImmediate(resolve));
  }
  assert.equal(entered, [5, 3, 6, 7]);
});

test('gives as many places as there are, in order, and takes them back', async () => {
  const slots = new Slots(3);
  const entered: number[] = [];
  const enter = (n: number) => slots.enter(n).then(() => entered.push(n));
  const turn = () => new Promise(resolve => setImmediate(resolve));
  for (const n of [1, 2, 3, 4, 5]) void enter(n);
  await turn();
  assert.equal(entered, [1], 'one to begin with');
  slots.widen();
  await turn();
  assert.equal(entered, [1, 2, 3]);
  assert.ok(slots.shrink());
  slots.leave();
  await turn();
  assert.equal(entered, [1, 2, 3], 'the place is no more');
  slots.leave();
  await turn();
  assert.equal(entered, [1, 2, 3, 4]);
  slots.narrow();
  slots.leave();
  await turn();
  assert.equal(entered, [1, 2, 3, 4], 'one is enough');
  assert.not(slots.shrink(), 'the last one stays');
  slots.widen();
  await turn();
  assert.equal(entered, [1, 2, 3, 4, 5], 'but not more than are left');
});

test('lets nobody wait at a host for one who has given up', async () => {
  const gates = new HostGates(1);
  const signal = new AbortController().signal;
  const leave = await gates.enter('a', signal);
  const stop = new AbortController();
  const impatient = gates.enter('a', stop.signal);
  const next = gates.enter('a', signal);
  stop.abort(new RangeError('enough'));
  await rejects(impatient, RangeError);
  (await gates.enter('b', signal))();
  leave();
  leave();
  const leaveNext = await next;
  const third = gates.enter('a', signal);
  leaveNext();
  (await third)();
});

test('holds bytes to a rate after a small burst', async () => {
  let now = 0;
  const slept: number[] = [];
  const time = { now: () => now, sleep: async (ms: number) => void slept.push(ms) };
  const rate = new Rate(1_000_000, time);
  assert.is(rate.take(100_000), undefined, 'a tenth of a second may come at once');
  void rate.take(500_000);
  void rate.take(500_000);
  assert.equal(slept, [500, 1_000], 'they share it');
  now = 60_000;
  assert.is(rate.take(100_000), undefined);
  void rate.take(100_000);
  assert.is(slept.at(-1), 100, 'a pause is no credit');
});

test('leaves names alone on Linux that Windows would take for devices', () => {
  for (const file of ['aux.bin', 'a/CON', 'nul', 'com1.txt', 'x.', 'x ', 'ab:c', 'what?', 'a<b']) {
    assert.is(placeBelow('/root', file, 'linux'), `/root/${file}`);
    assert.throws(() => placeBelow('/root', file, 'win32'), /must not/);
  }
  for (const file of ['auxiliary.bin', 'com10', 'a/b.c']) placeBelow('/root', file, 'win32');
});

test.run();

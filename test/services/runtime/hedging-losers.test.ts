import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AttemptOverError, HedgeLostError } from '../../../services/errors.ts';
import type { Progress } from '../../../services/ports.ts';
import { rejects } from '../../support/rejects.ts';
import { stubborn, transient } from './support/functions.ts';
import { HEDGED } from './support/hedged.ts';
import { inWorld } from './support/world.ts';

const test = suite('hedging: calls that have lost');

for (const winner of [0, 1] as const) {
  test(
    `a loser that does not heed its signal touches nothing any more (call ${1 - winner})`,
    inWorld(async ({ boot, clock, disk, settle }) => {
      const lines: unknown[] = [];
      const info = (_: unknown, message: string) => void lines.push(message);
      const recovery = await boot({ logger: { debug() {}, info, warn: info, error: info } });
      const told: Progress[] = [];
      recovery.progress$.subscribe(progress => told.push(progress));
      const { fn, calls } = stubborn();
      const work = recovery.operation('work', fn, HEDGED);
      const handle = await work.start('input', { id: 'x' });
      await clock.advance(100);
      const loser = calls[1 - winner];
      const inStep = loser?.op.step('begun before', async () => {
        await new Promise(resolve => setImmediate(resolve));
        return 1;
      });
      disk.hold();
      calls[winner]?.end('won');
      const refused = await rejects(inStep ?? Promise.resolve(), HedgeLostError);
      assert.is(refused.details.hedge, 1 - winner);
      let ran = false;
      const late = loser?.op.step('begun later', () => {
        ran = true;
      });
      await rejects(late ?? Promise.resolve(), HedgeLostError);
      loser?.op.progress('too late');
      loser?.end('too late');
      await settle();
      disk.release();
      await settle();
      assert.is(ran, false);
      assert.equal(told, []);
      assert.equal(await disk.steps('x'), []);
      assert.is(await handle.result(), 'won');
      assert.is((await disk.row('x')).result, '"won"');

      const other = await work.start('input');
      await clock.advance(100);
      calls[2 + winner]?.end('won');
      await settle();
      calls[3 - winner]?.fail(transient());
      await settle();
      assert.is(await other.result(), 'won');
      assert.equal(lines, [], 'that a loser ends by it is nothing to tell');
    }),
  );

  test(
    `a call that has failed touches nothing any more while the other is at work (call ${1 - winner})`,
    inWorld(async ({ boot, clock, settle }) => {
      const recovery = await boot();
      const told: unknown[] = [];
      recovery.progress$.subscribe(({ value, hedge }) => told.push([value, hedge]));
      const { fn, calls } = stubborn();
      const work = recovery.operation('work', fn, HEDGED);
      const handle = await work.start('input', { id: 'x' });
      await clock.advance(100);
      const [failed, other] = [calls[1 - winner], calls[winner]];
      failed?.op.progress('before');
      failed?.fail(transient());
      await settle();
      failed?.op.progress('after');
      other?.op.progress('of the other');
      await rejects(failed?.op.step('a', () => 1) ?? Promise.resolve(), AttemptOverError);
      assert.is(await other?.op.step('a', () => 2), 2);
      other?.end('done');
      await settle();
      assert.is(await handle.result(), 'done');
      assert.equal(told, [
        ['before', winner === 0 ? 1 : undefined],
        ['of the other', winner === 1 ? 1 : undefined],
      ]);
      assert.instance(failed?.op.signal.reason, HedgeLostError, 'for what it has left behind');
    }),
  );
}

test.run();

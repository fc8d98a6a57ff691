import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type {
  ObservedBeginning,
  ObservedCall,
  ObservedEnd,
  RecoveryObserver,
} from '../../../services/ports.ts';
import { deaf, failing, permanent } from './support/functions.ts';
import { inWorld } from './support/world.ts';

const test = suite('observed lives of operations');

test(
  'operations are told of as they come to life, with what they come from',
  inWorld(async ({ boot, crash, settle, clock }) => {
    const seen: Omit<ObservedBeginning, 'breakerKey'>[] = [];
    const observer: RecoveryObserver = {
      operationBegan: ({ breakerKey: _, ...beginning }) => {
        seen.push(beginning);
        return `trace of ${beginning.operationId}`;
      },
    };
    const first = await boot();
    first.observe(observer);
    const inner = first.operation('inner', failing(1, permanent).fn);
    await first
      .operation('outer', () => inner.run(1, { id: 'in' }), { maxRetries: 0 })
      .run(undefined, { id: 'out' })
      .catch(() => {});
    await (await first.retry('in')).result();
    await first.operation('hangs', deaf().fn).start(1, { id: 'hangs' });
    await settle();
    crash();
    const second = await boot();
    second.observe(observer);
    second.operation('hangs', deaf().fn);
    await second.resume();
    await clock.advance(10);
    assert.equal(
      seen.map(({ operationId, how, startedBy, trace }) => [operationId, how, startedBy, trace]),
      [
        ['out', 'created', undefined, undefined],
        ['in', 'created', 'out', undefined],
        ['in', 'retried', undefined, 'trace of in'],
        ['hangs', 'created', undefined, undefined],
        ['hangs', 'resumed', undefined, 'trace of hangs'],
      ],
    );
  }),
);

test(
  'the first observer that gives a trace is heard; what is no text or too long is not kept',
  inWorld(async ({ boot, disk }) => {
    const recovery = await boot();
    const calls: ObservedCall[] = [];
    const gives = (trace: unknown) =>
      recovery.observe({ operationBegan: () => trace as string | undefined });
    gives(undefined);
    gives(7);
    gives('x'.repeat(257));
    gives('x'.repeat(256));
    gives('later');
    recovery.observe({ callBegan: call => void calls.push(call) as undefined });
    await recovery.operation('work', failing(0).fn).run(1, { id: 'one' });
    assert.is(calls[0]?.trace, 'x'.repeat(256));
    const { snapshot } = await disk.row('one');
    assert.is((snapshot as { context: { trace: string } }).context.trace, 'x'.repeat(256));
  }),
);

test(
  'an end tells why, with the error as it is kept',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot();
    const ends: ObservedEnd[] = [];
    recovery.observe({ ended: end => void ends.push(end) });
    const works = recovery.operation('works', failing(1).fn).run(1);
    await clock.advance(5_000);
    await works;
    await recovery
      .operation('fails', failing(9, permanent).fn)
      .run(1)
      .catch(() => {});
    assert.equal(
      ends.map(({ name, attempt, reason, error }) => [
        name,
        attempt,
        reason?.kind,
        error?.code ?? null,
      ]),
      [
        ['works', 2, 'succeeded', null],
        ['fails', 1, 'not_retryable', 'EACCES'],
      ],
    );
  }),
);

test.run();

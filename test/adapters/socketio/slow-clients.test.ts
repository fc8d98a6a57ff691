import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FixedDelayStrategy } from '../../../index.ts';
import type { ConflatedMessage, DroppedMessage, RecoveryUpdate } from '../../../protocol.ts';
import type { DurableRecovery } from '../../../services/recovery.ts';
import { type Served, served } from '../http/support/served.ts';
import { clientOf, subscribe, Told } from './support/connected.ts';
import { RawClient } from './support/raw.ts';

/** Milliseconds: what a kernel buffers for a client must be filled first. */
export const suiteTimeout = 120_000;

const test = suite('a client that does not read');

/** So many transitions of each operation that a client which does not read falls behind, whatever its connection buffers. */
async function busy(recovery: DurableRecovery, operations: number, retries: number): Promise<void> {
  const reset = Object.assign(new TypeError('r'.repeat(2_000)), { code: 'ECONNRESET' });
  const busy = recovery.operation('busy', () => Promise.reject(reset), {
    maxRetries: retries,
    strategy: new FixedDelayStrategy({ delay: 0 }),
    breaker: false,
  });
  const runs = Array.from({ length: operations }, (_, i) => busy.run(undefined, { id: `${i}` }));
  await Promise.allSettled(runs);
}

const scene =
  (run: (served: Served, slow: RawClient, told: Told) => Promise<void>) =>
  async (): Promise<void> =>
    served({}, async parts => {
      const slow = await RawClient.open(parts.server.url);
      const reader = clientOf(parts.server.url);
      try {
        const told = new Told(reader);
        await subscribe(reader, { slow: 'reread' });
        assert.ok((await slow.ask('subscribe', '{}')).ok);
        slow.pause();
        await run(parts, slow, told);
      } finally {
        slow.close();
        reader.disconnect();
      }
    })();

test(
  'is told only the latest of each operation, and how many were left out; others are told everything',
  scene(async ({ recovery }, slow, told) => {
    await busy(recovery, 10, 600);
    const last = await recovery.position();
    await told.until(updates => updates.at(-1)?.position === last);
    assert.equal(
      told.updates.map(({ position }) => position),
      Array.from({ length: last }, (_, i) => i + 1),
    );
    slow.resume();
    await slow.until('recovery_update', updates => position(updates) === last);
    const skipped = (slow.told('conflated') as ConflatedMessage[])
      .map(message => message.skipped)
      .reduce((sum, some) => sum + some, 0);
    const positions = (slow.told('recovery_update') as RecoveryUpdate[]).map(
      ({ position }) => position,
    );
    assert.ok(skipped > 0);
    assert.is(positions.length + skipped, last);
    assert.equal(
      positions,
      [...new Set(positions)].sort((a, b) => a - b),
    );
  }),
);

test(
  'is dropped with a reason where even those are too many, and goes on from where it was',
  scene(async ({ recovery }, slow, told) => {
    await busy(recovery, 2_500, 2);
    const last = await recovery.position();
    await told.until(updates => updates.at(-1)?.position === last);
    slow.resume();
    const [dropped] = (await slow.until('dropped')) as DroppedMessage[];
    assert.match(dropped?.reason ?? '', /too slow/);
    assert.is(dropped?.position, position(slow.told('recovery_update')));
    assert.ok((dropped?.retry_after ?? 0) >= 1_000);
    assert.ok((await slow.ask('subscribe', `{"since":${dropped?.position}}`)).ok);
    const [snapshot] = (await slow.until('snapshot')) as { position: number; more: boolean }[];
    assert.equal([snapshot?.position, snapshot?.more], [last, true]);
  }),
);

const position = (updates: readonly unknown[]): number =>
  (updates.at(-1) as RecoveryUpdate | undefined)?.position ?? 0;

test.run();

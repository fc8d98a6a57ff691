import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type AnyActorLogic,
  type AnyActorRef,
  assign,
  createActor,
  createMachine,
  type Snapshot,
} from 'xstate';
import { OperationExhaustedError } from '../../../services/errors.ts';
import { deaf, failing, hanging } from './support/functions.ts';
import { inWorld } from './support/world.ts';

const test = suite("operations in an app's own machine");

type Logic = { readonly logic: AnyActorLogic };
interface AppSnapshot {
  readonly value: unknown;
  readonly context: { readonly output: unknown };
}
const look = (actor: AnyActorRef) => actor.getSnapshot() as unknown as AppSnapshot;

/** An app that installs something as soon as it starts, by invoking or by spawning the operation. */
function app({ logic }: Logic, how: 'invoke' | 'spawn') {
  const ends = {
    'xstate.done.actor.install': {
      target: 'installed',
      actions: assign({ output: ({ event }: { event: { output: unknown } }) => event.output }),
    },
    'xstate.error.actor.install': {
      target: 'broken',
      actions: assign({ output: ({ event }: { event: { error: unknown } }) => event.error }),
    },
  };
  const config = {
    context: { output: undefined as unknown },
    initial: 'installing',
    states: {
      installing: {
        ...(how === 'invoke'
          ? { invoke: { id: 'install', src: 'install', input: 'portrait' } }
          : {
              entry: assign(({ spawn }: { spawn: (src: string, options: object) => unknown }) => {
                spawn('install', { id: 'install', input: 'portrait' });
                return {};
              }),
            }),
        on: { ...ends, leave: 'left' },
      },
      installed: {},
      broken: {},
      left: {},
    },
  };
  return createMachine(config as never, { actors: { install: logic } } as never);
}

for (const how of ['invoke', 'spawn'] as const) {
  test(
    `${how}: the actor's output is the operation's`,
    inWorld(async ({ boot, clock }) => {
      const recovery = await boot();
      const actor = createActor(app(recovery.operation('install', failing(1).fn), how)).start();
      await clock.advance(1_000);
      const snapshot = look(actor);
      assert.equal([snapshot.value, snapshot.context.output], ['installed', 'portrait']);
      assert.is(recovery.metrics.recovered, 1);
    }),
  );

  test(
    `${how}: an operation that ends badly is the actor's error`,
    inWorld(async ({ boot, clock }) => {
      const recovery = await boot();
      const install = recovery.operation('install', failing(9).fn, { maxRetries: 1 });
      const actor = createActor(app(install, how)).start();
      await clock.advance(10_000);
      const snapshot = look(actor);
      assert.is(snapshot.value, 'broken');
      assert.instance(snapshot.context.output, OperationExhaustedError);
    }),
  );

  test(
    `${how}: a restored app attaches to the operation that it started`,
    inWorld(async ({ boot, settle, crash, clock }) => {
      const first = await boot();
      const actor = createActor(app(first.operation('install', deaf().fn), how)).start();
      await settle();
      const stored = JSON.parse(JSON.stringify(actor.getPersistedSnapshot())) as Snapshot<unknown>;
      crash();
      for (const resumeFirst of [true, false]) {
        const recovery = await boot();
        const { fn, calls } = failing(0);
        const install = recovery.operation('install', fn);
        if (resumeFirst) await recovery.resume();
        const restored = createActor(app(install, how), { snapshot: stored }).start();
        await clock.advance(10);
        const snapshot = look(restored);
        assert.equal([snapshot.value, snapshot.context.output], ['installed', 'portrait']);
        assert.is((await recovery.list()).items.length, 1);
        assert.is(calls.length, resumeFirst ? 1 : 0);
        crash();
      }
    }),
  );

  test(
    `${how}: a closing recovery is no end, the app waits for the next one`,
    inWorld(async ({ boot, settle, close }) => {
      const recovery = await boot();
      const actor = createActor(app(recovery.operation('install', deaf().fn), how)).start();
      await settle();
      await close(recovery);
      assert.is(look(actor).value, 'installing');
      actor.stop();
      await settle();
    }),
  );
}

test(
  'leaving the state, or stopping the app, cancels the operation',
  inWorld(async ({ boot, settle }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const install = recovery.operation('install', fn);
    const leaving = createActor(app(install, 'invoke')).start();
    const stopping = createActor(app(install, 'invoke')).start();
    const stoppedAtOnce = createActor(app(install, 'invoke')).start();
    stoppedAtOnce.stop();
    await settle();
    leaving.send({ type: 'leave' } as never);
    stopping.stop();
    await settle();
    const { items } = await recovery.list();
    assert.equal(
      items.map(({ state, error }) => [state, (error as { code: string }).code]),
      Array.from({ length: 3 }, () => ['failed', 'OPERATION_CANCELLED']),
    );
    for (const { op } of calls) assert.is(op.signal.aborted, true);
  }),
);

test.run();

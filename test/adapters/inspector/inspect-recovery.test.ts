import { setTimeout as later } from 'node:timers/promises';
import {
  createBrowserReceiver,
  createInspector,
  type StatelyInspectionEvent,
} from '@statelyai/inspect';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type InspectFilter,
  type InspectOptions,
  type InspectorMessage,
  inspectRecovery,
} from '../../../adapters/inspector/index.ts';
import { ConfigError } from '../../../services/errors.ts';
import type { DurableRecovery } from '../../../services/recovery.ts';
import { deferred, hanging } from '../../services/runtime/support/functions.ts';
import { inWorld, type World } from '../../services/runtime/support/world.ts';
import { inspectorMessage } from './support/inspector-message.ts';

const test = suite('inspector');
const SECRET = 'hunter2';

/** The package's own types take what is sent. */
const asStately = (sent: InspectorMessage) => sent as StatelyInspectionEvent;

const flush = () => later(5);

/** A viewer that gets what JSON leaves of each message. */
function view(recovery: DurableRecovery, filter: InspectFilter & Partial<InspectOptions> = {}) {
  const sent: InspectorMessage[] = [];
  const send = (one: InspectorMessage) => void sent.push(JSON.parse(JSON.stringify(one)));
  const shown = inspectRecovery(recovery, { createInspector, send, ...filter });
  const of = <T extends InspectorMessage['type']>(type: T) =>
    sent.filter((one): one is Extract<InspectorMessage, { type: T }> => one.type === type);
  const named = (name: string) => of('@xstate.actor').find(one => one.name === name);
  const values = (name: string) =>
    of('@xstate.snapshot')
      .filter(one => one.sessionId === named(name)?.sessionId)
      .map(one => (one.snapshot as { value?: unknown }).value);
  return { sent, of, named, values, shown };
}

const leaky = () =>
  Object.assign(new Error(`no route for ${SECRET}`, { cause: new Error(SECRET) }), {
    code: 'ECONNRESET',
    details: { [SECRET]: SECRET, pin: 4711, token: SECRET },
  });

/** Fails until its breaker has opened, and waits there. */
function unlucky(recovery: DurableRecovery, name = 'unlucky', breaker = name) {
  return recovery.operation(
    name,
    async (_input: unknown): Promise<unknown> => {
      throw leaky();
    },
    {
      maxRetries: 9,
      breaker,
      breakerOptions: { threshold: 3, openTimeout: 60_000 },
      whenOpen: 'wait',
    },
  );
}

async function tripped(recovery: DurableRecovery, { clock }: World, id = 'one', name = 'unlucky') {
  const handle = await unlucky(recovery, name).start(
    { password: SECRET },
    { id, metadata: { owner: SECRET } },
  );
  await clock.advance(3_000);
  handle.result().catch(() => {});
  return handle;
}

test(
  'shows retries and the trip of a breaker in messages of the package',
  inWorld(async world => {
    const recovery = await world.boot();
    const { sent, named, values, of } = view(recovery);
    await tripped(recovery, world);
    await flush();
    for (const one of sent) inspectorMessage.parse(one);

    const received: StatelyInspectionEvent[] = [];
    const window = new EventTarget();
    const receiver = createBrowserReceiver({
      window: Object.assign(window, { self: window, top: window, opener: null }) as never,
    });
    receiver.subscribe(one => received.push(one));
    for (const data of sent.map(asStately)) {
      window.dispatchEvent(Object.assign(new Event('message'), { data }));
    }
    assert.equal(received, sent);

    assert.equal([...new Set(values('breaker.unlucky'))], ['closed', 'open']);
    const operation = values('operation.unlucky one').map(value => JSON.stringify(value));
    assert.is(operation.filter(value => value === '{"recovering":"backoff"}').length, 3);
    assert.is(operation.at(-1), '{"recovering":"blocked"}');
    assert.is(named('operation.unlucky one')?.parentId, named('breaker.unlucky')?.sessionId);
    assert.is(named('operation.unlucky one')?.rootId, named('breaker.unlucky')?.sessionId);
    const asked = of('@xstate.event').find(({ event }) => event.type === 'permit.request');
    assert.is(asked?.sourceId, named('operation.unlucky one')?.sessionId);
    assert.is(asked?.sessionId, named('breaker.unlucky')?.sessionId);
  }),
);

test(
  'registers each actor before anything else is told of it, and once',
  inWorld(async world => {
    const recovery = await world.boot();
    const { sent } = view(recovery);
    await tripped(recovery, world);
    await flush();
    const registered = new Set<string>();
    for (const { type, sessionId } of sent) {
      assert.is(registered.has(sessionId), type !== '@xstate.actor');
      registered.add(sessionId);
    }
    assert.ok(registered.size > 5);
  }),
);

test(
  'tells nothing secret: not of inputs, errors, reasons, orders or metadata',
  inWorld(async world => {
    const recovery = await world.boot();
    const { sent } = view(recovery);
    const { actor } = await tripped(recovery, world);
    const late = view(recovery);
    await recovery.forceBreaker('unlucky', 'isolated', { reason: SECRET, by: SECRET });
    const stray = { type: 'stray', at: 1, token: SECRET, type2: { message: SECRET } };
    actor.send(stray as never);
    await recovery.cancel('one', SECRET);
    const echo = recovery.operation('echo', async (input: unknown) => input);
    await echo.run({ [SECRET]: SECRET });
    await flush();
    const text = JSON.stringify([sent, late.sent]);
    assert.ok(sent.length > 20 && late.sent.length > 5);
    assert.not.match(text, SECRET);
    assert.not.match(text, '4711');
    assert.match(text, 'ECONNRESET');
    // What a decision rested on is there.
    assert.match(text, '"category":"network"');
  }),
);

test(
  'brings a late viewer to where an early one is',
  inWorld(async world => {
    const recovery = await world.boot();
    const early = view(recovery);
    await tripped(recovery, world);
    const late = view(recovery);
    await flush();
    const living = late.of('@xstate.actor').map(({ name }) => name);
    assert.equal(living.sort(), ['breaker.unlucky', 'gate', 'operation.unlucky one', 'timer']);
    for (const actor of late.of('@xstate.actor')) {
      const { definition, parentId, rootId } = actor;
      const known = early.of('@xstate.actor').find(one => one.sessionId === actor.sessionId);
      assert.equal(
        { definition, parentId, rootId },
        { definition: known?.definition, parentId: known?.parentId, rootId: known?.rootId },
      );
      const last = (seen: typeof early) =>
        seen.of('@xstate.snapshot').findLast(one => one.sessionId === actor.sessionId)?.snapshot;
      assert.equal(last(late), last(early));
    }
    for (const one of late.sent) inspectorMessage.parse(one);
    // From here on they see the same.
    const from = [early.sent.length, late.sent.length];
    await recovery.cancel('one');
    await flush();
    const [ours, theirs] = [early.sent.slice(from[0]), late.sent.slice(from[1])];
    const told = (all: InspectorMessage[]) => all.map(({ type, sessionId }) => [type, sessionId]);
    assert.ok(ours.length > 2);
    assert.equal(told(theirs), told(ours));
  }),
);

test(
  'shows the whole chart, with its guards and actions by name and no code',
  inWorld(async world => {
    const recovery = await world.boot();
    await tripped(recovery, world);
    const { named } = view(recovery);
    await flush();
    const text = named('operation.unlucky one')?.definition ?? '';
    const { states } = JSON.parse(text);
    const [first] = states.in_progress.states.running.invoke.onDone;
    assert.is(first.guard.type, 'succeeded');
    assert.is(first.actions.type, 'record');
    assert.not.match(text, /\[Object\]|\[Array\]|=>/);
  }),
);

test(
  'shows one operation without its breaker and without its neighbours',
  inWorld(async world => {
    const recovery = await world.boot();
    const { sent, named, of } = view(recovery, { operationId: 'two' });
    const definition = unlucky(recovery);
    for (const id of ['one', 'two']) {
      const handle = await definition.start(null, { id });
      handle.result().catch(() => {});
    }
    await world.clock.advance(3_000);
    const late = view(recovery, { operationId: 'two' });
    await flush();
    const own = named('operation.unlucky two');
    assert.is(own?.parentId, undefined);
    for (const one of [...sent, ...late.sent]) assert.is(one.rootId, own?.sessionId);
    const ids = new Set(of('@xstate.actor').map(({ sessionId }) => sessionId));
    for (const { sourceId } of of('@xstate.event')) {
      assert.ok(sourceId === undefined || ids.has(sourceId));
    }
    assert.ok(of('@xstate.event').some(({ event }) => event.type === 'permit.granted'));
    assert.not.match(JSON.stringify(sent), '"operationId":"one"');
  }),
);

test(
  'shows one breaker with its operations only',
  inWorld(async world => {
    const recovery = await world.boot();
    const { of } = view(recovery, { breakerKey: 'other' });
    await tripped(recovery, world);
    await tripped(recovery, world, 'two', 'other');
    await flush();
    const names = new Set(of('@xstate.actor').map(({ name }) => name));
    assert.ok(names.has('breaker.other') && names.has('operation.other two'));
    assert.not.ok(names.has('breaker.unlucky') || names.has('operation.unlucky one'));
  }),
);

test(
  'forgets actors that have ended, and shows no more than maxActors at a time',
  inWorld(async world => {
    const recovery = await world.boot();
    const { shown, of, sent } = view(recovery, { maxActors: 3 });
    const double = recovery.operation('double', async (n: number) => n * 2);
    for (let n = 0; n < 20; n++) await double.run(n);
    assert.is(shown.actors, 1);
    await flush();
    assert.is(of('@xstate.actor').filter(({ name }) => name.startsWith('operation.')).length, 20);
    const slow = hanging();
    const hang = recovery.operation('hang', slow.fn);
    for (let n = 0; n < 20; n++) await hang.start(undefined, { id: `h${n}` });
    assert.is(shown.actors, 3);
    await flush();
    // Nothing is told of an actor that was not registered.
    const ids = new Set(of('@xstate.actor').map(({ sessionId }) => sessionId));
    for (const { sessionId } of sent) assert.ok(ids.has(sessionId));
  }),
);

test(
  'sends nothing after it was stopped, nor after the recovery was closed',
  inWorld(async world => {
    const recovery = await world.boot();
    const { sent, shown } = view(recovery);
    const other = view(recovery);
    const handle = await tripped(recovery, world);
    await flush();
    await recovery.cancel('one');
    const before = sent.length;
    assert.ok(before > 20);
    shown.stop();
    shown.stop();
    await flush();
    // What happened in the last turn of the event loop was not sent yet.
    assert.equal([sent.length, shown.actors], [before, 0]);
    await world.close(recovery);
    await flush();
    assert.is(other.shown.actors, 0);
    const told = other.sent.length;
    handle.actor.send({ type: 'cancel', at: 1 });
    await flush();
    assert.is(other.sent.length, told);
  }),
);

test(
  'a viewer that throws ends its view and harms nobody',
  inWorld(async world => {
    const recovery = await world.boot();
    const error = new TypeError('gone');
    const errors: unknown[] = [];
    const send = () => {
      throw error;
    };
    const { shown } = view(recovery, { send, onError: told => errors.push(told) });
    const other = view(recovery);
    await tripped(recovery, world);
    await flush();
    assert.equal(errors, [error]);
    assert.is(shown.actors, 0);
    assert.ok(other.sent.length > 20);
    assert.equal(world.logged, []);
  }),
);

test(
  'a listener that throws is let go with a warning, and the operation goes on',
  inWorld(async world => {
    const recovery = await world.boot();
    let told = 0;
    recovery.inspect(() => {
      told++;
      throw new TypeError('mine');
    });
    const entered = deferred();
    const double = recovery.operation('double', async (n: number) => {
      entered.resolve();
      return n * 2;
    });
    assert.is(await double.run(21), 42);
    await entered.promise;
    assert.is(told, 1);
    assert.equal(world.logged, ['an inspection listener threw and is not told any more']);
  }),
);

test(
  'refuses a maxActors that is no count',
  inWorld(async world => {
    const recovery = await world.boot();
    for (const maxActors of [0, 1.5, Number.NaN]) {
      assert.throws(
        () => inspectRecovery(recovery, { createInspector, send() {}, maxActors }),
        (error: unknown) => error instanceof ConfigError && /maxActors/.test(error.message),
      );
    }
  }),
);

test.run();

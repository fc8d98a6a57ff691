import { createInspector } from '@statelyai/inspect';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { problemOf } from '../../../adapters/http/problem.ts';
import type { CreateInspector } from '../../../adapters/inspector/index.ts';
import { InspectorStream, statelyInspector } from '../../../adapters/socketio/inspector-stream.ts';
import type { Wire } from '../../../adapters/socketio/wire.ts';
import { ConfigError } from '../../../services/errors.ts';
import { rejects } from '../../support/rejects.ts';
import { type Served, type Serving, served } from '../http/support/served.ts';
import { inspectorMessage, type Sent } from '../inspector/support/inspector-message.ts';
import {
  isBlocked,
  isCaughtUp,
  lastSnapshots,
  named,
  registrations,
  SECRET,
  timed,
  trip,
} from '../inspector/support/unlucky.ts';
import { RawClient } from './support/raw.ts';

/** Milliseconds: what a kernel buffers for a client must be filled first. */
export const suiteTimeout = 60_000;

const test = suite('the inspector over the socket');

type Clock = ReturnType<typeof timed>['clock'];
type Open = () => Promise<RawClient>;

/** With a server, and clients that are gone at the end. */
function watched(run: (parts: Served & { clock: Clock; open: Open }) => Promise<void>) {
  return async (): Promise<void> => {
    const { clock, options } = timed();
    const serving: Serving = { recovery: options };
    await served(serving, async parts => {
      const clients: RawClient[] = [];
      const open = async () => {
        const client = await RawClient.open(parts.server.url);
        clients.push(client);
        return client;
      };
      try {
        await run({ ...parts, clock, open });
      } finally {
        for (const client of clients) client.close();
      }
    })();
  };
}

const messagesOf = (client: RawClient): readonly Sent[] =>
  client.told('inspector').map(one => inspectorMessage.parse(one));

const namesOf = (messages: readonly Sent[]) => registrations(messages).map(({ name }) => name);

test(
  'shows retries and the trip of a breaker in messages of the package, and nothing secret',
  watched(async ({ recovery, clock, open }) => {
    const client = await open();
    assert.equal(await client.ask('inspect', '{}'), { ok: true, result: {} });
    await trip(recovery, clock);
    await client.until('inspector', isBlocked);
    const messages = messagesOf(client);
    const breaker = named(messages, 'breaker.unlucky');
    const values = messages.flatMap(one =>
      one.type === '@xstate.snapshot' && one.sessionId === breaker?.sessionId
        ? [one.snapshot.value]
        : [],
    );
    assert.equal([...new Set(values)], ['closed', 'open']);
    assert.is(named(messages, 'operation.unlucky one')?.parentId, breaker?.sessionId);
    assert.not.match(JSON.stringify(messages), SECRET);
  }),
);

test(
  'brings a late viewer to where an early one is',
  watched(async ({ recovery, clock, open }) => {
    const [early, late] = [await open(), await open()];
    await early.ask('inspect', '{}');
    await trip(recovery, clock);
    await early.until('inspector', isBlocked);
    await late.ask('inspect', '{}');
    await late.until('inspector', isCaughtUp);
    const last = lastSnapshots(messagesOf(early));
    const known = lastSnapshots(messagesOf(late));
    assert.is(known.size, 4);
    for (const [sessionId, snapshot] of known) assert.equal(snapshot, last.get(sessionId));
  }),
);

test(
  'shows one operation, or one breaker with its operations, to whoever asks for it',
  watched(async ({ recovery, clock, open }) => {
    const [one, breaker, nobody] = [await open(), await open(), await open()];
    await one.ask('inspect', '{"operation_id":"two"}');
    await breaker.ask('inspect', '{"key":"other"}');
    await nobody.ask('inspect', '{"key":"other","operation_id":"one"}');
    await trip(recovery, clock);
    await trip(recovery, clock, 'two');
    await trip(recovery, clock, 'three', 'other');
    await one.until('inspector', told => isBlocked(told, 'two'));
    await breaker.until('inspector', told => isBlocked(told, 'three', 'other'));
    assert.not.ok(namesOf(messagesOf(one)).some(name => /breaker|one|three/.test(name)));
    assert.ok(namesOf(messagesOf(breaker)).includes('breaker.other'));
    assert.not.ok(namesOf(messagesOf(breaker)).some(name => /unlucky/.test(name)));
    // What was sent to it before this answer has come.
    assert.ok((await nobody.ask('inspect', '{"key":"none"}')).ok);
    assert.is(nobody.told('inspector').length, 0);
  }),
);

test(
  'a second view takes the place of the first: nothing of that comes after the answer',
  watched(async ({ recovery, clock, open }) => {
    const client = await open();
    await client.ask('inspect', '{}');
    await trip(recovery, clock);
    await client.until('inspector', isBlocked);
    const first = client.told('inspector').length;
    const sessions = new Set(messagesOf(client).map(({ sessionId }) => sessionId));
    assert.ok((await client.ask('inspect', '{"key":"other"}')).ok);
    const at = client.told('inspector').length;
    assert.is(at, first);
    await recovery.cancel('one');
    await trip(recovery, clock, 'three', 'other');
    await client.until('inspector', told => isBlocked(told, 'three', 'other'));
    const later = messagesOf(client).slice(at);
    assert.ok(later.length > 20);
    assert.not.ok(later.some(({ sessionId }) => sessions.has(sessionId)));
    assert.equal(client.told('inspector_ended'), []);
  }),
);

/** As much as a connection buffers, and as many messages as may wait behind that. */
const STRAYS = 6_000;
const padding = Array.from({ length: 10 }, () => Array.from({ length: 100 }, (_, n) => n));

const strays = (client: RawClient): number =>
  (client.told('inspector') as readonly Sent[]).filter(
    one => one.type === '@xstate.event' && one.event.type === 'stray',
  ).length;

test(
  'ends the view of a viewer that does not read, and tells it why; another is shown all',
  watched(async ({ recovery, clock, open }) => {
    const [slow, reader] = [await open(), await open()];
    await trip(recovery, clock);
    await slow.ask('inspect', '{}');
    await reader.ask('inspect', '{}');
    await reader.until('inspector', isBlocked);
    slow.pause();
    const actor = (await recovery.get('one'))?.actor;
    const before = reader.told('inspector').length;
    for (let sent = 0; sent < STRAYS; sent += 200) {
      for (let i = 0; i < 200; i++) actor?.send({ type: 'stray', at: 1, padding } as never);
      // Each is an event and a snapshot.
      await reader.until('inspector', told => told.length === before + 2 * (sent + 200));
    }
    slow.resume();
    const [ended] = await slow.until('inspector_ended');
    assert.match((ended as { reason: string }).reason, /too slow: 5000 messages/);
    assert.ok(strays(slow) < STRAYS);
    assert.is(strays(reader), STRAYS);
    assert.equal(reader.told('inspector_ended'), []);
    // It may ask again.
    assert.ok((await slow.ask('inspect', '{}')).ok);
  }),
);

test(
  'refuses what does not fit its schema',
  watched(async ({ open }) => {
    const client = await open();
    for (const text of ['{"operation_id":""}', '{"key":7}', '{"operation":"one"}', '[]', 'null']) {
      assert.is((await client.ask('inspect', text)).problem?.code, 'VALIDATION', text);
    }
  }),
);

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const nowhere = { closed: false, send: async () => {} } as unknown as Wire;

test(
  'says what to install where the package is missing',
  served({}, async ({ recovery }) => {
    const missing = statelyInspector(() => Promise.reject(new TypeError('Cannot find package')));
    const stream = new InspectorStream(recovery, nowhere, missing, logger);
    const error = await rejects(stream.begin({}), ConfigError);
    const { status, code, detail } = problemOf(error);
    assert.equal([status, code], [400, 'CONFIG']);
    assert.match(detail ?? '', 'npm install @statelyai/inspect');
    assert.instance(error.cause, TypeError);
  }),
);

test(
  'a view that is overtaken while the package loads does not begin',
  served({}, async ({ recovery }) => {
    const loading: ((create: CreateInspector) => void)[] = [];
    const load = () => new Promise<CreateInspector>(resolve => loading.push(resolve));
    let listeners = 0;
    const inspectable = {
      inspect: (...args: Parameters<typeof recovery.inspect>) => {
        listeners++;
        return recovery.inspect(...args);
      },
    };
    const stream = new InspectorStream(inspectable, nowhere, load, logger);
    const begun = [stream.begin({}), stream.begin({})];
    for (const loaded of loading) loaded(createInspector as unknown as CreateInspector);
    await Promise.all(begun);
    assert.is(listeners, 1);
    stream.stop();
  }),
);

test.run();

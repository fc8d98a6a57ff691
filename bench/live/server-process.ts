/** The serving process of the live section. */
import { createServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer as createControl } from 'node:net';
import { NEVER } from 'rxjs';
import { Server } from 'socket.io';
import { MemoryPersistence } from '../../adapters/memory/index.ts';
import { SqlJsPersistence } from '../../adapters/sqljs/index.ts';
import { createRecovery } from '../../index.ts';
import { createRecoveryServer } from '../../server.ts';
import type { OperationTransition, Recovery, TransitionWrite } from '../../services/ports.ts';
import { recoveryUpdateOf } from '../../services/protocol.ts';

import { Streams } from '../../services/stream/streams.ts';
import { obeyOrders } from '../child.ts';
import { closedLoop } from '../closed-loop.ts';
import type { Operated, ServerOrder, Serving } from './orders.ts';

/** Transitions of a commit, and how many the slowest client may be behind: fewer than make it conflated. */
const BATCH = 100;
const WINDOW = 800;
const CONCURRENCY = 100;

/** How many updates the slowest client has, as the clients tell it. */
let reached = 0;
let heard = () => {};
const control = createControl(socket => {
  reached = 0;
  socket.setEncoding('utf8').on('data', (text: string) => {
    reached = Number(text.trim().split('\n').at(-1));
    heard();
  });
  socket.on('error', () => {});
});
await new Promise<void>(resolve => control.listen(0, '127.0.0.1', resolve));

let publish: (transitions: readonly TransitionWrite[]) => Promise<void>;
let operate: (milliseconds: number) => Promise<Operated>;
let close: () => Promise<void> = async () => {};

async function obey(order: ServerOrder): Promise<unknown> {
  switch (order.do) {
    case 'stream':
      return serving(await (order.kind === 'ours' ? ours() : bare()));
    case 'work':
      return serving(await work(order.path));
    case 'publish':
      return publishAll(order.transitions);
    case 'operate':
      return operate(order.milliseconds);
    case 'close':
      return close();
  }
}

const serving = (port: number): Serving => ({
  port,
  control: (control.address() as AddressInfo).port,
});

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** A feed of transitions that nobody has to work for. */
function source() {
  const store = new MemoryPersistence();
  const read = {
    transitions: (query: Parameters<MemoryPersistence['transitions']>[0]) =>
      store.transitions(query),
    position: async () => {
      const [last] = await store.transitions({ order: 'newest', limit: 1 });
      return last?.position ?? 0;
    },
    summaries: async () => ({ items: [] }),
    breakers: () => [],
    breaker: () => undefined,
  };
  const streams = new Streams(read, silent);
  publish = async transitions => {
    const nothing = { operations: [], steps: [], breakers: [] };
    const { positions } = await store.commit({ ...nothing, transitions });
    streams.publish(transitions, positions);
  };
  return { store, streams, read };
}

async function ours(): Promise<number> {
  const { store, streams, read } = source();
  await store.open();
  // The rest of a recovery is asked for by requests only, and there are none.
  const recovery = {
    ...read,
    feed: (options: Parameters<Streams['feed']>[0]) => streams.feed(options),
    transitions$: streams.transitions$,
    progress$: NEVER,
    metrics: { attempts: 0 },
    observe: () => () => {},
  } as unknown as Recovery;
  const server = await createRecoveryServer(recovery, { port: 0 });
  close = () => server.close();
  return Number(new URL(server.url).port);
}

/** What one would write by hand: every transition to everybody, at once and without end. */
async function bare(): Promise<number> {
  const { store, streams } = source();
  await store.open();
  const http: HttpServer = createServer();
  const io = new Server(http, { serveClient: false, perMessageDeflate: false });
  io.on('connection', socket => {
    socket.on('subscribe', (_, acknowledge) => acknowledge({ ok: true }));
  });
  streams.transitions$.subscribe(transition => {
    io.emit('recovery_update', recoveryUpdateOf(transition as OperationTransition));
  });
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve));
  close = async () => {
    await io.close();
  };
  return (http.address() as AddressInfo).port;
}

/** @returns transitions a second, to each of the clients */
async function publishAll(count: number): Promise<number> {
  const first = reached;
  const begin = performance.now();
  for (let sent = 0; sent < count; ) {
    const batch = Array.from({ length: Math.min(BATCH, count - sent) }, () => madeUp());
    await publish(batch);
    sent += batch.length;
    await until(() => first + sent - reached <= WINDOW);
  }
  await until(() => reached >= first + count);
  return count / ((performance.now() - begin) / 1000);
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise<void>(resolve => {
      heard = resolve;
    });
  }
}

let made = 0;

/** As long as what a retry leaves behind. */
const madeUp = (): TransitionWrite => ({
  kind: 'operation',
  operationId: `operation-${made++}`,
  name: 'download',
  seq: 3,
  from: 'in_progress',
  to: 'recovering',
  event: 'xstate.done.actor.attempt',
  attempt: 1,
  at: 1_750_000_000_000 + made,
  reason: {
    kind: 'retry',
    message: 'read ECONNRESET; retry 1 of 3 in 1000 ms',
    category: 'network',
    rule: 'code:ECONNRESET',
    strategy: 'exponential',
    delay: 1_000,
    dueAt: 1_750_000_001_000 + made,
  },
});

async function work(path: string): Promise<number> {
  const recovery = await createRecovery({ persistence: new SqlJsPersistence({ path }) });
  const identity = recovery.operation('identity', async (x: number) => x);
  const server = await createRecoveryServer(recovery, { port: 0 });
  const calls = {
    setup: async () => {},
    call: (input: number) => identity.run(input),
    teardown: async () => {},
  };
  operate = async milliseconds => {
    const round = await closedLoop(calls, CONCURRENCY, milliseconds);
    globalThis.gc?.();
    const memory = process.memoryUsage.rss() / 1e6;
    return { rate: round.calls / round.seconds, memory };
  };
  close = async () => {
    await server.close();
    await recovery.close();
  };
  return Number(new URL(server.url).port);
}

obeyOrders(obey);

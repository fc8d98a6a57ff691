import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ServerRefusedError, ServerUnreachableError } from '../../../adapters/http-client/index.ts';
import {
  type FollowOptions,
  followServer,
  type ServerFeedItem,
} from '../../../adapters/socket-client/index.ts';
import { createRecoveryServer } from '../../../server.ts';
import type { Transition } from '../../../services/ports.ts';
import { served, TOKENS, VIEWER } from '../http/support/served.ts';

const test = suite('following a real server');

interface Followed {
  readonly items: ServerFeedItem[];
  /** Resolves when an item fits, also one of the past. */
  until(fits: (item: ServerFeedItem) => boolean): Promise<void>;
  readonly ended: Promise<unknown>;
  leave(): void;
}

function follow(options: FollowOptions): Followed {
  const items: ServerFeedItem[] = [];
  const waiting: (() => void)[] = [];
  let end: (error: unknown) => void = () => {};
  const ended = new Promise<unknown>(resolve => {
    end = resolve;
  });
  const subscription = followServer({ firstWait: 10, longestWait: 50, ...options }).subscribe({
    next: item => {
      items.push(item);
      for (const check of waiting) check();
    },
    error: end,
  });
  return {
    items,
    until: fits =>
      new Promise(resolve => {
        const check = () => items.some(fits) && resolve();
        waiting.push(check);
        check();
      }),
    ended,
    leave: () => subscription.unsubscribe(),
  };
}

const is = (status: string) => (item: ServerFeedItem) =>
  item.kind === 'status' && item.status === status;
const ending = (id: string) => (item: ServerFeedItem) =>
  item.kind === 'transition' &&
  item.transition.kind === 'operation' &&
  item.transition.operationId === id &&
  item.transition.to === 'success';
const transitions = (items: readonly ServerFeedItem[]): Transition[] =>
  items.flatMap(item => (item.kind === 'transition' ? [item.transition] : []));

test(
  'tells transitions, as the recovery tells them, and progress',
  served({ server: { tokens: TOKENS } }, async ({ recovery, server: { url } }) => {
    const told: Transition[] = [];
    recovery.transitions$.subscribe(transition => told.push(transition));
    let go = () => {};
    const gate = new Promise<void>(resolve => {
      go = resolve;
    });
    const job = recovery.operation('job', async (_: unknown, op) => {
      op.progress({ done: 1, total: 2 });
      await gate;
    });
    const followed = follow({ url, token: VIEWER });
    try {
      await followed.until(is('live'));
      const run = job.run(undefined, { id: 'one' });
      await followed.until(item => item.kind === 'progress');
      go();
      await run;
      await recovery.forceBreaker('k', 'isolated');
      await followed.until(({ kind, ...item }) =>
        kind === 'transition'
          ? (item as { transition: Transition }).transition.kind === 'breaker'
          : false,
      );
      assert.equal(transitions(followed.items), told);
      const progress = followed.items.find(({ kind }) => kind === 'progress');
      assert.ok(progress?.kind === 'progress');
      assert.equal(progress.progress.value, { done: 1, total: 2 });
    } finally {
      followed.leave();
    }
  }),
);

test(
  'misses nothing and repeats nothing while the server is away',
  served({}, async ({ recovery, server }) => {
    const told: Transition[] = [];
    recovery.transitions$.subscribe(transition => told.push(transition));
    const job = recovery.operation('job', async () => {});
    const { url } = server;
    const followed = follow({ url });
    try {
      await followed.until(is('live'));
      await job.run(undefined, { id: 'before' });
      await followed.until(ending('before'));
      await server.close();
      await followed.until(is('reconnecting'));
      await job.run(undefined, { id: 'meanwhile' });
      const second = await createRecoveryServer(recovery, { port: Number(new URL(url).port) });
      try {
        await followed.until(ending('meanwhile'));
        await job.run(undefined, { id: 'after' });
        await followed.until(ending('after'));
      } finally {
        await second.close();
      }
      assert.equal(transitions(followed.items), told);
    } finally {
      followed.leave();
    }
  }),
);

test(
  'tells only what fits',
  served({}, async ({ recovery, server: { url } }) => {
    const job = recovery.operation('job', async () => {});
    const followed = follow({ url, filter: { ids: ['b'] } });
    try {
      await followed.until(is('live'));
      for (const id of ['a', 'b', 'c']) await job.run(undefined, { id });
      await followed.until(ending('b'));
      assert.equal(
        transitions(followed.items).map(({ position }) => position),
        [4, 5, 6],
      );
    } finally {
      followed.leave();
    }
  }),
);

test(
  'finds the socket below the base path of a server',
  served({}, async ({ recovery }) => {
    const server = createServer();
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const mounted = await createRecoveryServer(recovery, { server, basePath: '/deep/recovery' });
    const { port } = server.address() as AddressInfo;
    const followed = follow({ url: `http://127.0.0.1:${port}/deep/recovery/` });
    try {
      await followed.until(is('live'));
    } finally {
      followed.leave();
      await mounted.close();
      await new Promise(resolve => server.close(resolve));
    }
  }),
);

test(
  'ends with a wrong token, and where nobody answers',
  served({ server: { tokens: TOKENS } }, async ({ server }) => {
    const { url } = server;
    const wrong = await follow({ url, token: 'wrong-token-0123456789' }).ended;
    assert.instance(wrong, ServerRefusedError);
    assert.match((wrong as Error).message, 'does not know the token');
    await server.close();
    const nobody = await follow({ url }).ended;
    assert.instance(nobody, ServerUnreachableError);
    assert.match((nobody as Error).message, 'the connection was refused');
  }),
);

test.run();

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createActor, fromCallback, fromPromise, SimulatedClock } from 'xstate';
import {
  connectionMachine,
  type LinkCommand,
  type LinkEvent,
  phaseOf,
} from '../../visualizer/connection/connection-machine.ts';
import { ProblemError, UNREACHABLE } from '../../visualizer/connection/problem-error.ts';
import type { Problem, Session } from '../../visualizer/data/wire.ts';

const SESSION: Session = { role: 'operator', guarded: true, version: '1.0.0' };
const UNAUTHORISED: Problem = {
  type: '',
  title: 'A token is needed',
  status: 401,
  code: 'UNAUTHORIZED',
};

interface Stage {
  /** Answers the request for a session that is waiting. */
  answer(outcome: Session | Problem): Promise<void>;
  link(event: LinkEvent): void;
  readonly phase: () => string;
  readonly commands: LinkCommand[];
  readonly tokens: (string | null)[];
  readonly kept: (string | null)[];
  readonly clock: SimulatedClock;
  readonly actor: ReturnType<typeof start>;
  readonly links: () => number;
}

type Settle = { resolve: (session: Session) => void; reject: (error: unknown) => void };

function start(
  token: string | null,
  clock: SimulatedClock,
  parts: {
    ask: (token: string | null) => Promise<Session>;
    opened: (tell: (event: LinkEvent) => void) => () => void;
    commanded: (command: LinkCommand) => void;
    kept: (token: string | null) => void;
  },
) {
  const machine = connectionMachine.provide({
    actors: {
      session: fromPromise(({ input }) => parts.ask(input.token)),
      link: fromCallback<LinkCommand, { readonly token: string | null }>(
        ({ sendBack, receive }) => {
          receive(command => parts.commanded(command));
          return parts.opened(sendBack);
        },
      ),
    },
    actions: { keepToken: (_, params) => parts.kept(params.token) },
  });
  return createActor(machine, { input: { token }, clock }).start();
}

function stage(token: string | null = null): Stage {
  const clock = new SimulatedClock();
  const waiting: Settle[] = [];
  const commands: LinkCommand[] = [];
  const tokens: (string | null)[] = [];
  const kept: (string | null)[] = [];
  let tell: (event: LinkEvent) => void = () => {};
  let open = 0;
  const actor = start(token, clock, {
    ask: asked => {
      tokens.push(asked);
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    opened: sendBack => {
      tell = sendBack;
      open += 1;
      return () => {
        open -= 1;
      };
    },
    commanded: command => commands.push(command),
    kept: value => kept.push(value),
  });
  return {
    clock,
    actor,
    commands,
    tokens,
    kept,
    links: () => open,
    phase: () => phaseOf(actor.getSnapshot().value),
    link: event => tell(event),
    answer: async outcome => {
      const request = waiting.shift();
      if ('role' in outcome) request?.resolve(outcome);
      else request?.reject(new ProblemError(outcome));
      await new Promise(resolve => setImmediate(resolve));
    },
  };
}

async function live(): Promise<Stage> {
  const on = stage('secret');
  await on.answer(SESSION);
  on.link({ type: 'link.up' });
  on.link({ type: 'link.subscribed', behind: false });
  return on;
}

test('opens a session, then the socket, subscribes, and is live', async () => {
  const on = stage();
  assert.is(on.phase(), 'connecting');
  assert.is(on.links(), 0, 'no socket before the session');
  await on.answer(SESSION);
  assert.is(on.phase(), 'connecting');
  on.link({ type: 'link.up' });
  assert.is(on.phase(), 'subscribing');
  assert.equal(on.commands, [{ type: 'subscribe' }]);
  on.link({ type: 'link.subscribed', behind: false });
  assert.is(on.phase(), 'live');
  on.actor.stop();
});

test('asks for a token where one is needed, and goes on with it', async () => {
  const on = stage();
  await on.answer(UNAUTHORISED);
  assert.is(on.phase(), 'unauthorised');
  assert.is(on.actor.getSnapshot().context.problem, null, 'nobody has given a wrong one yet');
  on.actor.send({ type: 'token', token: 'wrong' });
  await on.answer(UNAUTHORISED);
  assert.is(on.actor.getSnapshot().context.problem?.status, 401);
  on.actor.send({ type: 'token', token: 'right' });
  assert.is(on.phase(), 'connecting');
  await on.answer(SESSION);
  assert.equal(on.tokens, [null, 'wrong', 'right']);
  assert.equal(on.kept, ['wrong', 'right']);
  on.actor.stop();
});

test('a token that is refused later closes the socket', async () => {
  const on = await live();
  on.actor.send({ type: 'unauthorised' });
  assert.is(on.phase(), 'unauthorised');
  assert.is(on.links(), 0);
  on.actor.stop();
});

test('a socket that is refused for its token asks for another', async () => {
  const on = stage('secret');
  await on.answer(SESSION);
  on.link({ type: 'link.refused', problem: UNAUTHORISED });
  assert.is(on.phase(), 'unauthorised');
  on.actor.stop();
});

test('reconnects, subscribes again and catches up', async () => {
  const on = await live();
  on.link({ type: 'link.down', reason: 'transport close' });
  assert.is(on.phase(), 'reconnecting');
  on.link({ type: 'link.up' });
  on.link({ type: 'link.subscribed', behind: true });
  assert.is(on.phase(), 'catching_up');
  on.link({ type: 'link.live' });
  assert.is(on.phase(), 'live');
  assert.is(on.commands.length, 2);
  on.actor.stop();
});

test('says that the server is gone when it stays away, and comes back when it does', async () => {
  const on = await live();
  on.link({ type: 'link.down', reason: 'transport close' });
  on.clock.increment(6_000);
  on.link({ type: 'link.down', reason: 'a try has failed' });
  on.clock.increment(5_999);
  assert.is(on.phase(), 'reconnecting');
  on.clock.increment(1);
  assert.is(on.phase(), 'gone');
  on.link({ type: 'link.down', reason: 'a try has failed' });
  assert.is(on.phase(), 'gone');
  on.actor.send({ type: 'try again' });
  assert.equal(on.commands.at(-1), { type: 'open' });
  on.link({ type: 'link.up' });
  assert.is(on.phase(), 'subscribing');
  on.actor.stop();
});

test('without a session it tries again by itself, more and more seldom', async () => {
  const on = stage();
  await on.answer(UNREACHABLE);
  assert.is(on.phase(), 'gone');
  on.clock.increment(1_000);
  assert.is(on.phase(), 'connecting');
  await on.answer(UNREACHABLE);
  on.clock.increment(1_999);
  assert.is(on.phase(), 'gone');
  on.clock.increment(1);
  assert.is(on.phase(), 'connecting');
  await on.answer(UNREACHABLE);
  on.actor.send({ type: 'try again' });
  assert.is(on.phase(), 'connecting');
  on.actor.stop();
});

test('says for a while that it was behind, and how much was left out', async () => {
  const on = await live();
  on.link({ type: 'link.conflated', skipped: 40 });
  on.clock.increment(3_000);
  on.link({ type: 'link.conflated', skipped: 2 });
  assert.is(on.phase(), 'behind');
  assert.is(on.actor.getSnapshot().context.skipped, 42);
  on.clock.increment(5_999);
  assert.is(on.phase(), 'behind');
  on.clock.increment(1);
  assert.is(on.phase(), 'live');
  on.actor.stop();
});

test('a page that was let go of subscribes again when the server wants it back, or somebody asks', async () => {
  const on = await live();
  on.link({ type: 'link.dropped', reason: 'too slow', retryAfter: 8_000 });
  on.clock.increment(7_999);
  assert.is(on.phase(), 'dropped');
  on.clock.increment(1);
  assert.is(on.phase(), 'subscribing');
  assert.is(on.commands.length, 2);
  on.link({ type: 'link.dropped', reason: 'too slow', retryAfter: 8_000 });
  on.actor.send({ type: 'try again' });
  assert.is(on.phase(), 'subscribing');
  on.link({ type: 'link.dropped', reason: 'too slow', retryAfter: 0 });
  on.clock.increment(999);
  assert.is(on.phase(), 'dropped');
  on.actor.stop();
});

test('forgetting the token forgets the session', async () => {
  const on = await live();
  on.actor.send({ type: 'forget token' });
  assert.is(on.phase(), 'connecting');
  assert.is(on.actor.getSnapshot().context.session, null);
  assert.equal(on.kept, [null]);
  assert.equal(on.tokens, ['secret', null]);
  on.actor.stop();
});

test.run();

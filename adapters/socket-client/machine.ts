import { assign, type CallbackActorLogic, emit, sendTo, setup } from 'xstate';
import type { RecoveryError } from '../../services/errors.ts';
import type { Random, TransitionFilter } from '../../services/ports.ts';
import type { FeedStatus, ServerFeedItem } from './items.ts';
import type { SocketEvent, SocketOrder } from './messages.ts';

export type SocketLogic = CallbackActorLogic<SocketOrder>;

export interface FeedParts {
  /** The connection; lives as long as the feed. */
  readonly socket: SocketLogic;
  /** Draws how long it waits, so that the clients of a server that comes back do not all come at once. */
  readonly random: Random;
  /** Milliseconds of the first wait; each further one in a row is twice as long. */
  readonly firstWait: number;
  /** Milliseconds of the longest wait. */
  readonly longestWait: number;
}

interface FeedContext {
  readonly filter: TransitionFilter;
  /** Of the last transition that was told; undefined while it is not known where it begins. */
  readonly position: number | undefined;
  /** It was live once, so that what fails afterwards is tried again. */
  readonly known: boolean;
  /** Waits in a row. */
  readonly tries: number;
  /** Milliseconds that the server which has given this reader up wants to be left alone. */
  readonly hold: number;
  /** Why it has ended. */
  readonly error: RecoveryError | undefined;
}

export interface FeedInput {
  readonly filter: TransitionFilter;
  readonly since: number | undefined;
}

type FeedEvent = SocketEvent | { readonly type: 'leave' };

/** Milliseconds that a server which has given a reader up is left alone at least, and at most. */
const HOLD = 1_000;
const LONGEST_HOLD = 300_000;

/**
 * The way to a server's feed: connect, subscribe, catch up, live; and from each of them back to the beginning, with the last position. The position decides
 * what is new: whatever is told twice, by a connection that broke or a server that repeats itself, is passed on once.
 */
export function feedMachine({ socket, random, firstWait, longestWait }: FeedParts) {
  const wait = (tries: number) =>
    Math.min(longestWait, firstWait * 2 ** Math.max(0, tries - 1)) * (0.5 + random() / 2);

  return setup({
    types: {
      context: {} as FeedContext,
      events: {} as FeedEvent,
      input: {} as FeedInput,
      output: {} as { readonly error: RecoveryError | undefined },
      emitted: {} as { readonly type: 'item'; readonly item: ServerFeedItem },
    },
    actors: { socket },
    actions: {
      connect: sendTo('socket', { type: 'connect' }),
      disconnect: sendTo('socket', { type: 'disconnect' }),
      subscribe: sendTo('socket', ({ context: { filter, position } }) => ({
        type: 'subscribe',
        filter,
        since: position,
      })),
      tell: emit((_, item: ServerFeedItem) => ({ type: 'item', item })),
      tellStatus: emit((_, status: FeedStatus) => ({
        type: 'item',
        item: { kind: 'status', status },
      })),
      tellConnecting: emit(({ context }) => ({
        type: 'item',
        item: { kind: 'status', status: context.known ? 'reconnecting' : 'connecting' },
      })),
      moveTo: assign({ position: (_, position: number) => position }),
      /** The order in which a server says things is not relied on. */
      moveUpTo: assign({
        position: ({ context }, position: number) => Math.max(context.position ?? 0, position),
      }),
      beginAfter: assign({
        position: ({ context }, position: number) => context.position ?? position,
      }),
      hold: assign({
        hold: (_, asked: number) => Math.min(LONGEST_HOLD, Math.max(HOLD, asked)),
      }),
      countTry: assign({ tries: ({ context }) => context.tries + 1 }),
      beLive: assign({ known: true, tries: 0, hold: HOLD }),
      fail: assign({ error: (_, error: RecoveryError) => error }),
    },
    guards: {
      isNew: ({ context }, position: number) =>
        context.position === undefined || position > context.position,
      isFinal: (_, final: boolean) => final,
      isUnknown: ({ context }) => !context.known,
    },
    delays: {
      again: ({ context }) => wait(context.tries),
      held: ({ context }) => context.hold + wait(context.tries),
    },
  }).createMachine({
    id: 'feed',
    context: ({ input }) => ({
      filter: input.filter,
      position: input.since,
      known: false,
      tries: 0,
      hold: HOLD,
      error: undefined,
    }),
    invoke: { id: 'socket', src: 'socket' },
    initial: 'connecting',
    on: {
      leave: '.left',
      unfit: {
        target: '.failed',
        actions: { type: 'fail', params: ({ event }) => event.error },
      },
    },
    states: {
      connecting: {
        entry: ['tellConnecting', 'connect'],
        on: {
          connected: 'connected',
          connect_failed: [
            {
              guard: { type: 'isFinal', params: ({ event }) => event.final },
              target: 'failed',
              actions: { type: 'fail', params: ({ event }) => event.error },
            },
            {
              guard: 'isUnknown',
              target: 'failed',
              actions: { type: 'fail', params: ({ event }) => event.error },
            },
            { target: 'waiting' },
          ],
        },
      },
      connected: {
        initial: 'subscribing',
        on: {
          disconnected: 'waiting',
          update: {
            guard: { type: 'isNew', params: ({ event }) => event.transition.position },
            actions: [
              { type: 'moveTo', params: ({ event }) => event.transition.position },
              {
                type: 'tell',
                params: ({ event }) => ({ kind: 'transition', transition: event.transition }),
              },
            ],
          },
          progress: {
            actions: {
              type: 'tell',
              params: ({ event }) => ({ kind: 'progress', progress: event.progress }),
            },
          },
          // It may be of another store, and its position so a lower one.
          snapshot: {
            actions: [
              { type: 'moveTo', params: ({ event }) => event.snapshot.position },
              { type: 'tell', params: ({ event }) => event.snapshot },
            ],
          },
          conflated: {
            actions: {
              type: 'tell',
              params: ({ event }) => ({ kind: 'conflated', skipped: event.skipped }),
            },
          },
          dropped: {
            target: '.held',
            actions: [
              { type: 'moveUpTo', params: ({ event }) => event.position },
              { type: 'hold', params: ({ event }) => event.retryAfter },
              {
                type: 'tell',
                params: ({ event: { reason, position, retryAfter } }) => ({
                  kind: 'dropped',
                  reason,
                  position,
                  retryAfter,
                }),
              },
            ],
          },
        },
        states: {
          subscribing: {
            entry: 'subscribe',
            on: {
              subscribed: {
                target: 'catching_up',
                actions: { type: 'beginAfter', params: ({ event }) => event.position },
              },
              not_subscribed: [
                {
                  guard: { type: 'isFinal', params: ({ event }) => event.final },
                  target: '#feed.failed',
                  actions: { type: 'fail', params: ({ event }) => event.error },
                },
                { target: 'held' },
              ],
            },
          },
          catching_up: {
            entry: { type: 'tellStatus', params: 'catching_up' },
            on: {
              live: {
                target: 'live',
                actions: { type: 'moveUpTo', params: ({ event }) => event.position },
              },
            },
          },
          live: { entry: ['beLive', { type: 'tellStatus', params: 'live' }] },
          held: { entry: 'countTry', after: { held: 'subscribing' } },
        },
      },
      waiting: {
        entry: ['countTry', 'disconnect', { type: 'tellStatus', params: 'reconnecting' }],
        after: { again: 'connecting' },
      },
      failed: { type: 'final' },
      left: { type: 'final' },
    },
    output: ({ context }) => ({ error: context.error }),
  });
}

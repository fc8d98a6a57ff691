import { EventEmitter } from 'node:events';
import { LiveList, type LiveListOptions } from '../../../../adapters/cli/watch/live-list.ts';
import type { ServerFeedItem } from '../../../../adapters/socket-client/index.ts';
import { SimulatedClock } from '../../../../adapters/testing/index.ts';
import type { ListQuery, OperationSummaryView, RecoveryState } from '../../../../services/ports.ts';
import { FakeTerminal } from './fake-terminal.ts';

export const URL = 'http://server.test';

export const view = (id: string, state: RecoveryState, more: Partial<OperationSummaryView> = {}) =>
  ({
    id,
    name: 'job',
    state,
    path: state,
    attempt: 1,
    errorMessage: null,
    breakerKey: 'job',
    dueAt: null,
    createdAt: 0,
    updatedAt: 0,
    ...more,
  }) as OperationSummaryView;

export const status = (word: 'live' | 'catching_up' | 'reconnecting'): ServerFeedItem => ({
  kind: 'status',
  status: word,
});

let position = 0;
export function transition(
  operationId: string,
  to: RecoveryState,
  reason: object | null = null,
  more: object = {},
): ServerFeedItem {
  return {
    kind: 'transition',
    transition: {
      kind: 'operation',
      position: ++position,
      operationId,
      name: 'job',
      seq: 1,
      from: 'pending',
      to,
      event: 'e',
      attempt: 1,
      reason: reason as never,
      at: 1_000,
      ...more,
    },
  };
}

/** A live list on a fake terminal, over a server that holds these operations. */
export function stage(
  operations: readonly OperationSummaryView[] = [],
  options: Partial<LiveListOptions> & { size?: [number, number] } = {},
) {
  const [columns, rows] = options.size ?? [100, 30];
  const terminal = new FakeTerminal(columns, rows);
  const clock = new SimulatedClock({ now: 0 });
  const signals = Object.assign(new EventEmitter(), {
    pid: 42,
    killed: [] as unknown[],
    kill: (...args: unknown[]) => signals.killed.push(args),
  });
  const failures: unknown[] = [];
  const queries: ListQuery[] = [];
  const list = new LiveList({
    io: { out: terminal, err: terminal, debug: false },
    url: URL,
    place: {
      summaries: async (query: ListQuery) => {
        queries.push(query);
        const fits = operations.filter(({ state }) => query.states?.includes(state));
        return { items: fits };
      },
      breakers: async () => [],
    },
    fail: error => void failures.push(error),
    clock,
    signals,
    ...options,
  });
  return { terminal, clock, signals, list, failures, queries };
}

import type { BreakerSettings } from '../../../machines/breaker/types.ts';
import { settingsOf } from './breaker-settings.ts';

/** Events of the breaker chart, as its runtime and its operations would send them. `generation` 0 is an older one than any. */
export const AT = 1_000;
const LEASE = 500;

const permit = (outcome: 'success' | 'failure' | 'ignored', operationId: string, at = AT) => ({
  operationId,
  outcome,
  at,
});
const ask = (operationId: string, at: number, cost = 0) =>
  ({ type: 'permit.request', operationId, at, cost, trigger: 'start' }) as const;
const due = (id: 'timer' | 'lease' | 'override', at: number) =>
  ({ type: `xstate.done.actor.${id}`, output: { at } }) as const;
const force = (to: 'isolated' | 'forced_closed' | 'metrics_only') =>
  ({ type: 'force', to, at: AT, ttl: 50, by: 'me' }) as const;

/** Whether a permit is of the present generation is found out when the event is sent. */
export interface Returning {
  readonly type: 'permit.return' | 'xstate.done.actor.operation.x';
  readonly late: boolean;
  readonly permit: ReturnType<typeof permit> & {
    readonly charge?: number;
    readonly refund?: number;
  };
}
/** By itself, and with the end of its operation. */
const back = (permit: Returning['permit'], late = false): readonly Returning[] => [
  { type: 'permit.return', late, permit },
  { type: 'xstate.done.actor.operation.x', late, permit },
];

/** The next settings; their version is found out when the event is sent. */
export interface Configuring {
  readonly type: 'configure';
  readonly changed: Partial<BreakerSettings>;
}

export const askedOnes = [ask('a', AT), ask('b', AT + 100)];
export const outcomes: readonly Returning[] = [
  ...back(permit('success', 'a')),
  ...back(permit('failure', 'a')),
  ...back(permit('ignored', 'a')),
  ...back(permit('failure', 'b')),
  ...back(permit('success', 'b')),
  ...back(permit('success', 'a'), true),
];
export const endings = [
  due('timer', AT + 10_000),
  due('lease', AT + LEASE),
  due('override', AT + 50),
];
export const orders = [
  force('isolated'),
  force('forced_closed'),
  force('metrics_only'),
  { type: 'reset', at: AT } as const,
];
export const configurings: readonly Configuring[] = [
  { type: 'configure', changed: { mode: 'metrics_only' } },
  { type: 'configure', changed: { mode: 'enforce' } },
];
export const others = [
  { type: 'open_time.drawn', delay: 9_000, draw: 0.5, opening: 1 } as const,
  { type: 'xstate.error.actor.operation.x', error: 'broke' } as const,
  { type: 'operation.stop' } as const,
  { type: 'turn.passed' } as const,
];
export const taking = [{ type: 'rate.take', at: AT } as const];
export const payments = [
  ask('a', AT, 3),
  ...back({ ...permit('failure', 'a'), charge: 3 }),
  ...back({ ...permit('success', 'a'), refund: 3 }),
  ...back({ ...permit('success', 'a'), refund: 3 }, true),
];

export type ScriptedEvent =
  | (typeof askedOnes)[number]
  | Returning
  | (typeof endings)[number]
  | (typeof orders)[number]
  | Configuring
  | (typeof others)[number]
  | (typeof taking)[number];

/** Settings whose graphs together have every arrow, with the events that matter under them. */
export const variants: readonly (readonly [
  title: string,
  settings: Partial<BreakerSettings>,
  events: readonly ScriptedEvent[],
])[] = [
  [
    'two of three probes',
    { window: { kind: 'consecutive', threshold: 2 }, permits: 3, successes: 2 },
    [...askedOnes, ...outcomes, ...endings, ...orders, ...configurings, ...others],
  ],
  [
    'a budget and a rate',
    {
      window: { kind: 'consecutive', threshold: 2 },
      budget: { capacity: 4, refillPerSecond: 0 },
      rate: { limit: 1, interval: 100, burst: 1 },
    },
    [
      ...askedOnes,
      ...payments,
      ...outcomes.slice(0, 6),
      ...endings,
      ...orders,
      ...configurings,
      ...taking,
    ],
  ],
];

export const variantSettings = (changed: Partial<BreakerSettings>): BreakerSettings =>
  settingsOf({ probeTimeout: LEASE, ...changed });

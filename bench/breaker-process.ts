/** The child process of one contender's circuit breaker. */
import type {
  BreakerContender,
  BreakerKind,
  BreakerName,
  Call,
  Guard,
} from './breaker-contender.ts';
import { obeyOrders } from './child.ts';

export type BreakerOrder =
  | { readonly do: 'setup'; readonly name: BreakerName }
  | { readonly do: 'round'; readonly kind: BreakerKind; readonly milliseconds: number }
  | { readonly do: 'hold'; readonly kind: BreakerKind; readonly keys: number };

const CALLS = 1_000;
const FAILURE = new RangeError('one in ten fails');
const succeed: Call = async () => 1;
const fail: Call = async () => {
  throw FAILURE;
};

let contender: BreakerContender | undefined;
const guards = new Map<BreakerKind, Guard | undefined>();

async function obey(order: BreakerOrder): Promise<unknown> {
  if (order.do === 'setup') {
    const module = (await import(`./breakers/${order.name}.js`)) as { breaker: BreakerContender };
    contender = module.breaker;
    return undefined;
  }
  if (contender === undefined) throw new TypeError('setup comes first');
  if (order.do === 'hold') {
    const before = heap();
    contender.hold(order.kind, order.keys);
    return (heap() - before) / order.keys;
  }
  const { kind, milliseconds } = order;
  if (!guards.has(kind)) guards.set(kind, contender.guard(kind));
  const guard = guards.get(kind);
  globalThis.gc?.();
  return guard === undefined ? undefined : round(guard, milliseconds);
}

/** Nanoseconds of a call, one after another. */
async function round(guard: Guard, milliseconds: number): Promise<number> {
  const begin = performance.now();
  let calls = 0;
  let spent = 0;
  while (spent < milliseconds) {
    for (let call = 0; call < CALLS; call++) {
      if (call % 10 > 0) await guard(succeed);
      else await guard(fail).catch(expectFailure);
    }
    calls += CALLS;
    spent = performance.now() - begin;
  }
  return (1e6 * spent) / calls;
}

function expectFailure(error: unknown): void {
  if (error !== FAILURE) throw error;
}

function heap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

obeyOrders(obey);

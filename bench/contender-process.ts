/** The child process of one contender: does what its parent says, one thing after another. */
import { obeyOrders } from './child.ts';
import { closedLoop } from './closed-loop.ts';
import type { Contender, ContenderName, Place } from './contender.ts';

export type Order =
  | { readonly do: 'setup'; readonly name: ContenderName; readonly place: Place }
  | { readonly do: 'round'; readonly concurrency: number; readonly milliseconds: number }
  | { readonly do: 'teardown' };

let contender: Contender | undefined;

async function obey(order: Order): Promise<unknown> {
  if (order.do === 'setup') {
    const module = (await import(`./contenders/${order.name}.js`)) as { contender: Contender };
    contender = module.contender;
    return contender.setup(order.place);
  }
  if (contender === undefined) throw new TypeError('setup comes first');
  if (order.do === 'teardown') return contender.teardown();
  globalThis.gc?.(); // so that nobody pays for the round before
  return closedLoop(contender, order.concurrency, order.milliseconds);
}

obeyOrders(obey);

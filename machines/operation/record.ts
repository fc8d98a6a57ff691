import type { Reason } from '../vocabulary.ts';
import type { OperationContext } from './types.ts';

/** What an arrow writes into the context. */
export type Change = Partial<OperationContext>;

/** The same where history tells of it. */
export type Recorded = Change & Pick<OperationContext, 'last'>;

/** A transition that history tells of. */
export const record = (
  context: OperationContext,
  event: string,
  at: number,
  reason: Reason | null,
) => ({ last: { seq: context.last.seq + 1, event, at, reason } });

/** Who gave an order, where that is known. */
export const by = (order: { readonly by?: string }) =>
  order.by === undefined ? {} : { by: order.by };

import type { OperationOptions, ShadowOptions } from '../../../../services/ports.ts';
import type { World } from '../../runtime/support/world.ts';

export const slowly = (world: World, ms: number) =>
  new Promise<void>(resolve => void world.clock.setTimeout(resolve, ms));

/** One operation to its end, and what its shadow makes of it. */
export async function shadowed(
  world: World,
  fn: (input: unknown, op: never) => unknown,
  options: OperationOptions,
  shadow: ShadowOptions,
) {
  const recovery = await world.boot();
  const work = recovery.operation('work', fn as never, { ...options, shadow } as object);
  const handle = await work.start(undefined as never, { id: 'it' });
  handle.result().catch(() => {});
  await world.clock.advance(1_000_000);
  return { report: work.shadow, state: handle.state, recovery };
}

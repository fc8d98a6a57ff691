import type { World } from './world.ts';

/** What an operation's history says, without instants: from, to, event and the kind of the reason. */
export const kinds = async ({ disk }: Pick<World, 'disk'>, id: string) =>
  (await disk.history(id)).map(({ from, to, event, reason }) => [
    from,
    to,
    event,
    reason?.kind ?? null,
  ]);

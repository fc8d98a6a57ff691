import { z } from 'zod';
import type { Recovery } from '../../../services/ports.ts';
import { arrowOf, arrowsSchema } from '../../../services/protocol.ts';
import { KeptAnswer } from '../kept-answer.ts';
import type { Charts } from '../options.ts';
import { type Route, route } from '../route.ts';

/** Milliseconds for which counts are good: where transitions were removed, a large store takes seconds for new ones. */
const KEEP = 5_000;

/** The charts, and how often each of their arrows was taken. */
export function machineRoutes(recovery: Recovery, charts: Charts): readonly Route[] {
  const counted = new KeptAnswer(() => recovery.transitionCounts(), KEEP);
  return [
    route({
      method: 'GET',
      path: '/api/machines',
      id: 'listMachines',
      summary: 'The charts of operations and breakers, as XState defines them.',
      role: 'viewer',
      success: {
        status: 200,
        description: 'The charts by name.',
        schema: z.record(z.string(), z.looseObject({ id: z.string() })).meta({ id: 'Machines' }),
      },
      handle: () => ({ body: charts }),
    }),
    route({
      method: 'GET',
      path: '/api/machines/arrows',
      id: 'listArrows',
      summary: 'How often each recorded transition was made, of those in the store.',
      role: 'viewer',
      success: {
        status: 200,
        description: 'The arrows, at most five seconds old.',
        schema: arrowsSchema,
      },
      problems: [503],
      handle: async () => ({ body: { arrows: (await counted.get()).map(arrowOf) } }),
    }),
  ];
}

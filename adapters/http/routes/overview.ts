import type { Recovery } from '../../../services/ports.ts';
import { overviewSchema, type SessionResource, sessionSchema } from '../../../services/protocol.ts';
import { Overview } from '../overview.ts';
import { type Route, route } from '../route.ts';
import type { Timeline } from '../timeline.ts';

export interface OverviewParts {
  readonly timeline: Timeline;
  /** Whether callers need a token. */
  readonly guarded: boolean;
  /** Of the package. */
  readonly version: string;
}

/** What a page asks first: who it is for, and how things are. */
export function overviewRoutes(recovery: Recovery, parts: OverviewParts): readonly Route[] {
  const { timeline, guarded, version } = parts;
  const overview = new Overview(recovery, timeline);
  return [
    route({
      method: 'GET',
      path: '/api/session',
      id: 'getSession',
      summary: 'Who asks, as the server sees it.',
      role: 'viewer',
      success: { status: 200, description: 'The role of the token.', schema: sessionSchema },
      handle({ caller }) {
        // A route for viewers is reached by callers only.
        const role = caller?.role ?? 'viewer';
        return { body: { role, guarded, version } satisfies SessionResource };
      },
    }),
    route({
      method: 'GET',
      path: '/api/overview',
      id: 'getOverview',
      summary: 'How it all is; what the store says is at most a second old.',
      role: 'viewer',
      success: { status: 200, description: 'The overview.', schema: overviewSchema },
      problems: [503],
      handle: async () => ({ body: await overview.read() }),
    }),
  ];
}

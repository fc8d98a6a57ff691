import type { BreakerTransition } from '../../../services/ports.ts';
import { settled } from './endings.ts';
import { type Fault, sampleBytes } from './faulty-server.ts';
import type { Stage } from './stage.ts';

/** Two downloads from one host that is in trouble. */
export async function breakerScene(stage: Stage): Promise<void> {
  const { narrator } = stage;
  narrator.scene('the breaker: two downloads, one host in trouble; 4 failures in a row open it');
  const { recovery, download } = await stage.openStore();
  const server = await stage.server();
  const down: Fault = { kind: 'status', status: 503 };
  const paths = ['/a', '/b'] as const;
  const trips: BreakerTransition[] = [];
  const key = new URL(server.url).host;
  const subscription = recovery.transitions$.subscribe(transition => {
    if (transition.kind === 'breaker' && transition.key === key) trips.push(transition);
  });

  await Promise.all(
    paths.map(path => {
      const url = server.serve(path, { content: sampleBytes(50_000), faults: [down, down] });
      const id = `tour-breaker${path.replace('/', '-')}`;
      return settled(download.run({ url, file: stage.file(id) }, { id }));
    }),
  );
  subscription.unsubscribe();

  const states = trips.map(({ to }) => to);
  const opened = trips.find(({ to }) => to === 'open');
  const tried = trips.find(({ to }) => to === 'half_open');
  const after = server.requests.length;
  const views = await Promise.all(
    paths.map(path => recovery.view(`tour-breaker-${path.slice(1)}`)),
  );
  narrator.claim(
    'it went closed -> open -> half_open -> closed',
    trips[0]?.from === 'closed' && states.join() === 'open,half_open,closed',
  );
  narrator.claim(
    'it kept everything from the host for 1.5 s',
    opened !== undefined && tried !== undefined && tried.at - opened.at >= 1_500,
  );
  narrator.claim('the host saw 4 failures and 2 successes, no more', after === 6);
  narrator.claim(
    'both succeeded',
    views.every(view => view?.state === 'success'),
  );
}

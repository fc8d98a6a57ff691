import { waitFor } from 'xstate';
import type { DurableRecovery } from '../../../services/recovery.ts';
import { failing, Puppet, refused, reset } from './puppet.ts';

/** Where operations may rest; `populate` leaves one in each, which has it for an id. */
export const PLACES = [
  'in_progress.running',
  'recovering.backoff',
  'recovering.paused',
  'recovering.blocked',
  'success',
  'failed',
  'exhausted',
] as const;

/** Operations in the places above, a breaker that is open, `mirror.example.org`, and one that is isolated, `billing.internal`. */
export async function populate(recovery: DurableRecovery): Promise<void> {
  const puppet = new Puppet();
  const transcode = recovery.operation('transcode', puppet.call, { breaker: 'gpu-pool' });
  const download = recovery.operation('download', puppet.call, {
    breaker: 'mirror.example.org',
    breakerOptions: { threshold: 2, openTimeout: 90_000 },
    whenOpen: 'wait',
  });
  const parse = recovery.operation('import', puppet.call, { breaker: 'imports', maxRetries: 0 });

  const rest = async (definition: typeof download, id: string, path = id) => {
    const input = { file: 'readings.csv', token: 'not for everybody' };
    const handle = await definition.start(input, { id, metadata: { owner: 'art' } });
    handle.result().catch(() => {});
    const [outer = '', inner] = path.split('.');
    const value = inner === undefined ? outer : { [outer]: inner };
    await waitFor(handle.actor, ({ value: now }) => JSON.stringify(now) === JSON.stringify(value));
  };
  puppet.do(async op => {
    await op.step('clone', () => ({ folder: '/models', commit: '61d0a4b' }));
    return { sha256: '9f2c61d0a4b7' };
  });
  await rest(download, 'success');
  puppet.do(failing(refused('readings.csv is no table', new RangeError('row 4,811 is cut off'))));
  await rest(parse, 'failed');
  puppet.do(failing(reset('connect ECONNREFUSED 10.0.0.7:5432')));
  await rest(parse, 'exhausted');
  puppet.do(failing(reset()));
  await rest(download, 'recovering.backoff');
  puppet.do(failing(reset()));
  await rest(download, 'recovering.paused', 'recovering.backoff');
  await recovery.pause('recovering.paused');
  // Two failures in a row have opened the breaker.
  await rest(download, 'recovering.blocked');
  await recovery.forceBreaker('billing.internal', 'isolated', {
    ttl: 900_000,
    reason: 'moving the database',
    by: 'ada',
  });
  await rest(transcode, 'in_progress.running');
}

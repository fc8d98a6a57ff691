import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sampleBytes } from '../../../adapters/cli/tour/faulty-server.ts';
import { until } from '../../support/cli.ts';
import { withDownloads } from './downloads-fixture.ts';

export const suiteTimeout = 60_000;
const content = sampleBytes(120_000);
const test = suite('downloads, host by host');

test(
  'waits for the turn of its host before an attempt begins, and takes no slot meanwhile',
  withDownloads(async ({ server, manage, recovery }) => {
    const downloads = manage({ perHost: 1, concurrency: 2 });
    const faults = [{ kind: 'hang', after: 10 }] as const;
    const url = server.serve('/slow', { content, faults });
    const slow = await downloads.start({ url, file: 'slow' });
    await until(async () => server.seen('/slow').length === 1);
    const waiting = await Promise.all(
      ['a', 'b', 'c'].map(async name => {
        const mine = server.serve(`/${name}`, {
          content,
          faults: [{ kind: 'status', status: 503 }],
        });
        return downloads.start({ url: mine, file: name }, { id: name });
      }),
    );
    const other = server.serve('/other', { content }).replace('127.0.0.1', 'localhost');
    await downloads.run({ url: other, file: 'other' });

    for (const { id } of waiting) {
      const { path, attempt } = (await recovery.view(id)) ?? {};
      assert.equal([path, attempt], ['pending.queued', 0], id);
    }
    assert.equal(recovery.health().slots.definitions.download, {
      running: 1,
      pending: 3,
      retrying: 0,
    });
    await slow.cancel();
    for (const one of waiting) await one.result();
    for (const { id } of waiting) assert.is((await recovery.view(id))?.attempt, 2, 'only the 503');
    assert.equal(server.requests.map(({ path }) => path).slice(2, 5), ['/a', '/b', '/c']);
  }),
);

test(
  'keeps to the limit of each host with a breaker of its own, too',
  withDownloads(async ({ server, manage }) => {
    const downloads = manage({ perHost: 1, policy: { breaker: false } });
    const faults = [{ kind: 'hang', after: 10 }] as const;
    const url = server.serve('/slow', { content, faults });
    const slow = await downloads.start({ url, file: 'slow' });
    await until(async () => server.seen('/slow').length === 1);
    const next = await downloads.start({ url: server.serve('/next', { content }), file: 'next' });
    const other = server.serve('/other', { content }).replace('127.0.0.1', 'localhost');
    await downloads.run({ url: other, file: 'other' });
    assert.is(server.seen('/next').length, 0);
    await slow.cancel();
    await next.result();
  }),
);

test.run();

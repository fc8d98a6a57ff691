/** The download operation on every path through its chart, with its process killed in every commit, from a server that is really there. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { FixedDelayStrategy, type Recovery } from 'xstate-recovery';
import { download, HttpStatusError } from 'xstate-recovery/operations';
import { crashPaths, createTestRecovery, operationPaths } from 'xstate-recovery/testing';

const CONTENT = 'weights'.repeat(1_000);
const server = createServer((_, response) => {
  response.setHeader('connection', 'close');
  response.end(CONTENT);
});
await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
const folder = await mkdtemp(join(tmpdir(), 'download-paths-'));
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

const file = join(folder, 'weights.bin');
const input = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, file };
const define = (recovery: Recovery) =>
  recovery.operation('download', download, {
    maxRetries: 1,
    timeout: 60_000,
    strategy: new FixedDelayStrategy({ delay: 1_000 }),
  });

const busy = new HttpStatusError(input.url, 503, 'Service Unavailable', undefined);
const outcomes = ['success', 'network', { name: 'busy', error: busy }, 'hang', 'cancel'] as const;
const paths = await operationPaths(define, { input, outcomes });

test.each([...paths, ...(await crashPaths(paths))])('$description', async path => {
  await rm(file, { force: true });
  expect((await path.run()).state).toBe(path.endsIn);
  if (path.endsIn === 'success') expect(await readFile(file, 'utf8')).toBe(CONTENT);
});

test('a download whose first attempt fails is there after the second', async () => {
  await rm(file, { force: true });
  const world = await createTestRecovery({ define });
  world.faults.next('download', Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
  const result = world.defined.run(input, { id: 'weights' });
  await world.advance(1_000);
  expect((await result).bytes).toBe(CONTENT.length);
  expect((await world.recovery.view('weights'))?.attempt).toBe(2);
  await world.close();
});

import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Fault, sampleBytes } from '../../../adapters/cli/tour/faulty-server.ts';
import { download } from '../../../services/operations/download.ts';
import { many } from '../../support/extent.ts';
import { recordingContext } from '../../support/operation-context.ts';
import { sha256Of, withPlace } from './download-fixture.ts';

export const suiteTimeout = 120_000;
const SIZE = 40_000;
const ATTEMPTS = 40;
const versions = [1, 2, 3].map(seed => sampleBytes(SIZE - seed * 100, seed));
/** Whatever has arrived by then; some bytes, all of them or none. */
const once = () => new Promise(resolve => setTimeout(resolve, 5));
const bytes = fc.integer({ min: 0, max: SIZE });
const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ kind: fc.constant('reset' as const), after: bytes, once: fc.constant(once) }),
  fc.record({ kind: fc.constant('short' as const), after: bytes, once: fc.constant(once) }),
  fc.record({ kind: fc.constant('hang' as const), after: bytes }),
  fc.record({ kind: fc.constant('cap' as const), bytes: bytes.map(n => n + 1) }),
  fc.record({ kind: fc.constant('status' as const), status: fc.constantFrom(404, 416, 429, 503) }),
  fc.record({
    kind: fc.constant('headers' as const),
    headers: fc.constantFrom(
      { 'content-range': 'bytes 1-2/3' },
      { 'content-range': `bytes 0-${SIZE - 1}/${SIZE}` },
      { etag: '"another"' },
    ),
  }),
);
/** A stretch of requests that all meet the same version of the file on the server. */
const phase = fc.record({
  version: fc.nat({ max: versions.length - 1 }),
  ranges: fc.boolean(),
  length: fc.boolean(),
  faults: fc.array(fault, { maxLength: 4 }),
});
type Phase = typeof phase extends fc.Arbitrary<infer P> ? P : never;
/** Nothing is missing, but the server does not say that it is done; and then it has another version. */
const LAST_BYTE_THEN_SILENCE: Phase[] = [
  {
    version: 0,
    ranges: true,
    length: false,
    faults: [
      { kind: 'hang', after: 1 },
      { kind: 'hang', after: SIZE - 101 },
    ],
  },
  { version: 1, ranges: true, length: true, faults: [] },
];
const wholes = versions.map(version => sha256Of(version));
const test = suite('download, any faults');

test(
  'ends with exactly one version of the file, whatever happens on the way',
  withPlace(async ({ server, folder }) => {
    let run = 0;
    const property = fc.asyncProperty(
      fc.array(phase, { minLength: 1, maxLength: 4 }),
      async phases => {
        run += 1;
        const file = `${folder}/${run}`;
        const url = `${server.url}/${run}`;
        const input = { url, file };
        for (const { version, faults, ...serving } of phases) {
          const content = versions[version] ?? assert.unreachable();
          server.serve(`/${run}`, { content: content as Uint8Array, ...serving, faults });
          // At most one attempt for each fault; whether it fails is the server's affair.
          for (let attempt = 0; attempt < faults.length; attempt += 1) {
            await download({ ...input, idleTimeout: 30 }, recordingContext()).catch(
              () => undefined,
            );
          }
        }
        const last = versions[phases.at(-1)?.version ?? 0] as Uint8Array;
        server.serve(`/${run}`, { content: last });

        const result = await succeedAtLast(() => download(input, recordingContext()));

        const sha256 = sha256Of(await readFile(file));
        assert.is(result.sha256, sha256);
        // An older version that was there to its last byte is whole, and is not asked for again.
        const wasWhole = result.resumedFrom === result.bytes && wholes.includes(sha256);
        assert.ok(sha256 === sha256Of(last) || wasWhole, `${sha256} is no version`);
      },
    );
    await fc.assert(property, {
      numRuns: many(60, 15),
      seed: 11,
      examples: [[LAST_BYTE_THEN_SILENCE]],
    });
  }),
);

async function succeedAtLast<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = ATTEMPTS; left > 1; left -= 1) {
    try {
      return await attempt();
    } catch {
      // A wrong range or a changed file costs an attempt, and never the file.
    }
  }
  return attempt();
}

test.run();

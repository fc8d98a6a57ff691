import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { programFile } from './support/programs.ts';

const test = suite('examples');

const placeOf = (example: string) => new URL(`../examples/${example}.js`, import.meta.url);

async function output(example: string, file = programFile(placeOf(example))): Promise<string> {
  return (await execa(process.execPath, [file])).stdout;
}

test('an app machine invokes an operation, which recovers and gives it its output', async () => {
  assert.is(await output('app-machine'), 'ready /models/portrait after 3 calls');
});

test('functions and methods recover, and methods keep their instance', async () => {
  // The bundler leaves decorators as they are.
  const said = await output('methods', fileURLToPath(placeOf('methods')));
  assert.is(said, '{ steps: 20 }\n/models/sdxl (attempt 2)');
});

test('a policy is explained and previewed before anything runs', async () => {
  assert.is(
    await output('explain'),
    [
      'attempt 2 fails with a network error (code:ECONNRESET): reset; retry 2 of 4 in 750 ms; drawn from 500 to 1000 ms',
      'attempt 1 fails with a permission error (http:403): forbidden; permission errors like this are not retried; the breaker does not count it',
      '0 ms: attempt 1 failed, closed',
      '317 ms: attempt 2 failed, closed',
      '10317 ms: attempt 3 succeeded, half_open',
      'success after 10317 ms',
    ].join('\n'),
  );
});

test('a stream, an operation from first to last, and a feed from a position', async () => {
  assert.is(
    await output('streams'),
    [
      '1: pending',
      '2: in_progress',
      'live: reset; retry 1 of 3 in 10 ms',
      '3: recovering',
      '4: in_progress',
      '5: success',
      'over',
      'after 2: 3 4 5',
    ].join('\n'),
  );
});

for (const runner of ['uvu', 'node-test']) {
  test(`generated paths are tests of ${runner}`, async () => {
    // The runners want to find the files that they run.
    const example = `testing/with-${runner}`;
    const said = await output(example, fileURLToPath(placeOf(example)));
    const [passed] = /(?:Passed:|# pass|ℹ pass) +(\d+)/.exec(said)?.slice(1) ?? [];
    assert.ok(Number(passed) > 20, said);
  });
}

test.run();

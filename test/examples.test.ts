import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('examples');

async function output(example: string): Promise<string> {
  const file = fileURLToPath(new URL(`../examples/${example}.js`, import.meta.url));
  return (await execa(process.execPath, [file])).stdout;
}

test('an app machine invokes an operation, which recovers and gives it its output', async () => {
  assert.is(await output('app-machine'), 'ready /models/portrait after 3 calls');
});

test('functions and methods recover, and methods keep their instance', async () => {
  assert.is(await output('methods'), '{ steps: 20 }\n/models/sdxl (attempt 2)');
});

test.run();

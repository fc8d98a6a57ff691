/** Every path of an operation as a test of uvu. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { crashPaths, operationPaths } from 'xstate-recovery/testing';
import { defineInstall, given } from './install.ts';

const paths = await operationPaths(defineInstall, given);
for (const path of [...paths, ...(await crashPaths(paths))]) {
  test(path.description, async () => {
    assert.is((await path.run()).state, path.endsIn);
  });
}
test.run();

/** Every path of an operation as a test of Node's own runner: `node --test`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crashPaths, operationPaths } from 'xstate-recovery/testing';
import { defineInstall, given } from './install.ts';

const paths = await operationPaths(defineInstall, given);
for (const path of [...paths, ...(await crashPaths(paths))]) {
  test(path.description, async () => {
    assert.equal((await path.run()).state, path.endsIn);
  });
}

/** Every path of an operation as a test of vitest. */
import { expect, test } from 'vitest';
import { crashPaths, operationPaths } from 'xstate-recovery/testing';
import { defineInstall, given } from './install.ts';

const paths = await operationPaths(defineInstall, given);
test.each([...paths, ...(await crashPaths(paths))])('$description', async path => {
  expect((await path.run()).state).toBe(path.endsIn);
});

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

/** A compiler and dozens of lives. */
export const suiteTimeout = 120_000;

const test = suite('docs/testing.md');
const root = fileURLToPath(new URL('../../../', import.meta.url));

test('the guide compiles against the built package and runs, and is no longer than it says', async () => {
  const guide = await readFile(join(root, 'docs', 'testing.md'), 'utf8');
  const example = /<!-- example:[\s\S]*?```ts\n([\s\S]*?)```/.exec(guide)?.[1] ?? '';
  assert.ok(example.trim().split('\n').length <= 25, 'it is about 20 lines');
  const folder = join(root, '.build', 'testing-guide');
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'example.ts');
  await writeFile(file, example);
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const options = ['--ignoreConfig', '--module', 'nodenext', '--target', 'es2023', '--strict'];
  await execa(process.execPath, [tsc, ...options, '--types', 'node', '--skipLibCheck', file]);
  const { stdout } = await execa(process.execPath, [join(folder, 'example.js')]);
  const [, paths, crashes] =
    /^(\d+) paths and (\d+) crashes, none of which went wrong$/.exec(stdout) ?? [];
  assert.ok(Number(paths) > 10 && Number(crashes) > 50, stdout);
});

test.run();

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('README');
const root = fileURLToPath(new URL('../../', import.meta.url));

/** The example in a folder of the project, where the package finds itself by its own name. */
async function writeExample(): Promise<string> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const example = /<!-- example:[\s\S]*?```ts\n([\s\S]*?)```/.exec(readme)?.[1];
  assert.type(example, 'string', 'the README has no example');
  const folder = join(root, '.build', 'readme');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'example.ts'), example as string);
  return folder;
}

test('the ten-line example compiles against the built package and runs twice on one store', async () => {
  const folder = await writeExample();
  const cwd = await mkdtemp(join(tmpdir(), 'readme-'));
  try {
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const options = ['--ignoreConfig', '--module', 'nodenext', '--target', 'es2023', '--strict'];
    const types = ['--types', 'node', '--skipLibCheck'];
    await execa(process.execPath, [tsc, ...options, ...types, join(folder, 'example.ts')]);
    for (const run of ['first', 'second']) {
      const { stdout } = await execa(process.execPath, [join(folder, 'example.js')], { cwd });
      assert.is(stdout, "{ folder: '/models/portrait', packages: 12 }", `${run} run`);
    }
  } finally {
    await rm(cwd, { recursive: true });
  }
});

test.run();

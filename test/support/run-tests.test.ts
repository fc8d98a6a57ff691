import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('the runner of the tests');

/** Below the build, so that `uvu` is found. */
const NEAR = fileURLToPath(new URL('../../', import.meta.url));
const PROGRAM = fileURLToPath(new URL('./run-folder.js', import.meta.url));
const BEGIN = "import { suite } from 'uvu';\nconst test = suite('s');\n";
const GOOD = `${BEGIN}test('holds', () => {});\ntest('holds too', () => {});\ntest.run();`;

async function run(files: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv = {}) {
  const folder = await mkdtemp(join(NEAR, 'tests-of-the-runner-'));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    const { exitCode, all, stdout } = await execa('node', [PROGRAM, folder, '4000'], {
      reject: false,
      all: true,
      env: { CI: '', RECOVERY_COVERAGE: '', TEST_WORKERS: '1', ...env },
    });
    return { exitCode, all, last: stdout.trimEnd().split('\n').at(-1) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('counts the tests of all files, which share the processes', async () => {
  const files = Object.fromEntries([1, 2, 3, 4, 5].map(at => [`${at}.test.js`, GOOD]));
  const { exitCode, last, all } = await run(
    { ...files, 'helper.js': 'throw 1' },
    { TEST_WORKERS: '2' },
  );
  assert.equal([exitCode, last], [0, '10 passed, 0 failed'], all);
  assert.is(all.match(/\(2 \/ 2\)/g)?.length, 5);
});

const bad: Readonly<Record<string, readonly [text: string, count: string, words: RegExp]>> = {
  'a test that fails': [
    `${BEGIN}test('fails', () => { throw new Error('so') });\ntest.run();`,
    '2 passed, 1 failed',
    /✘ a\.test\.js: +s +"fails"/,
  ],
  'a hook that throws': [
    `${BEGIN}test.before(() => { throw new Error('so') });\ntest('t', () => {});\ntest.run();`,
    '2 passed, 1 failed',
    /a hook threw/,
  ],
  'a test that throws what is no error': [
    `${BEGIN}test('t', () => { throw undefined });\ntest.run();`,
    '2 passed, 1 failed',
    /a non-Error/,
  ],
  'a forgotten run': [`${BEGIN}test('t', () => {});`, '2 passed, 1 failed', /is `test.run\(\)`/],
  'a file that cannot be loaded': ['syntax error', '2 passed, 1 failed', /ended amid its tests/],
  'a suite that never ends': [
    `${BEGIN}test('t', () => new Promise(r => setTimeout(r, 60_000)));\ntest.run();`,
    '2 passed, 1 failed',
    /took longer than 4000 ms/,
  ],
  'a process that ends amid its tests': [
    `${BEGIN}test('t', () => process.exit(0));\ntest.run();`,
    '2 passed, 1 failed',
    /ended amid its tests/,
  ],
  'what is left behind': [
    `${GOOD}\nsetInterval(() => {}, 1_000);`,
    '4 passed, 1 failed',
    /still alive after the last test: .*Timeout/,
  ],
};
for (const [what, [text, count, words]] of Object.entries(bad)) {
  test(`fails for ${what}, and runs the other files`, async () => {
    const { exitCode, last, all } = await run({ 'a.test.js': text, 'b.test.js': GOOD });
    assert.equal([exitCode, last], [1, count], all);
    assert.match(all, words);
  });
}

test('fails for a test that is left out in CI, and for none', async () => {
  const skipped = GOOD.replace("test('holds',", "test.skip('holds',");
  assert.is((await run({ 'a.test.js': skipped })).last, '1 passed, 0 failed');
  const { exitCode, last } = await run({ 'a.test.js': skipped }, { CI: 'true' });
  assert.equal([exitCode, last], [1, '1 passed, 1 failed']);
  const only = GOOD.replace("test('holds',", "test.only('holds',");
  assert.is((await run({ 'a.test.js': only }, { CI: 'true' })).exitCode, 1);
  assert.equal((await run({ 'a.js': GOOD })).last, '0 passed, 1 failed');
});

test('fails for arrows of the charts that no process has taken, in any of which each may be', async () => {
  const testing = JSON.stringify(new URL('../../testing.js', import.meta.url));
  const success = `${BEGIN}
import { createTestRecovery } from ${testing};
test('succeeds', async () => {
  const world = await createTestRecovery({ store: 'memory', define: r => r.operation('work', () => 1) });
  await world.defined.run();
  await world.close();
});
test.run();`;
  const coverage = await mkdtemp(join(NEAR, 'coverage-of-the-runner-'));
  try {
    const files = { 'a.test.js': success, 'b.test.js': GOOD };
    const { exitCode, last, all } = await run(files, { RECOVERY_COVERAGE: coverage });
    assert.equal([exitCode, last], [1, '3 passed, 1 failed'], all);
    assert.match(all, /operation +3 +\d+ +\d/);
    assert.match(all, /✘ arrows: less than 100 % were taken/);
  } finally {
    await rm(coverage, { recursive: true });
  }
});

test.run();

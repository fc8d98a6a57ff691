import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { broken } from './breakage.ts';
import { GROUPS } from './list.ts';

const test = suite('the list of breakages');

const ROOT = new URL('../../../', import.meta.url);
const TESTS = fileURLToPath(new URL('../', import.meta.url));

test('each still fits its source: what it replaces occurs there once', async () => {
  const problems: string[] = [];
  for (const breakage of GROUPS.flatMap(({ breakages }) => breakages)) {
    const result = broken(await readFile(new URL(breakage.file, ROOT), 'utf8'), breakage);
    if ('problem' in result) problems.push(`${breakage.file}: ${breakage.what}: ${result.problem}`);
  }
  assert.equal(problems, []);
});

test('each names tests that exist, as does its group', async () => {
  const files = (await readdir(TESTS, { recursive: true })).filter(name =>
    /\.test\.js$/.test(name),
  );
  const missing = new Set<string>();
  for (const { wider, breakages } of GROUPS) {
    for (const tests of [wider, ...breakages.map(({ tests }) => tests)]) {
      const pattern = new RegExp(`(?:${tests}).*\\.test\\.js$`, 'i');
      if (!files.some(name => pattern.test(name))) missing.add(tests);
    }
  }
  assert.equal([...missing], []);
});

test('each says something of its own', () => {
  const words = GROUPS.flatMap(({ breakages }) => breakages.map(({ what }) => what));
  assert.equal(words.length, new Set(words).size);
});

test('what occurs twice, or not at all, or is replaced by itself, is no breakage', () => {
  const facts = { file: 'a.ts', what: 'w', tests: 't' };
  const problem = (source: string, find: string, replace: string) =>
    broken(source, { ...facts, find, replace });
  assert.equal(problem('a b', 'b', '$&'), { text: 'a $&' });
  for (const [source, find, replace] of [
    ['a a', 'a', 'b'],
    ['a', 'b', 'c'],
    ['a', 'a', 'a'],
  ] as const) {
    assert.ok('problem' in problem(source, find, replace));
  }
});

test.run();

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rejects } from '../support/rejects.ts';

const test = suite('licences of what is bundled');

/** The project's folder, seen from the tests as they are compiled. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Names at the heads of a list's parts. */
async function listed(path: string): Promise<readonly string[]> {
  const text = await readFile(join(ROOT, path), 'utf8');
  const heads = text.matchAll(/^-{80}\n(\S+) \d+\.\d+\.\d+\S* \(.+\)$/gm);
  return [...heads].map(([, name = '']) => name);
}

/** Packages that sources import, but for types. */
async function imported(folder: string): Promise<readonly string[]> {
  const files = await readdir(join(ROOT, folder), { recursive: true });
  const names = new Set<string>();
  for (const file of files.filter(name => /\.tsx?$/.test(name) && name !== 'vite.config.ts')) {
    const source = await readFile(join(ROOT, folder, file), 'utf8');
    const imports = source.matchAll(
      /^import (?!type )[^;]*?from '((?:@[^/']+\/)?[^./'][^/']*)[^']*';$/gm,
    );
    for (const [, name = ''] of imports) names.add(name);
  }
  return [...names].sort();
}

/** What the list of one package says, which has these files. */
async function licencesOf(files: Readonly<Record<string, string>>): Promise<string> {
  const { licensesOf } = await import(
    new URL('scripts/bundle/licenses.mjs', `file://${ROOT}`).href
  );
  const folder = await mkdtemp(join(tmpdir(), 'licences-'));
  try {
    const place = join(folder, 'node_modules', 'x');
    await mkdir(place, { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(place, name), text);
    return await licensesOf([join(place, 'index.js'), join(folder, 'own.js')]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const manifest = (more: object) => JSON.stringify({ name: 'x', version: '1.2.3', ...more });

test('the page brings those of every package that it imports, and of what these need', async () => {
  const names = await listed('dist/visualizer/THIRD-PARTY-LICENSES.txt');
  const missing = (await imported('visualizer')).filter(name => !names.includes(name));
  assert.equal(missing, []);
  // Nobody imports them by name: React's own, and the layout engine, which is a file of its own.
  for (const name of ['scheduler', 'engine.io-client', 'elkjs']) assert.ok(names.includes(name));
  assert.equal([...new Set(names)], names, 'each once');
});

test('the page brings no licence of what only builds it', async () => {
  const names = await listed('dist/visualizer/THIRD-PARTY-LICENSES.txt');
  for (const name of ['vite', '@vitejs/plugin-react', 'rolldown', 'typescript', 'commander']) {
    assert.not(names.includes(name), name);
  }
});

test('the program brings those of its packages', async () => {
  const names = await listed('dist/cli/THIRD-PARTY-LICENSES');
  for (const name of ['commander', 'sql.js', 'socket.io', 'xstate']) {
    assert.ok(names.includes(name), name);
  }
});

test('a package is named with its authors and its licence’s own text', async () => {
  const told = await licencesOf({
    'package.json': manifest({ license: 'ISC', author: { name: 'A' }, contributors: ['B'] }),
    'LICENSE.md': 'Do as you like.\n',
    NOTICE: 'Made by A.\n',
  });
  assert.match(told, 'x 1.2.3 (ISC)\nby A, B\n\nDo as you like.\n\nMade by A.\n');
});

test('a bundle is not made where a licence is missing', async () => {
  const refused = async (files: Readonly<Record<string, string>>) =>
    (await rejects(licencesOf(files), TypeError)).message;
  assert.match(await refused({ 'package.json': manifest({}) }), 'does not say its licence');
  const unsaid = { 'package.json': manifest({ license: 'ISC' }), 'README.md': 'ISC' };
  assert.match(await refused(unsaid), 'does not bring its licence');
  const known = await licencesOf({ 'package.json': manifest({ license: 'MIT' }) });
  assert.match(known, 'Permission is hereby granted');
});

test.run();

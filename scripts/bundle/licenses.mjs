/** What the authors of bundled packages want to be told with them. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const MIT = `
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to
deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or
sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN
THE SOFTWARE.`;
const TEXT = /^(licen[cs]e|copying|notice)/i;
const RULE = `\n${'-'.repeat(80)}\n`;

/**
 * The name, version, licence and authors of each package, and its licence's text.
 * @param {readonly string[]} modules files that have been bundled; those that are in no package of others are left out
 * @returns {Promise<string>}
 * @throws TypeError where a package does not say its licence, does not bring it, or there is none at all: then the wrong files were asked about
 */
export async function licensesOf(modules) {
  const folders = [...new Set(modules.map(folderOf).filter(folder => folder !== undefined))];
  if (folders.length === 0) throw new TypeError('nothing of other packages was bundled');
  const parts = await Promise.all(folders.map(partOf));
  return [
    'What is in this folder contains these packages, each under the licence of its authors.\n',
    ...parts.sort(),
  ].join(RULE);
}

/** The package that a module belongs to. */
function folderOf(module) {
  return /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(module.replaceAll('\\', '/'))?.[1];
}

async function partOf(folder) {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const { name, version, author, contributors = [] } = manifest;
  const licence = manifest.license ?? manifest.licenses?.map(({ type }) => type).join(' or ');
  if (typeof licence !== 'string') throw new TypeError(`${folder} does not say its licence`);
  const people = [author, ...contributors].filter(Boolean).map(personOf);
  const files = (await readdir(folder)).filter(file => TEXT.test(file)).sort();
  const texts = await Promise.all(files.map(file => readFile(join(folder, file), 'utf8')));
  // Some packages name it alone.
  if (texts.length === 0 && licence === 'MIT') texts.push(MIT);
  if (texts.length === 0) throw new TypeError(`${folder} does not bring its licence`);
  return [
    `${name} ${version} (${licence})`,
    ...(people.length === 0 ? [] : [`by ${people.join(', ')}`]),
    ...texts.map(text => `\n${text.trim()}`),
    '',
  ].join('\n');
}

const personOf = person => (typeof person === 'string' ? person : person.name);

import { readFileSync } from 'node:fs';

/** A file of vectors of this folder; the tests run compiled, from a folder below `.build`. */
export function vectorFile<T>(name: string): T {
  const url = new URL(`../../../test/vectors/${name}`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as T;
}

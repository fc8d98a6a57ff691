import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { ValidationError } from '../../errors.ts';
import { isPlainFile } from './plain-file.ts';

/** A name with extras and versions: `torch[cuda]>=2.0,<3; python_version > "3.8"`. */
const BY_NAME = /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?\s*(\[[^\]]*\])?\s*([=<>!~(][^@]*)?(;.*)?$/i;
/** What pip takes for a file that lies in the folder. */
const ARCHIVE =
  /^[^\s;[=<>!~(]+\.(zip|whl|tar|tgz|tbz|txz|tlz|tar\.(gz|bz2|xz|lz|lzma))(\s|;|\[|$)/i;
/** Options that say where packages come from and which versions of them, and run nothing. */
const HARMLESS =
  /^(-i|--index-url|--extra-index-url|--no-index|-f|--find-links|--pre|--prefer-binary|--require-hashes|--trusted-host)\b/;
const NESTED = /^(?:-r|--requirement|-c|--constraint)(?:\s+|=|(?=\S))(.+)$/;
const MAX_FILES = 50;

/**
 * Refuses a list of Python packages of which installing one runs its own code: those that are built from an address, a folder or a source archive.
 * @throws ValidationError that names every such line
 */
export async function refuseBuilds(folder: string, file: string): Promise<void> {
  const problems: string[] = [];
  const files = [file];
  for (let next = 0; next < files.length && next < MAX_FILES; next += 1) {
    const path = files[next] as string;
    if (!(await isPlainFile(folder, path))) {
      problems.push(`${path} is not a file in the folder`);
      continue;
    }
    const lines = logicalLines(await readFile(join(folder, path), 'utf8'));
    for (const { number, text } of lines) {
      const nested = NESTED.exec(text)?.[1];
      if (nested !== undefined) {
        const name = relative(folder, join(folder, dirname(path), nested.trim()));
        if (!files.includes(name)) files.push(name);
      } else if (!isHarmless(text)) {
        problems.push(`${path}:${number}: ${text.slice(0, 100)}`);
      }
    }
  }
  if (problems.length === 0) return;
  throw new ValidationError(
    `to install these would run code of theirs, which needs the option scripts: ${problems.slice(0, 5).join('; ')}`,
    { details: { problems } },
  );
}

function isHarmless(text: string): boolean {
  const requirement = text.replace(/\s--hash[= ]\S+/g, '').trim();
  if (HARMLESS.test(requirement)) return true;
  return BY_NAME.test(requirement) && !ARCHIVE.test(requirement) && !/:\/\//.test(requirement);
}

/** Lines without comments, those that go on behind a backslash as one. */
function logicalLines(text: string): { readonly number: number; readonly text: string }[] {
  const found: { number: number; text: string }[] = [];
  let open: { number: number; text: string } | undefined;
  text.split(/\r\n|\n|\r/).forEach((line, index) => {
    const current = open ?? { number: index + 1, text: '' };
    const goesOn = line.endsWith('\\');
    current.text += goesOn ? line.slice(0, -1) : line;
    open = goesOn ? current : undefined;
    if (!goesOn) found.push(current);
  });
  if (open !== undefined) found.push(open);
  return found
    .map(({ number, text }) => ({ number, text: text.replace(/(^|\s)#.*$/, '').trim() }))
    .filter(({ text }) => text !== '');
}

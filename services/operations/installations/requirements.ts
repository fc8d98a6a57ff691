import { lstat, readFile, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, relative, sep } from 'node:path';
import { ValidationError } from '../../errors.ts';
import { isHarmless, nestedIn } from './requirement-line.ts';

const MAX_FILES = 50;
const MAX_PROBLEMS = 100;
/** What Python takes for the end of a line or for a space, and hardly anybody else; such a line is another one than it looks. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
const CONTROL = /[\0-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]/;
/** In one of the first two lines: how pip is to read the rest. */
const CODING = /^#.*?coding[:=][ \t]*([-\w.]+)/;
const UTF8 = /^(utf-?8|us-ascii|ascii)$/i;

/**
 * Refuses a list of Python packages that could run code of theirs: only lines pass that ask for a package by its name, that say where packages come
 * from, or that name another list in the folder, which is looked at too.
 * @throws ValidationError that names every other line
 */
export async function refuseBuilds(folder: string, file: string): Promise<void> {
  const problems: string[] = [];
  const files: string[] = [];
  const root = await realpath(folder);
  const add = async (within: string, name: string, where: string) => {
    const path = await listBelow(root, within, name);
    if (path === undefined) problems.push(`${where}${name} is not a file in the folder`);
    else if (files.includes(path)) return;
    else if (files.length < MAX_FILES) files.push(path);
    else problems.push(`${where}names more than ${MAX_FILES} lists`);
  };
  await add(root, file, '');
  for (const path of files) {
    const name = relative(root, path).replaceAll(sep, '/');
    const content = textOf(await readFile(path));
    if (content === undefined) {
      problems.push(`${name} is not text in UTF-8`);
      continue;
    }
    for (const { number, text } of logicalLines(content)) {
      const where = `${name}:${number}: `;
      const nested = nestedIn(text);
      if (CONTROL.test(text)) problems.push(`${where}has a control character`);
      else if (nested !== undefined) await add(dirname(path), nested, where);
      else if (!isHarmless(text)) problems.push(`${where}${text.slice(0, 100)}`);
      if (problems.length >= MAX_PROBLEMS) refuse(problems);
    }
  }
  if (problems.length > 0) refuse(problems);
}

function refuse(problems: readonly string[]): never {
  throw new ValidationError(
    `to install these could run code of theirs, which needs the option scripts: ${problems.slice(0, 5).join('; ')}`,
    { details: { problems } },
  );
}

/** Where pip finds a list that another one names, if that is an ordinary file in the folder: links on the way count, as they do for pip. */
async function listBelow(root: string, within: string, name: string): Promise<string | undefined> {
  if (isAbsolute(name)) return undefined;
  // Not joined: that would take `..` for the way back from where a link stands, and not from where it leads.
  const full = `${within}${sep}${name}`;
  try {
    const real = await realpath(full);
    return (await lstat(full)).isFile() && real.startsWith(`${root}${sep}`) ? real : undefined;
  } catch {
    return undefined;
  }
}

/** The text as pip reads it, if there is no other way to read it. */
function textOf(bytes: Buffer): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const codings = text.split('\n', 2).map(line => CODING.exec(line)?.[1]);
    return codings.every(coding => coding === undefined || UTF8.test(coding)) ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Lines without comments, those that go on behind a backslash as one; a comment does not go on. */
function logicalLines(content: string): { readonly number: number; readonly text: string }[] {
  const found: { number: number; text: string }[] = [];
  let open: { number: number; text: string } | undefined;
  content.split(/\r\n|\n|\r/).forEach((line, index) => {
    const current = open ?? { number: index + 1, text: '' };
    const comment = /^[ \t]*#/.test(line);
    const goesOn = line.endsWith('\\') && !comment;
    // A comment amid a line is one, as for pip.
    if (goesOn) current.text += line.replace(/^\\+/, '').replace(/\\+$/, '');
    else current.text += comment ? ` ${line}` : line;
    open = goesOn ? current : undefined;
    if (!goesOn) found.push(current);
  });
  if (open !== undefined) found.push(open);
  return found
    .map(({ number, text }) => ({ number, text: withoutComment(text) }))
    .filter(({ text }) => text !== '');
}

/** A comment with an odd line end stays: what stands behind that is no comment. */
function withoutComment(text: string): string {
  return CONTROL.test(text) ? text.trim() : text.replace(/(^|[ \t])#.*$/, '').trim();
}

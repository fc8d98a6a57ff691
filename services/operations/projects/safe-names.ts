import { quoted } from './findings.ts';

/** Bytes of one name, as file systems have it. */
const MAX_NAME = 200;
const MAX_PATH = 500;
const MAX_URL = 2_000;
/** Devices of Windows, whatever stands behind the dot. */
const DEVICES = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
/** What no name on Windows has; `:` names streams and drives there. */
const FORBIDDEN_IN_NAMES = /["`<>|?*:]/;
const FORBIDDEN_IN_URLS = /["'`<>\\^{|}$;\s]/;
/** Marks that turn the direction of text around, so that a name reads as another one. */
const BIDI = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** Why a text is no name of a file or folder; undefined where it is one. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (CONTROL.test(name) || BIDI.test(name)) return `has control characters: ${quoted(name)}`;
  if (/[/\\]/.test(name)) return `must be one name, got ${quoted(name)}`;
  if (FORBIDDEN_IN_NAMES.test(name))
    return `has characters that are not for names: ${quoted(name)}`;
  if (name === '.' || name === '..') return `leads to another folder: ${quoted(name)}`;
  if (/[. ]$/.test(name) || name.startsWith(' ')) {
    return `must not begin with a space or end with a dot or space, got ${quoted(name)}`;
  }
  if (DEVICES.test(name)) return `is the name of a device on Windows: ${quoted(name)}`;
  if (/\p{Surrogate}/u.test(name)) return 'has half a character';
  if (Buffer.byteLength(name) > MAX_NAME) return `is longer than ${MAX_NAME} bytes`;
  return undefined;
}

/** The same for a project's name, which begins with no dot or dash: such folders are the manager's own, or look like options. */
export function projectNameProblem(name: unknown): string | undefined {
  if (typeof name !== 'string') return `must be text, got ${typeof name}`;
  if (/^[.-]/.test(name)) return `must not begin with a dot or a dash, got ${quoted(name)}`;
  if (Buffer.byteLength(name) > 100) return 'is longer than 100 bytes';
  return nameProblem(name);
}

/** The same for a path below a folder, with `/` between its names. */
export function pathProblem(path: string): string | undefined {
  if (path === '') return 'is empty';
  if (path.length > MAX_PATH) return `is longer than ${MAX_PATH} characters`;
  if (CONTROL.test(path)) return `has control characters: ${quoted(path)}`;
  if (/^([a-z]:|[/\\])/i.test(path)) return `must be relative, got ${quoted(path)}`;
  const names = path.split('/');
  if (names.includes('')) return `has an empty name: ${quoted(path)}`;
  for (const name of names) {
    const problem = nameProblem(name);
    if (problem !== undefined) return problem;
    // Hidden files are never models, and `.part` files and records of other managers begin with a dot or end so.
    if (name.startsWith('.')) return `has a name that begins with a dot: ${quoted(path)}`;
  }
  return undefined;
}

/** Why a text is no address to fetch something from. */
export function urlProblem(text: string): string | undefined {
  if (text.length > MAX_URL) return `is longer than ${MAX_URL} characters`;
  if (CONTROL.test(text) || BIDI.test(text)) return `has control characters: ${quoted(text)}`;
  if (/\p{Surrogate}/u.test(text)) return 'has half a character';
  if (!URL.canParse(text)) return `is no URL: ${quoted(text)}`;
  const { protocol, username, password, hostname } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') {
    return `must be an http or https URL, got ${protocol}`;
  }
  if (username !== '' || password !== '') return 'must not carry credentials';
  if (hostname === '') return 'names no host';
  const found = FORBIDDEN_IN_URLS.exec(text);
  if (found !== null) return `has a character that is not for URLs: ${quoted(found[0])}`;
  return undefined;
}

/** The same for a git repository, which is handed to a program. */
export function repositoryProblem(text: string): string | undefined {
  const problem = urlProblem(text);
  if (problem !== undefined) return problem;
  if (!/^https?:\/\/[\w.:[\]-]+(\/[\w.~+@%-]+)+\/?$/i.test(text)) {
    return `must be the plain address of a repository, got ${quoted(text)}`;
  }
  if (/\/\.{1,2}(\/|$)|%2e|%2f|%5c|%00|\/-/i.test(text)) {
    return `has an unusual path: ${quoted(text)}`;
  }
  return undefined;
}

/** Why a text names no branch, tag or commit; the rules of git, and stricter. */
export function refProblem(ref: string): string | undefined {
  if (ref === '') return 'is empty';
  if (ref.length > 200) return 'is longer than 200 characters';
  const plain = /^[A-Za-z0-9][\w./+@-]*$/.test(ref);
  if (!plain || /\.\.|\/\/|@\{|\.lock(\/|$)|[./]$|\/\./.test(ref)) {
    return `is no name of a branch, tag or commit: ${quoted(ref)}`;
  }
  return undefined;
}

/** A model's name as workflows have it; those that were saved on Windows part folders with a backslash. */
export function normalisedModelName(name: string): string {
  return name.replaceAll('\\', '/');
}

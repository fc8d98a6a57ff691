const NAME = `[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?`;
const EXTRAS = String.raw`\[ ?(?:${NAME}(?: ?, ?${NAME})*)? ?\]`;
const VERSION = String.raw`(?:===|[=<>!~]=|[<>]) ?[\w.*+!-]+`;
const VERSIONS = `${VERSION}(?: ?, ?${VERSION})*(?: ?,)?`;
/** Names of facts, texts in quotes, and what compares them; no address, path or variable. */
const MARKER = String.raw`[\w .,<>=!~"'()*+-]*`;
/** A name with extras and versions, and nothing else, and when it is wanted: `torch[cuda]>=2.0,<3; python_version > "3.8"`. */
const BY_NAME = new RegExp(
  String.raw`^(${NAME} ?(?:${EXTRAS})?) ?(\( ?${VERSIONS} ?\)|${VERSIONS})? ?(?:;${MARKER})?$`,
  'i',
);
/** What pip takes for a file that lies in the folder, with extras or without. */
const ARCHIVE = /\.(zip|whl|tar|tgz|tbz|txz|tlz|tar\.(gz|bz2|xz|lz|lzma)) ?(\[[^\]]*\])?$/i;
const HASH = / --hash[= ]sha(256|384|512):[0-9a-f]+(?= |$)/gi;
/** Options that have a value: where packages come from. */
const VALUED = /^(-i|-f|--index-url|--extra-index-url|--find-links|--trusted-host)$/;
/** Others that run nothing. */
const FLAG = /^(--no-index|--pre|--prefer-binary|--require-hashes|--only-binary=:all:)$/;
/** No quotes, no escapes and no variables, which pip knows in lines with options: what is there is what counts. */
const VALUE = /^[\w.~:/@%?&=+,!*#()[\]][\w.~:/@%?&=+,!*#()[\]-]*$/;
/** A path, not an address. */
const NESTED = /^(?:-r|-c|--requirement|--constraint)(?: |=|(?=[^ =-]))([\w./@+,~][\w./@+,~-]*)$/;

/** The list that a line names, if it names one and does nothing else. */
export function nestedIn(line: string): string | undefined {
  // pip takes what stands behind `-r` with its equals sign; such a file is nobody's.
  if (/^-[rc]=/.test(line)) return undefined;
  return NESTED.exec(plainSpaces(line))?.[1];
}

/** Whether a line of a list of Python packages asks for a package by its name, or says where packages come from; all else may run code. */
export function isHarmless(line: string): boolean {
  const text = plainSpaces(line);
  return text.startsWith('-') ? hasHarmlessOptions(text) : asksByName(text);
}

function asksByName(text: string): boolean {
  const requirement = text.replace(HASH, '');
  // An option may stand behind any space.
  if (/ -/.test(requirement)) return false;
  const [, named = '', versions = ''] = BY_NAME.exec(requirement) ?? [];
  if (named === '') return false;
  return !ARCHIVE.test(named.trim()) && !ARCHIVE.test(versions);
}

function hasHarmlessOptions(text: string): boolean {
  const words = text.split(' ');
  for (let next = 0; next < words.length; next += 1) {
    const word = words[next] ?? '';
    if (FLAG.test(word)) continue;
    const [, joined, value] = /^(--[a-z-]+)=(.*)$/.exec(word) ?? [];
    const option = joined ?? word;
    if (value === undefined) next += 1;
    if (!VALUED.test(option) || !VALUE.test(value ?? words[next] ?? '')) return false;
  }
  return true;
}

/** As short as can be, so that no long run of them makes work. */
function plainSpaces(text: string): string {
  return text.replace(/[ \t]+/g, ' ').trim();
}

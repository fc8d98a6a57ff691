import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ValidationError } from '../../errors.ts';
import { isPlainFile } from './plain-file.ts';

const FILE = '.npmrc';
const MAX_PROBLEMS = 100;
/** Where packages come from: an address without variables, which npm would fill in from the environment. */
const REGISTRY = /^(registry|@[a-z0-9._~-]+:registry) ?= ?https:\/\/[\w.~:/@%+-]+$/i;
/** What a public key to a registry is called; it goes nowhere else. */
const KEY =
  /^\/\/[\w.:/%~+-]+:(_authToken|_auth|_password|username|email|always-auth) ?= ?[\w.~:/@%+=-]+$/;
/** Which versions are chosen and what is said about it; nothing that names a program, a place or a way out. */
const NAMES = [
  ...['audit', 'audit-level', 'before', 'color', 'engine-strict', 'fetch-retries', 'fund'],
  ...['fetch-retry-factor', 'fetch-retry-maxtimeout', 'fetch-retry-mintimeout', 'fetch-timeout'],
  ...['ignore-scripts', 'install-links', 'install-strategy', 'legacy-bundling'],
  ...['legacy-peer-deps', 'lockfile-version', 'loglevel', 'maxsockets', 'min-release-age', 'omit'],
  ...['optional', 'package-lock', 'prefer-dedupe', 'prefer-offline', 'prefer-online', 'production'],
  ...['progress', 'replace-registry-host', 'save', 'save-exact', 'save-prefix', 'strict-peer-deps'],
  ...['tag', 'unicode', 'update-notifier'],
  // How its maintainers publish it.
  ...['access', 'commit-hooks', 'git-tag-version', 'message', 'provenance', 'sign-git-commit'],
  ...['sign-git-tag', 'tag-version-prefix'],
  // Other programs read these.
  ...['auto-install-peers', 'enable-pre-post-scripts', 'hoist', 'link-workspace-packages'],
  ...['node-linker', 'prefer-workspace-packages', 'public-hoist-pattern', 'resolution-mode'],
  ...['save-workspace-protocol', 'shamefully-hoist', 'shell-emulator', 'side-effects-cache'],
  ...['strict-peer-dependencies', 'public-hoist-pattern[]', 'hoist-pattern[]'],
];
const SETTING = /^([a-z][a-z-]*(?:\[\])?)(?: ?= ?(["']?)[\w.~:/@%^<>=*+!, -]*\2)?$/;

/**
 * Refuses settings of a repository by which npm would run a program, write elsewhere, or send away what is in the environment.
 * @throws ValidationError that names every such line
 */
export async function refuseSettings(folder: string): Promise<void> {
  const path = join(folder, FILE);
  const there = await lstat(path).catch(() => undefined);
  if (there === undefined) return;
  if (!(await isPlainFile(folder, FILE))) refuse([`${FILE} is not a file`]);
  const problems = (await readFile(path, 'utf8'))
    .split(/\r\n|\n|\r/)
    .map((line, index) => ({ text: line.trim(), where: `${FILE}:${index + 1}` }))
    .filter(({ text }) => !isHarmless(text))
    .map(({ text, where }) => `${where}: ${wrongWith(text)}`);
  if (problems.length > 0) refuse(problems.slice(0, MAX_PROBLEMS));
}

function refuse(problems: readonly string[]): never {
  throw new ValidationError(
    `these settings of npm could run programs or lead elsewhere, which needs the option scripts: ${problems.slice(0, 5).join('; ')}`,
    { details: { problems } },
  );
}

/** Only the name: there may be a key behind it. */
function wrongWith(line: string): string {
  const name = (line.split('=', 1)[0] ?? '').trim().slice(0, 100);
  return /^(@.*:)?registry$/.test(name) ? `${name} is not an https address alone` : name;
}

function isHarmless(line: string): boolean {
  if (line === '' || /^[#;]/.test(line)) return true;
  // As short as can be, so that no long run of spaces makes work; what stands behind these signs is a comment.
  const text = (line.split(/[#;]/, 1)[0] ?? '').replace(/[ \t]+/g, ' ').trim();
  return REGISTRY.test(text) || KEY.test(text) || NAMES.includes(SETTING.exec(text)?.[1] ?? '');
}

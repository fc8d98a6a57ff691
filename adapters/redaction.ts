/** What stands where a secret stood. */
export const CENSOR = '[redacted]';

const WORDS = 'password|passwd|secret|token|access_token|refresh_token|api[_-]?key|signature|sig';

/** Secrets that stand in the text of errors: URLs with credentials, authorization headers, `name=value`. */
const IN_TEXT: readonly (readonly [RegExp, string])[] = [
  [/([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/@]{1,500}@/gi, `$1${CENSOR}@`],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{4,}/gi, `$1 ${CENSOR}`],
  [new RegExp(`\\b(${WORDS})(["']?\\s*[=:]\\s*["']?)[^\\s"'&,;]+`, 'gi'), `$1$2${CENSOR}`],
];

/** The text without the secrets that can be told from others. */
export function withoutSecrets(text: string): string {
  let clean = text;
  for (const [pattern, replacement] of IN_TEXT) clean = clean.replace(pattern, replacement);
  return clean;
}

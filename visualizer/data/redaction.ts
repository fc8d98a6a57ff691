/** What is shown in place of a secret. */
export const MASK = '••••••••';

const EXACT = new Set(['auth', 'pwd', 'pass', 'sig', 'jwt', 'pin', 'otp']);
const PARTS = [
  'password',
  'passwd',
  'passphrase',
  'token',
  'authorization',
  'cookie',
  'secret',
  'apikey',
  'credential',
  'privatekey',
  'accesskey',
  'signature',
  'sessionid',
];

/** Whether the name of a member says that its value is nobody's business: `api_key`, `X-Auth-Token`, `clientSecret`. */
export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  return EXACT.has(plain) || PARTS.some(part => plain.includes(part));
}

const IN_TEXT: readonly (readonly [RegExp, string])[] = [
  [/([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/@]{1,500}@/gi, `$1${MASK}@`],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{4,}/gi, `$1 ${MASK}`],
  [
    /\b(password|passwd|secret|token|access_token|refresh_token|api[_-]?key|signature|sig)(["']?\s*[=:]\s*["']?)[^\s"'&,;]+/gi,
    `$1$2${MASK}`,
  ],
];

/** A text without the secrets that can be told from others: credentials in addresses, authorization headers, `name=value`. */
export function redactedText(text: string): string {
  let clean = text;
  for (const [pattern, replacement] of IN_TEXT) clean = clean.replace(pattern, replacement);
  return clean;
}

/** A copy in which whatever looks like a secret is masked, at any depth. */
export function redacted(value: unknown): unknown {
  if (typeof value === 'string') return redactedText(value);
  if (Array.isArray(value)) return value.map(redacted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      isSecretName(name) && member !== null ? MASK : redacted(member),
    ]),
  );
}

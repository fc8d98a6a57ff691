import type { RepositoryAuth } from './input.ts';

/** Nobody is there to answer. */
export const QUIET = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_ASKPASS: '',
  SSH_ASKPASS: '',
  SSH_ASKPASS_REQUIRE: 'never',
  GCM_INTERACTIVE: 'never',
  GIT_OPTIONAL_LOCKS: '0',
  // A server that sends less than this for so many seconds is taken for silent.
  GIT_HTTP_LOW_SPEED_LIMIT: '100',
  GIT_HTTP_LOW_SPEED_TIME: '60',
} as const;

/** Settings in the environment, which other users of the machine cannot see, as they can the arguments. */
export function asEnvironment(config: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(config);
  const env: Record<string, string> = { GIT_CONFIG_COUNT: String(entries.length) };
  entries.forEach(([key, value], index) => {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  });
  return env;
}

export function headerOf(auth: RepositoryAuth): string {
  if (typeof auth === 'string') return auth;
  const { username = 'x-access-token', password } = auth;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

export function secretsOf(auth: RepositoryAuth | undefined): readonly string[] {
  if (auth === undefined) return [];
  const header = headerOf(auth);
  const word = header.split(' ').at(-1) ?? header;
  return typeof auth === 'string' ? [header, word] : [header, word, auth.password];
}

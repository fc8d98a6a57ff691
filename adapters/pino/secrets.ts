/** Paths that no log line shows, in pino's syntax, whatever the logger is used for. */
export const SECRET_PATHS: readonly string[] = [
  'password',
  'passwd',
  'secret',
  'token',
  'accessToken',
  'refreshToken',
  'apiKey',
  'api_key',
  'authorization',
  'cookie',
].flatMap(name => [name, `*.${name}`, `*.*.${name}`]);

/** What a function's input and output are called where somebody logs an operation as a whole. */
export const VALUE_PATHS: readonly string[] = ['input', 'output', 'args', 'result'].flatMap(
  name => [name, `*.${name}`],
);

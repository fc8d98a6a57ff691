/** A dotted path into an input, such as `headers.authorization` or `mirrors.*.token`. */
export const isSecretPath = (path: unknown): path is string =>
  typeof path === 'string' && path !== '' && path.split('.').every(part => part !== '');

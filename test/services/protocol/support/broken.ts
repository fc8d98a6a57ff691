import fc from 'fast-check';
import { type CommandName, commandSchemas, subscribeSchema } from '../../../../protocol.ts';

/** A message of each kind that fits its schema. */
export const GOOD: { readonly [Name in CommandName | 'subscribe']: Record<string, unknown> } = {
  start: { function_name: 'pull', input: { a: [1] }, operation_id: 'x', metadata: null },
  cancel: { operation_id: 'x', reason: 'enough' },
  retry: { operation_id: 'x' },
  pause: { operation_id: 'x' },
  continue: { operation_id: 'x' },
  force_breaker: { key: 'k', to: 'isolated', ttl: 5, reason: 'r', by: 'me' },
  reset_breaker: { key: 'k', reason: 'r', by: 'me' },
  subscribe: {
    since: 3,
    ids: ['x'],
    names: ['n'],
    states: ['failed', 'open'],
    keys: ['k'],
    slow: 'reread',
  },
};
export const schemas = { ...commandSchemas, subscribe: subscribeSchema };
export const NAMES = Object.keys(GOOD) as (keyof typeof GOOD)[];
const FREE = ['input', 'metadata'];

/** What arrives from a wire. */
export const wired = (json: string): unknown => JSON.parse(json);

const deep = new Map<string, unknown>();

/** With thousands of arrays in each other. It is made once, since it takes long. */
function deepMessage(name: keyof typeof GOOD, at: string): unknown {
  const known = deep.get(`${name} ${at}`);
  if (known !== undefined) return known;
  const message = wired(
    JSON.stringify({ ...GOOD[name], [at]: '@' }).replace(
      '"@"',
      `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
    ),
  );
  deep.set(`${name} ${at}`, message);
  return message;
}

/** Where the fault is, and a message that has it. */
export const broken = fc.constantFrom(...NAMES).chain(name => {
  const good = GOOD[name];
  const members = Object.keys(good).filter(member => !FREE.includes(member));
  const member = fc.constantFrom(...members);
  const pollution = fc.constantFrom(
    '"__proto__":{"isAdmin":true}',
    '"__proto__":null',
    '"constructor":{"prototype":{"isAdmin":true}}',
  );
  const inner = Object.keys(good);
  return fc.oneof(
    fc
      .tuple(
        member,
        fc.constantFrom(
          null,
          true,
          {},
          [[]],
          -1.5,
          '',
          [1],
          'x'.repeat(1_001),
          Number.POSITIVE_INFINITY,
        ),
      )
      .map(([at, value]) => ({ name, at: `/${at}`, message: { ...good, [at]: value } as unknown })),
    fc
      .string({ minLength: 1, maxLength: 300 })
      .filter(key => !(key in good) && key !== '__proto__')
      .map(key => ({ name, at: `/`, message: { ...good, [key]: 1 } })),
    pollution.map(key => ({
      name,
      at: '/',
      message: wired(`{${key},${JSON.stringify(good).slice(1)}`),
    })),
    fc.tuple(fc.constantFrom(...inner), pollution, fc.nat(20)).map(([at, key, depth]) => ({
      name,
      at: `/${at}`,
      message: wired(
        JSON.stringify({ ...good, [at]: '@' }).replace(
          '"@"',
          () => `${'{"a":'.repeat(depth)}{${key}}${'}'.repeat(depth)}`,
        ),
      ),
    })),
    fc.constantFrom(...inner).map(at => ({ name, at: `/${at}`, message: deepMessage(name, at) })),
    fc
      .oneof(
        fc.string(),
        fc.double(),
        fc.constantFrom(null, undefined, true, Symbol('s'), 1n),
        fc.array(fc.jsonValue()),
      )
      .map(message => ({ name, at: '', message: message as unknown })),
  );
});

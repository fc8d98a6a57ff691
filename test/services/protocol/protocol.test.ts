import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type CommandName,
  commandSchemas,
  parse,
  problemSchema,
  recoveryUpdateOf,
  recoveryUpdateSchema,
  subscribeSchema,
} from '../../../protocol.ts';
import {
  breakerUpdateOf,
  breakerUpdateSchema,
  progressOf,
  progressSchema,
  snapshotOf,
  snapshotSchema,
} from '../../../services/protocol.ts';
import { failing, permanent } from '../runtime/support/functions.ts';
import { inWorld } from '../runtime/support/world.ts';

const test = suite('the messages on the wire');

const GOOD: { readonly [Name in CommandName | 'subscribe']: Record<string, unknown> } = {
  start: { function_name: 'pull', input: { a: [1] }, operation_id: 'x', metadata: null },
  cancel: { operation_id: 'x', reason: 'enough' },
  retry: { operation_id: 'x' },
  pause: { operation_id: 'x' },
  continue: { operation_id: 'x' },
  force_breaker: { key: 'k', to: 'isolated', ttl: 5, reason: 'r', by: 'me' },
  reset_breaker: { key: 'k', reason: 'r', by: 'me' },
  subscribe: { since: 3, ids: ['x'], names: ['n'], states: ['failed', 'open'], keys: ['k'] },
};
const schemas = { ...commandSchemas, subscribe: subscribeSchema };
const NAMES = Object.keys(GOOD) as (keyof typeof GOOD)[];
const FREE = ['input', 'metadata'];

/** What arrives from a wire. */
const wired = (json: string): unknown => JSON.parse(json);

test('good messages pass as they are', () => {
  for (const name of NAMES) {
    assert.equal(parse(schemas[name], GOOD[name]), { ok: true, value: GOOD[name] }, name);
  }
  const { ok } = parse(commandSchemas.start, {
    function_name: 'n',
    input: { constructor: 'ACME' },
  });
  assert.ok(ok, 'constructor is a word that data may use');
});

/** Where the fault is, and a message that has it. */
const broken = fc.constantFrom(...NAMES).chain(name => {
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
    fc.constantFrom(...inner).map(at => ({
      name,
      at: `/${at}`,
      message: wired(
        JSON.stringify({ ...good, [at]: '@' }).replace(
          '"@"',
          `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
        ),
      ),
    })),
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

test('10,000 malformed messages are refused, each with what and where, and nothing is polluted', () => {
  fc.assert(
    fc.property(broken, ({ name, at, message }) => {
      const parsed = parse(schemas[name], message);
      if (parsed.ok) return false;
      problemSchema.parse(parsed.problem);
      const [fault, ...others] = parsed.problem.errors ?? [];
      assert.ok(others.length < 20);
      assert.ok(fault !== undefined && fault.detail !== '' && fault.detail.length < 500);
      assert.ok(fault.pointer.startsWith(at), `${fault.pointer} is not at ${at}`);
      assert.ok(fault.pointer.length < 250);
      assert.not('isAdmin' in {});
      return true;
    }),
    { numRuns: 10_000, seed: 6 },
  );
});

test('whatever arrives, parse answers, and what it lets pass has no forbidden name', () => {
  fc.assert(
    fc.property(fc.constantFrom(...NAMES), fc.anything(), (name, message) => {
      const parsed = parse(schemas[name], message);
      return !parsed.ok || !JSON.stringify(parsed.value).includes('__proto__');
    }),
    { numRuns: 2_000, seed: 7 },
  );
  const trap = {
    get since() {
      throw new TypeError('a trap');
    },
  };
  assert.not(parse(subscribeSchema, trap).ok);
  assert.not(parse(commandSchemas.start, { function_name: 'n', input: Buffer.from('x') }).ok);
});

test(
  'what operations and breakers do fits the schemas, as JSON',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const sent: unknown[] = [];
    const over = (value: unknown) => wired(JSON.stringify(value));
    recovery.transitions$.subscribe(transition => {
      const update =
        transition.kind === 'operation'
          ? [recoveryUpdateSchema, recoveryUpdateOf(transition)]
          : [breakerUpdateSchema, breakerUpdateOf(transition)];
      sent.push(update);
    });
    recovery.progress$.subscribe(progress => sent.push([progressSchema, progressOf(progress)]));
    const bad = recovery.operation('bad', failing(9, permanent).fn);
    const flaky = recovery.operation('flaky', failing(9).fn, { breakerOptions: { threshold: 1 } });
    const told = recovery.operation('told', async (_: unknown, op) => op.progress({ done: 1 }));
    const handles = await Promise.all([bad.start(1), flaky.start(2), told.start(3)]);
    await clock.advance(60_000);
    await Promise.allSettled(handles.map(handle => handle.result()));
    await settle();
    const { value } = await recovery.feed({ since: 0, maxReplay: 0 }).next();
    assert.is(value?.kind, 'snapshot');
    if (value?.kind === 'snapshot') sent.push([snapshotSchema, snapshotOf(value)]);
    assert.ok(sent.length > 10);
    for (const [schema, message] of sent as [typeof snapshotSchema, unknown][]) {
      assert.equal(schema.parse(over(message)), over(message));
    }
  }),
);

test.run();

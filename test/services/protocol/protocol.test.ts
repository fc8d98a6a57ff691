import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
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
import { broken, GOOD, NAMES, schemas, wired } from './support/broken.ts';

const test = suite('the messages on the wire');

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

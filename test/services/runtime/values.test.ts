import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  NotSerializableError,
  OperationExhaustedError,
  OperationFailedError,
} from '../../../services/errors.ts';
import { rejects } from '../../support/rejects.ts';
import { inWorld } from './support/world.ts';

const test = suite('what comes in and goes out');

test(
  'inputs, metadata and outputs that JSON would change are refused with their path',
  inWorld(async ({ boot, disk }) => {
    const recovery = await boot();
    const work = recovery.operation('work', async (_: unknown) => {});
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    for (const bad of [new Date(), new Map(), 1n, [undefined], cyclic, () => {}, Number.NaN]) {
      const error = await rejects(work.start({ bad }), NotSerializableError);
      assert.match(String(error.details.path), 'input.bad');
      await rejects(work.start(1, { metadata: { bad } }), NotSerializableError);
      const gives = recovery.operation(
        `gives ${disk.tries}-${String(typeof bad)}-${Math.random()}`,
        async () => ({ bad }),
      );
      const failed = await rejects(gives.run(), OperationFailedError);
      assert.instance(failed.cause, NotSerializableError);
    }
    assert.is(await work.run(undefined), undefined);
  }),
);

test(
  'the function gets its own copy of the input',
  inWorld(async ({ boot }) => {
    const recovery = await boot();
    const input = { list: [1] };
    const work = recovery.operation('work', async (given: typeof input) => {
      given.list.push(2);
      return given.list.length;
    });
    assert.is(await work.run(input), 2);
    assert.equal(input, { list: [1] });
  }),
);

const THROWN: readonly (readonly [title: string, thrown: unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['a string', 'plain words'],
  ['a number', 7],
  ['a symbol', Symbol('s')],
  ['a bigint', 7n],
  ['a function', () => {}],
  ['a frozen object', Object.freeze({ message: 'frozen' })],
  ['a frozen error', Object.freeze(new Error('frozen'))],
  ['an object without a prototype', Object.create(null)],
  [
    'an error whose message throws',
    Object.defineProperty(new Error('x'), 'message', {
      get() {
        throw new TypeError('no');
      },
    }),
  ],
  [
    'a proxy that throws at everything',
    new Proxy(
      {},
      {
        get: () => {
          throw new TypeError('no');
        },
      },
    ),
  ],
];

for (const [title, thrown] of THROWN) {
  for (const how of ['throws', 'rejects with'] as const) {
    test(
      `a function that ${how} ${title} ends with a coded error, in this process and the next`,
      inWorld(async ({ boot, crash, clock }) => {
        const recovery = await boot({ maxRetries: 1 });
        const work = recovery.operation('work', () => {
          if (how === 'throws') throw thrown;
          return Promise.reject(thrown);
        });
        const told = work.run(undefined, { id: 'x' }).then(
          () => assert.unreachable(),
          (error: unknown) => error,
        );
        await clock.advance(10_000);
        const error = await told;
        assert.ok(
          error instanceof OperationExhaustedError || error instanceof OperationFailedError,
        );
        crash();
        const handle = await (await boot()).get('x');
        const later = await rejects(Promise.resolve(handle?.result()), Error);
        assert.is((later as { code?: string }).code, error.code);
      }),
    );
  }
}
test.run();

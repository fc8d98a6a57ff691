import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigError } from '../../../services/errors.ts';
import type { OperationOptions, Preview, PreviewOptions } from '../../../services/ports.ts';
import { ExponentialBackoffStrategy } from '../../../services/strategies/index.ts';
import { transient } from '../runtime/support/functions.ts';
import { inWorld, STARTED_AT, World } from '../runtime/support/world.ts';

const test = suite('preview');
const jittered = new ExponentialBackoffStrategy({ jitter: 'full' });

/** Previews in a world where nothing may happen. */
async function previewed(options: OperationOptions, preview: PreviewOptions): Promise<Preview> {
  const world = new World();
  const never = () => {
    throw new Error('must not be called');
  };
  const recovery = await world.boot({ random: never });
  const timers = world.clock.pending;
  const made = recovery.operation('work', never, options).preview(preview);
  await world.settle();
  assert.is(world.disk.tries, 0, 'nothing is stored');
  assert.equal(recovery.health().breakers, [], 'no breaker is made');
  assert.is(world.clock.pending, timers, 'no timer is left on the real clock');
  await recovery.close();
  return made;
}

test('the whole schedule: when each attempt begins, how it ends, and what follows', async () => {
  const options = { maxRetries: 5 };
  const outcomes = [transient(), { error: transient(), duration: 250 }, 'success'] as const;
  const { attempts, state, ended, startedAt, endedAt } = await previewed(options, {
    outcomes,
    start: 0,
  });
  assert.equal(
    { state, ended, startedAt, endedAt },
    { state: 'success', ended: 'final', startedAt: 0, endedAt: 2_250 },
  );
  assert.equal(
    attempts.map(({ verdict, error, ...facts }) => facts),
    [
      { attempt: 1, at: 0, endedAt: 0, outcome: 'failed', breaker: 'closed', delay: 1_000 },
      { attempt: 2, at: 1_000, endedAt: 1_250, outcome: 'failed', breaker: 'closed', delay: 1_000 },
      { attempt: 3, at: 2_250, endedAt: 2_250, outcome: 'succeeded', breaker: 'closed' },
    ],
  );
  assert.is(attempts[0]?.verdict?.rule, 'code:ECONNRESET');
});

test('the seed decides, and nothing else', async () => {
  const options = { strategy: jittered, maxRetries: 6, breaker: false } as const;
  const at = async (seed?: number) => {
    const preview = await previewed(options, {
      outcomes: [transient()],
      ...(seed === undefined ? {} : { seed }),
    });
    return preview.attempts.map(({ delay, draw }) => [delay, draw]);
  };
  assert.equal(await at(7), await at(7));
  assert.not.equal(await at(7), await at(8));
  assert.equal(await at(), await at());
  assert.is(new Set((await at(7)).map(String)).size, 7);
});

test(
  'a run is previewed again by the seed that its history tells',
  inWorld(async world => {
    const recovery = await world.boot();
    const errors = [
      transient(),
      Object.assign(new Error('slow'), { code: 'ETIMEDOUT' }),
      transient(),
    ];
    const work = recovery.operation(
      'work',
      (_: undefined, { attempt }) => {
        const error = errors[attempt - 1];
        if (error !== undefined) throw error;
      },
      { strategy: jittered, maxRetries: 4 },
    );
    const handle = await work.start(undefined, { id: 'it' });
    await world.clock.advance(100_000);
    await handle.result();
    const history = await recovery.history('it');
    const preview = work.preview({
      outcomes: [...errors, 'success'],
      seed: history[0]?.reason?.seed as number,
      start: history[0]?.at as number,
    });
    const told = ({ kind }: { readonly kind: string }) => kind === 'operation';
    assert.equal(
      preview.transitions.filter(told).map(({ to, reason, at }) => ({ to, reason, at })),
      history.map(({ to, reason, at }) => ({ to, reason, at })),
    );
  }),
);

test('a breaker that opens on the way makes the operation wait, and probes', async () => {
  const { attempts, transitions, state } = await previewed(
    { maxRetries: 9, whenOpen: 'wait', breakerOptions: { threshold: 2, openTimeout: 30_000 } },
    { outcomes: [transient(), transient(), 'success'], start: 0 },
  );
  assert.equal(
    attempts.map(({ at, breaker }) => [at, breaker]),
    [
      [0, 'closed'],
      [1_000, 'closed'],
      [31_000, 'half_open'],
    ],
  );
  assert.equal(
    transitions.filter(({ kind }) => kind === 'breaker').map(({ to, at }) => [to, at]),
    [
      ['open', 1_000],
      ['half_open', 31_000],
      ['closed', 31_000],
    ],
  );
  assert.is(state, 'success');
});

test('open times with jitter follow from the seed too', async () => {
  const open = async (seed: number) => {
    const breakerOptions = { threshold: 1, openTimeout: jittered };
    const preview = await previewed(
      { whenOpen: 'wait', breakerOptions },
      { outcomes: [transient(), 'success'], seed },
    );
    return preview.transitions.find(({ to }) => to === 'open')?.reason?.delay;
  };
  assert.is(await open(1), await open(1));
  assert.is.not(await open(1), await open(2));
});

test('without an end it stops after so many attempts', async () => {
  const { ended, attempts, state } = await previewed(
    { maxRetries: 1_000_000, breaker: false },
    { outcomes: [transient()], attempts: 12 },
  );
  assert.equal([ended, attempts.length, state], ['attempts', 12, 'recovering']);
});

test('one that waits for the tokens of others says so', async () => {
  const budget = { capacity: 10, refillPerSecond: 0, whenEmpty: 'wait' } as const;
  const { ended, state, attempts, breaker } = await previewed(
    { maxRetries: 9, budget },
    { outcomes: [transient()] },
  );
  assert.equal([ended, state, attempts.length, breaker.tokens], ['waiting', 'recovering', 3, 0]);
});

test('cancelled, cut off and dead: calls that do not end by themselves', async () => {
  const outcomes = async (options: OperationOptions, ...made: PreviewOptions['outcomes']) => {
    const { attempts, state } = await previewed(options, { outcomes: made, start: 0 });
    return [state, ...attempts.map(({ outcome, at, endedAt }) => [outcome, at, endedAt])];
  };
  assert.equal(await outcomes({}, { cancelAfter: 70 }), ['failed', ['cancelled', 0, 70]]);
  assert.equal(await outcomes({ timeout: 50, maxRetries: 1 }, { success: true, duration: 80 }), [
    'exhausted',
    ['failed', 0, 50],
    ['failed', 1_050, 1_100],
  ]);
  assert.equal(await outcomes({}, 'interrupted', 'success'), [
    'success',
    ['interrupted', 0, 0],
    ['succeeded', 0, 0],
  ]);
});

test('a fallback stands in as the options say', async () => {
  const fallback = () => {};
  const ending = async (options: Partial<PreviewOptions>) => {
    const outcomes = [transient()];
    const preview = await previewed({ fallback, maxRetries: 0 }, { outcomes, ...options });
    return [preview.state, preview.transitions.at(-1)?.reason?.kind];
  };
  assert.equal(await ending({}), ['success', 'fallback']);
  assert.equal(await ending({ fallback: new Error('no') }), ['exhausted', 'limit']);
});

test('a server that asks for a pause gets it', async () => {
  const outcomes = [{ error: transient(), retryAfter: 90_000 }, 'success'] as const;
  const { attempts } = await previewed({}, { outcomes, start: 0 });
  assert.equal(
    attempts.map(({ at }) => at),
    [0, 90_000],
  );
  assert.is(attempts[0]?.verdict?.retryAfter, 90_000);
});

test('begins now unless it is told when', async () => {
  assert.is((await previewed({}, { outcomes: ['success'] })).startedAt, STARTED_AT);
});

test('is JSON', async () => {
  const preview = await previewed({ strategy: jittered }, { outcomes: [transient()] });
  assert.equal(JSON.parse(JSON.stringify(preview)), preview);
});

test(
  'what is wrong with its options is told all at once',
  inWorld(async world => {
    const recovery = await world.boot();
    const { preview } = recovery.operation('work', () => {});
    const work = { preview: preview.bind(recovery.operation('other', () => {})) };
    const refused = (options: unknown): string[] => {
      try {
        work.preview(options as PreviewOptions);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        return (error.details.problems as { option: string }[]).map(({ option }) => option);
      }
      return [];
    };
    assert.equal(refused(undefined), ['options']);
    assert.equal(refused({}), ['outcomes']);
    assert.equal(
      refused({
        outcomes: [],
        seed: -1,
        start: Number.NaN,
        attempts: 0,
        sed: 1,
        fallback: 'interrupted',
      }),
      ['sed', 'outcomes', 'seed', 'attempts', 'start', 'fallback'],
    );
    assert.equal(
      refused({
        outcomes: [
          'sucess',
          7,
          null,
          { error: 1, duraton: 2 },
          { error: 1, duration: -1, retryAfter: '1' },
          { success: false },
          { cancelAfter: Number.NaN },
          { code: 'ECONNRESET' },
          new Error('fine'),
        ],
      }),
      [
        'outcomes.0',
        'outcomes.1',
        'outcomes.2',
        'outcomes.3.duraton',
        'outcomes.4.duration',
        'outcomes.4.retryAfter',
        'outcomes.5.success',
        'outcomes.6.cancelAfter',
      ],
    );
    await recovery.close();
  }),
);

test.run();

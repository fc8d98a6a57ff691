import { pino } from 'pino';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { logTransitions, pinoLogger } from '../../../adapters/pino/index.ts';
import { ConfigError } from '../../../services/errors.ts';
import {
  failing,
  hanging,
  permanent,
  transient,
} from '../../services/runtime/support/functions.ts';
import { inWorld } from '../../services/runtime/support/world.ts';

const test = suite('pino logs');

type Line = Readonly<Record<string, unknown>>;

/** What pino has written. */
function kept() {
  const text: string[] = [];
  return {
    text: () => text.join(''),
    destination: { write: (line: string) => void text.push(line) },
    lines: (): Line[] =>
      text
        .join('')
        .split('\n')
        .filter(Boolean)
        .map(line => JSON.parse(line) as Line),
  };
}

const LEVELS: Readonly<Record<string, unknown>> = {
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
};
const short = ({ level, state, attempt, reason, duration, elapsed }: Line) =>
  [LEVELS[String(level)], state, attempt, reason ?? '-', duration ?? '-', elapsed].join(' ');

test(
  'one line for each transition: how far it is, why, and how long it took',
  inWorld(async ({ boot, clock }) => {
    const out = kept();
    const recovery = await boot();
    const logger = pinoLogger({ level: 'debug', destination: out.destination });
    logTransitions(recovery, { logger });
    const run = recovery
      .operation('fetch', failing(2).fn, { maxRetries: 5, breaker: false })
      .run('x', { id: 'fetch-1' });
    await clock.advance(5_000);
    await run;

    const lines = out.lines();
    assert.equal(lines.map(short), [
      'debug pending 0 created - 0',
      'debug in_progress 1 - 0 0',
      'warn recovering 1 retry 0 0',
      'debug in_progress 2 - 1000 1000',
      'warn recovering 2 retry 0 1000',
      'debug in_progress 3 - 1000 2000',
      'info success 3 succeeded 0 2000',
    ]);
    const history = await recovery.history('fetch-1');
    assert.equal(
      lines.map(({ seq, position, event }) => [seq, position, event]),
      history.map(({ seq, position, event }) => [seq, position, event]),
    );
    for (const line of lines) {
      assert.is(line.operation_id, 'fetch-1');
      assert.is(line.function_name, 'fetch');
      assert.is(line.max_attempts, 6);
    }
    const { category, rule, delay, strategy } = lines[2] as Line;
    assert.equal(
      { category, rule, delay, strategy },
      {
        category: 'network',
        rule: 'code:ECONNRESET',
        delay: 1_000,
        strategy: 'fixed',
      },
    );
  }),
);

test(
  'at the usual level an operation that succeeds is one line, and one that ends badly an error',
  inWorld(async ({ boot, clock, settle }) => {
    const out = kept();
    const recovery = await boot();
    logTransitions(recovery, { logger: pinoLogger({ destination: out.destination }) });
    await recovery.operation('good', failing(0).fn).run(1);
    const bad = recovery.operation('bad', failing(99, permanent).fn);
    await bad.run(1).catch(() => {});
    const gives = recovery.operation('gives_up', failing(99).fn, {
      maxRetries: 1,
      breakerOptions: { threshold: 2 },
    });
    const run = gives.run(1).catch(() => {});
    await clock.advance(2_000);
    await run;
    const hangs = await recovery.operation('hangs', hanging().fn).start(1);
    await settle();
    await hangs.cancel('no longer needed');

    const told = out
      .lines()
      .map(line => [
        LEVELS[String(line.level)],
        line.function_name ?? line.breaker_key,
        line.state,
        line.reason,
      ])
      .map(words => words.join(' '));
    assert.equal(told.sort(), [
      'error bad failed not_retryable',
      'error gives_up exhausted limit',
      'info good success succeeded',
      'info hangs failed cancelled',
      'warn gives_up open threshold',
      'warn gives_up recovering retry',
    ]);
  }),
);

test(
  'says that an operation was interrupted, after the restart',
  inWorld(async ({ boot, crash, clock, settle }) => {
    const out = kept();
    const first = await boot();
    await first.operation('installs', hanging().fn).start(1, { id: 'one' });
    await settle();
    crash();
    const second = await boot();
    logTransitions(second, { logger: pinoLogger({ destination: out.destination }) });
    second.operation('installs', failing(0).fn);
    await second.resume();
    await clock.advance(10);
    const [interrupted, ended] = out.lines().filter(line => line.operation_id === 'one');
    assert.is(interrupted?.reason, 'interrupted');
    assert.is(LEVELS[String(interrupted?.level)], 'warn');
    // It came into the state in another process.
    assert.is(interrupted?.duration, undefined);
    assert.is(ended?.state, 'success');
    assert.is(ended?.attempt, 2);
  }),
);

test(
  'never writes inputs, outputs, steps or metadata, and no secrets of errors',
  inWorld(async ({ boot, clock }) => {
    const out = kept();
    const logger = pinoLogger({
      level: 'debug',
      destination: out.destination,
      redact: ['user.email'],
    });
    const recovery = await boot({ logger });
    logTransitions(recovery, { logger });
    let calls = 0;
    const run = recovery
      .operation('login', async (_input: unknown, op) => {
        op.log.info({ token: 'hush-log', user: { email: 'hush-mail', id: 7 } }, 'as user');
        await op.step('session', async () => ({ cookie: 'hush-step' }));
        if (calls++ === 0) {
          throw Object.assign(
            transient(
              'GET https://root:hush-url@db.example/x?api_key=hush-query failed, authorization: Bearer hush-bearer, password="hush-word"',
            ),
            { headers: { authorization: 'hush-header' } },
          );
        }
        return { session: 'hush-output' };
      })
      .run({ name: 'hush-input' }, { metadata: { who: 'hush-metadata' } });
    await clock.advance(5_000);
    await run;
    logger.warn(
      {
        err: Object.assign(transient('at https://a:hush-err@b'), { config: { auth: 'hush-auth' } }),
      },
      'an error',
    );
    assert.not.match(out.text(), /hush/);
    assert.match(out.text(), /db\.example/);
    assert.match(out.text(), /"id":7/);
    assert.ok(out.lines().some(({ reason }) => reason === 'retry'));
  }),
);

test(
  'writes to a pino logger of the app, at levels that the app chooses, until it is stopped',
  inWorld(async ({ boot }) => {
    const out = kept();
    const recovery = await boot();
    const logger = pino({ level: 'trace' }, out.destination).child({ app: 'mine' });
    const stop = logTransitions(recovery, {
      logger,
      level: ({ to }) => (to === 'success' ? 'debug' : 'silent'),
    });
    const works = recovery.operation('works', failing(0).fn);
    await works.run(1);
    stop();
    await works.run(2);
    const lines = out.lines();
    assert.is(lines.length, 1);
    assert.is(lines[0]?.app, 'mine');
    assert.is(LEVELS[String(lines[0]?.level)], 'debug');
  }),
);

test(
  'a logger that throws holds nothing up and is told of once',
  inWorld(async world => {
    const recovery = await world.boot();
    const fail = () => {
      throw new TypeError('broken pipe');
    };
    logTransitions(recovery, { logger: { debug: fail, info: fail, warn: fail, error: fail } });
    const works = recovery.operation('works', failing(0).fn);
    assert.is(await works.run(1), 1);
    assert.is(await works.run(2), 2);
    assert.is(world.logged.filter(message => message.includes('observer')).length, 1);
  }),
);

test('refuses a level that pino does not know', () => {
  assert.throws(
    () => pinoLogger({ level: 'loud' as 'info' }),
    (error: unknown) => error instanceof ConfigError,
  );
});

test.run();

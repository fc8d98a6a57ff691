import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withCli } from '../../support/cli.ts';

export const suiteTimeout = 300_000;
const test = suite('cli tour');

test(
  'shows every ending, the breaker and a kill, and finds all its claims to hold',
  withCli(async ({ run }) => {
    const { exit, out, err } = await run();

    assert.is(err, '');
    assert.is(exit, 0);
    assert.not.match(out, 'NOT SO');
    for (const scene of ['success', 'failed', 'exhausted', 'cancelled', 'the breaker', 'kill -9']) {
      assert.match(out, new RegExp(`^\\d\\. ${scene}: `, 'm'));
    }
    assert.match(out, /^Watch it in a browser: http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{32}$/m);
    assert.match(out, /✔ the web page is served/);
    assert.match(out, /All \d+ claims held/);
  }),
);

test.run();

import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inBrowser } from './support/in-browser.ts';
import { DELAY, failing, Puppet, refused, reset, timed } from './support/puppet.ts';

const test = suite('the view of the machines');

/** What the picture says about every arrow, by its id: `3`, or `2-7` where the records do not tell. */
const counts = (page: Page): Promise<ReadonlyMap<string, string>> =>
  page
    .locator('.chart-picture .chart-arrow')
    .evaluateAll(arrows =>
      arrows.map((arrow): [string, string] => [
        arrow.getAttribute('data-arrow') ?? '',
        arrow.getAttribute('data-count') ?? '',
      ]),
    )
    .then(entries => new Map(entries));

interface Row {
  readonly machine: string;
  readonly from_state: string;
  readonly event: string;
  readonly state: string;
  readonly count: number;
}

/** Of the arrows that leave a place with an event, together. */
const least = (all: ReadonlyMap<string, string>, start: string): number =>
  [...all].reduce((sum, [id, count]) => (id.startsWith(start) ? sum + parseInt(count, 10) : sum), 0);

test('counts each arrow as the store does, marks what was never taken, and follows what happens', async () => {
  const { clock, options } = timed();
  const puppet = new Puppet();
  await inBrowser({ recovery: options }, async ({ page, server, recovery, ask }) => {
    const work = recovery.operation('work', puppet.call, { breakerOptions: { threshold: 9 } });
    const end = async (...turns: readonly (() => unknown)[]) => {
      for (const turn of turns) puppet.do(turn);
      const handle = await work.start(null);
      const ended = handle.result().catch(() => {});
      for (const _ of turns) await clock.advance(DELAY);
      await ended;
    };
    await end(() => 1);
    await end(() => 2);
    await end(failing(reset()), failing(reset()), () => 3);
    await end(failing(refused()));
    const stored = async (machine: string, event: string, state: string) => {
      const rows: readonly Row[] = (await ask('/api/machines/arrows')).body.arrows;
      return rows
        .filter(row => row.machine === machine && row.event === event && row.state === state)
        .reduce((sum, { count }) => sum + count, 0);
    };
    await page.goto(`${server.url}/machines/operation`);
    await page.locator('.chart-arrow[data-count]').first().waitFor();
    await page.waitForFunction(
      () => document.querySelector('[data-arrow="pending.queued|start|0"]')?.getAttribute('data-count') === '4',
    );
    const shown = await counts(page);
    assert.is(await stored('operation', 'start', 'in_progress'), 4);
    assert.is(least(shown, 'pending.queued|start|'), 4);
    assert.is(least(shown, 'recovering.backoff|xstate.done.actor.timer|'), 2);
    assert.is(await stored('operation', 'due', 'in_progress'), 2);
    const model = (await ask('/api/machines')).body.operation;
    const done = model.states.in_progress.states.running.invoke;
    assert.ok(done !== undefined);
    const attempts = [...shown].filter(([id]) =>
      id.startsWith('in_progress.running|xstate.done.actor.attempt|'),
    );
    assert.is(attempts.reduce((sum, [, count]) => sum + parseInt(count, 10), 0), 6);
    assert.is(await stored('operation', 'attempt.succeeded', 'success'), 3);

    const never = [...shown].filter(([, count]) => count === '0').map(([id]) => id);
    assert.ok(never.length > 5);
    for (const id of never) {
      const arrow = page.locator(`.chart-arrow[data-arrow="${id}"]`);
      assert.is(await arrow.getAttribute('data-rare'), 'true');
      assert.is(await arrow.locator('.chart-badge').count(), 0);
    }
    await page.getByText(/\d+ arrows, \d+ never taken, by what the store holds/).waitFor();
    const rows = page.locator('tr[data-never="true"]');
    assert.is(await rows.count(), never.length);
    assert.match((await rows.first().textContent()) ?? '', /never$/);

    await page.getByRole('navigation', { name: 'Machines' }).getByText('breaker').click();
    await page.waitForURL('**/machines/breaker');
    await page.getByRole('img', { name: 'The chart of breaker' }).waitFor();
    await page.locator('.chart-arrow[data-count]').first().waitFor();
    assert.is(least(await counts(page), 'open|xstate.done.actor.timer'), 0);
    await page.goto(`${server.url}/machines/toaster`);
    await page.getByText('There is no such machine').waitFor();
  })();
});

test.run();

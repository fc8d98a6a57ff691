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
  readonly event: string;
  readonly to: string;
  readonly count: number;
}

/** Of the arrows that leave a place with an event, together: the bounds between which the true count is. */
function bounds(all: ReadonlyMap<string, string>, start: string): readonly [number, number] {
  const found = [...all].filter(([id]) => id.startsWith(start));
  assert.ok(found.length > 0, start);
  const sum = (of: (parts: readonly string[]) => string | undefined) =>
    found.reduce((total, [, count]) => total + Number(of(count.split('-'))), 0);
  return [sum(([least]) => least), sum(parts => parts.at(-1) || 'Infinity')];
}

function assertWithin(count: number, [least, most]: readonly [number, number]): void {
  assert.ok(least <= count && count <= most, `${count} is not from ${least} to ${most}`);
}

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
        .filter(row => row.machine === machine && row.event === event && row.to === state)
        .reduce((sum, { count }) => sum + count, 0);
    };
    await page.goto(`${server.url}/machines/operation`);
    await page.locator('.chart-arrow[data-count]').first().waitFor();
    await page.waitForFunction(
      () =>
        document
          .querySelector('[data-arrow="pending.queued|start|0"]')
          ?.getAttribute('data-count') === '4',
    );
    const shown = await counts(page);
    assert.is(await stored('operation', 'start', 'in_progress'), 4);
    assert.equal(bounds(shown, 'pending.queued|start|'), [4, 4]);
    assertWithin(2, bounds(shown, 'recovering.backoff|xstate.done.actor.timer|'));
    assert.is(await stored('operation', 'due', 'in_progress'), 2);
    const attempts = bounds(shown, 'in_progress.running|xstate.done.actor.attempt|');
    assert.equal(attempts, [6, 6]);
    assert.is(await stored('operation', 'attempt.succeeded', 'success'), 3);

    const never = [...shown].filter(([, count]) => count === '0').map(([id]) => id);
    assert.ok(never.length > 5);
    for (const id of never) {
      const arrow = page.locator(`.chart-arrow[data-arrow="${id}"]`);
      assert.is(await arrow.getAttribute('data-rare'), 'true');
      assert.is(await arrow.locator('.chart-badge').count(), 0);
    }
    await page.getByText(/\d+ arrows, \d+ never taken, by what the store holds/).waitFor();
    // What stays where it is stands in the table alone.
    const rows = page.locator('tr[data-never="true"]').filter({ hasNotText: 'stays' });
    assert.is(await rows.count(), never.length);
    assert.match((await rows.first().textContent()) ?? '', /never$/);

    await page.getByRole('navigation', { name: 'Machines' }).getByText('breaker').click();
    await page.waitForURL('**/machines/breaker');
    await page.getByRole('img', { name: 'The chart of breaker' }).waitFor();
    await page.locator('.chart-arrow[data-count]').first().waitFor();
    assert.equal(bounds(await counts(page), 'open|xstate.done.actor.timer'), [0, 0]);
    await page.goto(`${server.url}/machines/toaster`);
    await page.getByText('There is no such machine').waitFor();
  })();
});

test.run();

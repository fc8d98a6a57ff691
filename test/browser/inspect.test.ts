import type { WebSocket, WebSocketRoute } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OPERATOR, TOKENS, VIEWER } from '../adapters/http/support/served.ts';
import { inspectorMessage, type Sent } from '../adapters/inspector/support/inspector-message.ts';
import {
  isBlocked,
  isCaughtUp,
  lastSnapshots,
  named,
  registrations,
  SECRET,
  timed,
  trip,
} from '../adapters/inspector/support/unlucky.ts';
import { assertAccessible } from './support/accessible.ts';
import { inBrowser, type Scene } from './support/in-browser.ts';
import { STATELY, StandIn } from './support/stately.ts';

const test = suite('the page with the inspector');

type Clock = ReturnType<typeof timed>['clock'];

/** With a recovery whose retries come when the test lets time pass. */
function inspected(
  { guarded = false },
  run: (scene: Scene, clock: Clock) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const { clock, options } = timed();
    const server = guarded ? { tokens: TOKENS } : {};
    await inBrowser({ recovery: options, server }, scene => run(scene, clock))();
  };
}

const open = { guarded: false };
const guarded = { guarded: true };

const sentTo = (standIn: StandIn): readonly Sent[] =>
  standIn.messages.map(message => inspectorMessage.parse(message));
const isRegistered = (name: string) => (messages: readonly unknown[]) =>
  named(messages as readonly Sent[], name) !== undefined;

test(
  'hands Stately’s inspector what its messages are made of, from this page, and nothing secret',
  inspected(open, async ({ page, server, recovery }, clock) => {
    const standIn = await StandIn.in(page);
    await page.goto(`${server.url}/inspect`);
    await page.getByText('Live: all operations.').waitFor();
    await trip(recovery, clock);
    await standIn.until(isBlocked);
    const messages = sentTo(standIn);
    assert.ok(messages.length > 20);
    const retries = messages.filter(
      one =>
        one.type === '@xstate.snapshot' &&
        JSON.stringify(one.snapshot.value) === '{"recovering":"backoff"}',
    );
    assert.is(retries.length, 3);
    assert.is(lastSnapshots(messages).size > 3, true);
    const { origin } = new URL(server.url);
    assert.equal([...new Set(standIn.posted.map(posted => posted.origin))], [origin]);
    assert.not.match(JSON.stringify(messages), SECRET);
    assert.is(standIn.loaded, 1);
    await assertAccessible(page);
  }),
);

test(
  'brings a late viewer to where an early one is',
  inspected(open, async ({ page, another, server, recovery }, clock) => {
    const early = await StandIn.in(page);
    await page.goto(`${server.url}/inspect`);
    await page.getByText('Live:').waitFor();
    await trip(recovery, clock);
    await early.until(isBlocked);
    const latePage = await another();
    const late = await StandIn.in(latePage);
    await latePage.goto(`${server.url}/inspect`);
    await late.until(isCaughtUp);
    const last = lastSnapshots(sentTo(early));
    const known = lastSnapshots(sentTo(late));
    assert.is(known.size, 4);
    for (const [sessionId, snapshot] of known) assert.equal(snapshot, last.get(sessionId));
  }),
);

test(
  'shows all of it again when the frame has loaded itself again, and listens to no other frame',
  inspected(open, async ({ page, server, recovery }, clock) => {
    const standIn = await StandIn.in(page);
    await page.goto(`${server.url}/inspect`);
    await page.getByText('Live:').waitFor();
    await trip(recovery, clock);
    await standIn.until(isBlocked);
    const times = () => sentTo(standIn).filter(one => one.type === '@xstate.actor').length;
    const before = standIn.messages.length;
    await page.frame({ url: `${STATELY}/inspect` })?.evaluate(() => location.reload());
    await standIn.until(messages => isBlocked(messages.slice(before)));
    const registered = times();
    // One of the same origin says that it is connected, too.
    await page.evaluate(address => {
      const other = document.createElement('iframe');
      other.src = address;
      return new Promise(resolve => {
        other.onload = resolve;
        document.body.append(other);
      });
    }, `${STATELY}/other`);
    await recovery.cancel('one');
    await trip(recovery, clock, 'two');
    await standIn.until(isRegistered('operation.unlucky two'));
    const anew = sentTo(standIn).filter(
      one => one.type === '@xstate.actor' && one.name === 'breaker.unlucky',
    );
    assert.is(anew.length, 2);
    assert.ok(times() > registered);
  }),
);

test('posts to Stately only, whatever is in the frame', async () => {
  const { clock, options } = timed();
  const elsewhere = 'https://elsewhere.example/';
  // Without the policy, which would not let the frame go there.
  const serving = { recovery: options, page: { bypassCSP: true } };
  await inBrowser(serving, async ({ page, server, recovery }) => {
    const standIn = await StandIn.in(page);
    const sockets: WebSocket[] = [];
    let asked = 0;
    page.on('websocket', socket => {
      sockets.push(socket);
      socket.on('framesent', ({ payload }) => {
        if (/^42\d+\["inspect"/.test(String(payload))) asked++;
      });
    });
    await page.goto(`${server.url}/inspect`);
    await page.getByText('Live:').waitFor();
    await standIn.at(page, `${elsewhere}**`);
    const frame = page.frame({ url: `${STATELY}/inspect` });
    await frame?.evaluate(address => location.assign(address), elsewhere);
    await frame?.waitForURL(elsewhere);
    const before = standIn.posted.length;
    const told = sockets
      .at(-1)
      ?.waitForEvent('framereceived', ({ payload }) =>
        /"value":\{"recovering":"blocked"\}/.test(String(payload)),
      );
    await trip(recovery, clock);
    await told;
    // What had been posted before this would have come before it.
    await page.evaluate(() =>
      document.querySelector('iframe')?.contentWindow?.postMessage('last', '*'),
    );
    await standIn.until(messages => messages.includes('last'));
    assert.equal(standIn.messages.slice(before), ['last']);
    assert.is(standIn.loaded, 2);
    // That it says it is connected is not believed.
    assert.is(asked, 1);
  })();
});

test(
  'shows one operation, or one breaker, as the form and the fragment say',
  inspected(open, async ({ page, server, recovery }, clock) => {
    const standIn = await StandIn.in(page);
    await trip(recovery, clock);
    await trip(recovery, clock, 'two');
    await trip(recovery, clock, 'three', 'other');
    await page.goto(`${server.url}/inspect#operation=two`);
    await page.getByText('Live: operation two.').waitFor();
    await standIn.until(messages => isBlocked(messages, 'two'));
    assert.is(await page.getByLabel('Operation').inputValue(), 'two');
    const first = standIn.messages.length;
    await page.getByLabel('Operation').fill('');
    await page.getByLabel('Breaker').fill('other');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText('Live: all operations of breaker other.').waitFor();
    await standIn.until(messages => isBlocked(messages, 'three', 'other'));
    assert.is(page.url(), `${server.url}/inspect#key=other`);
    const names = (messages: readonly Sent[]) => registrations(messages).map(({ name }) => name);
    assert.not.ok(names(sentTo(standIn).slice(0, first)).some(name => /breaker|one/.test(name)));
    const shown = names(sentTo(standIn).slice(first));
    assert.ok(shown.includes('breaker.other'));
    assert.not.ok(shown.some(name => /unlucky/.test(name)));
    // A view begins with a frame that has forgotten the one before.
    assert.is(standIn.loaded, 2);
  }),
);

test(
  'refuses a viewer with words, and loads nothing for it',
  inspected(guarded, async ({ page, server }) => {
    const standIn = await StandIn.in(page);
    await page.goto(`${server.url}/inspect#token=${VIEWER}`);
    await page.getByText('The inspector is for operators.').waitFor();
    assert.is(page.url(), `${server.url}/inspect`);
    assert.is(standIn.loaded, 0);
    await assertAccessible(page);
    await page.getByRole('button', { name: 'Use another token' }).click();
    await page.getByLabel('Token').fill(OPERATOR);
    await page.keyboard.press('Enter');
    await page.getByText('Live:').waitFor();
    assert.is(standIn.loaded, 1);
  }),
);

test(
  'asks for a token where there is none, says when it is wrong, and shares a right one with the visualizer',
  inspected(guarded, async ({ page, server, expectProblem }) => {
    expectProblem(/status of 401/);
    const standIn = await StandIn.in(page);
    await page.goto(`${server.url}/inspect#operation=one`);
    await page.getByText('This server asks for a token.').waitFor();
    assert.is(await page.getByLabel('Token').evaluate(it => it === document.activeElement), true);
    await assertAccessible(page);
    await page.keyboard.type('wrong');
    await page.keyboard.press('Enter');
    await page.getByText('The server does not accept this token').waitFor();
    assert.is(standIn.loaded, 0);
    await page.getByLabel('Token').fill(OPERATOR);
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByText('Live: operation one.').waitFor();
    assert.not.match(JSON.stringify(standIn.messages), OPERATOR);
    const asked = page.waitForRequest('**/api/session');
    await page.getByRole('link', { name: 'Visualizer' }).click();
    assert.is((await asked).headers().authorization, `Bearer ${OPERATOR}`);
  }),
);

test(
  'says why a view has ended, and shows one again when asked',
  inspected(open, async ({ page, server, recovery }, clock) => {
    const standIn = await StandIn.in(page);
    const sockets: WebSocketRoute[] = [];
    await page.routeWebSocket('**/socket.io/**', socket => {
      socket.connectToServer();
      sockets.push(socket);
    });
    await page.goto(`${server.url}/inspect`);
    await page.getByText('Live:').waitFor();
    await trip(recovery, clock);
    await standIn.until(isBlocked);
    // As the server says it to a viewer that does not read; a browser reads.
    sockets[0]?.send('42["inspector_ended",{"reason":"the viewer is too slow"}]');
    await page.getByText('The view has ended: the viewer is too slow.').waitFor();
    const before = standIn.messages.length;
    await page.getByRole('button', { name: 'View again' }).click();
    await standIn.until(messages => isBlocked(messages.slice(before)));
    await page.getByText('Live:').waitFor();
  }),
);

test(
  'says what works offline where the frame never connects, and goes on when it does',
  inspected(open, async ({ page, server }) => {
    await page.clock.install();
    await page.route(`${STATELY}/**`, route =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>No</title>' }),
    );
    await page.goto(`${server.url}/inspect`);
    await page.getByText('Waiting for Stately’s inspector').waitFor();
    await page.clock.fastForward(9_000);
    assert.is(await page.getByText('works offline').count(), 0);
    await page.clock.fastForward(1_500);
    await page.getByText('Our own visualizer works offline.').waitFor();
    await assertAccessible(page);
    const link = page.getByRole('link', { name: 'Open our own visualizer' });
    assert.is(await link.evaluate(it => (it as HTMLAnchorElement).href), `${server.url}/`);
    await StandIn.in(page);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Live:').waitFor();
  }),
);

test(
  'says when the server is gone',
  inspected(open, async ({ page, server, expectProblem }) => {
    await StandIn.in(page);
    await page.goto(`${server.url}/inspect`);
    await page.getByText('Live:').waitFor();
    expectProblem(/WebSocket connection .* failed/);
    await server.close();
    await page.getByText('Without the server for the moment').waitFor();
    await page.waitForEvent('console', message => /WebSocket/.test(message.text()));
  }),
);

test('is found below a base path, and is dark where the system is', async () => {
  const serving = {
    server: { basePath: '/tools/recovery' },
    page: { colorScheme: 'dark' as const },
  };
  await inBrowser(serving, async ({ page, server }) => {
    await StandIn.in(page);
    await page.goto(`${server.url}/inspect`);
    await page.getByText('Live:').waitFor();
    assert.match(server.url, '/tools/recovery');
    assert.is(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
    await assertAccessible(page);
  })();
});

test.run();

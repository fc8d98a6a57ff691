import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ValidationError } from '../../index.ts';
import { ArrowCoverage, CUT_POINTS } from '../../testing.ts';
import { type Act, passTime, UndoLife, type UndoStory } from './support/undo-life.ts';

/** A life for each story, and one for each cut. */
export const suiteTimeout = 180_000;

const test = suite('paths of an operation that takes back');

const succeeds: Act = async life => life.end();
/** It may be tried again. */
const fails: Act = async life =>
  life.end(Object.assign(new Error('the connection was reset'), { code: 'ECONNRESET' }));
const refuses: Act = async life => life.end(new ValidationError('that is not valid'));
const breaks =
  (actor: 'attempt' | 'fallback' | 'undo'): Act =>
  life =>
    life.send({ type: `xstate.error.actor.${actor}`, error: new TypeError('broken by a test') });
const dies: Act = life => life.restart(true);
const closes: Act = life => life.restart(false);
const cancel: Act = async life => life.ask((recovery, id) => recovery.cancel(id));
/** A parent that ends tells its children, whatever they are at. */
const cancelLikeParent: Act = life =>
  life.send({ type: 'cancel', at: life.world.clock.now(), reason: 'its parent has ended' });
const pause: Act = async life => life.ask((recovery, id) => recovery.pause(id));
const isolate: Act = async life => life.ask(() => life.isolate());
const occupy: Act = async life =>
  life.ask(async recovery => {
    const other = await recovery.definition('other')?.start(undefined, { id: 'other' });
    other?.result().catch(() => {});
  });

const RUNNING = 'in_progress.running';
const FALLBACK = 'in_progress.falling_back';
const UNDOING = 'in_progress.undoing';
const BACKOFF = 'recovering.backoff';
const ONE = 'due undo.succeeded';
const RETRY = 'attempt.failed due';

const stories: Readonly<Record<string, UndoStory>> = {
  'it fails, and all is taken back': {
    undos: ['a', 'b'],
    acts: { [RUNNING]: [refuses] },
    endsIn: 'failed',
    done: 2,
    events: `attempt.failed ${ONE} ${ONE}`,
  },
  'it is exhausted, and stays so': {
    acts: { [RUNNING]: [fails] },
    endsIn: 'exhausted',
    done: 1,
    events: `${RETRY} attempt.failed ${ONE}`,
  },
  'it succeeds, and nothing is taken back': {
    acts: { [RUNNING]: [succeeds] },
    endsIn: 'success',
    done: 0,
    events: 'attempt.succeeded',
  },
  'its fallback stands in, and nothing is taken back': {
    fallback: true,
    acts: { [RUNNING]: [refuses], [FALLBACK]: [succeeds] },
    endsIn: 'success',
    done: 0,
    events: 'attempt.failed fallback.succeeded',
  },
  'its fallback fails, and what that has registered is taken back too': {
    fallback: true,
    acts: { [RUNNING]: [refuses], [FALLBACK]: [refuses] },
    endsIn: 'failed',
    done: 2,
    events: `attempt.failed fallback.failed ${ONE} ${ONE}`,
  },
  'its attempt breaks': {
    acts: { [RUNNING]: [breaks('attempt')] },
    endsIn: 'failed',
    done: 1,
    events: `attempt.error ${ONE}`,
  },
  'its fallback breaks': {
    fallback: true,
    acts: { [RUNNING]: [refuses], [FALLBACK]: [breaks('fallback')] },
    endsIn: 'failed',
    done: 2,
    events: `attempt.failed fallback.error ${ONE} ${ONE}`,
  },
  'an undo fails and is retried; a cancel while it waits does nothing': {
    acts: {
      [RUNNING]: [refuses],
      [UNDOING]: [fails, succeeds],
      'recovering.undoing': [cancelLikeParent, passTime],
    },
    endsIn: 'failed',
    done: 1,
    events: `attempt.failed due undo.failed ${ONE}`,
  },
  'an undo is given up after its retries, and the one before is called': {
    policy: { undoRetries: 1 },
    undos: ['a', 'b'],
    acts: {
      [RUNNING]: [refuses],
      [UNDOING]: [life => (life.undo === 'b' ? fails : succeeds)(life)],
    },
    endsIn: 'failed',
    done: 1,
    failed: ['b'],
    events: `attempt.failed due undo.failed due undo.failed ${ONE}`,
  },
  'an undo is given up at once': {
    acts: { [RUNNING]: [refuses], [UNDOING]: [refuses] },
    endsIn: 'failed',
    done: 0,
    failed: ['a'],
    events: 'attempt.failed due undo.failed',
  },
  'an undo hangs until its time is over, and is retried': {
    policy: { timeout: 1_000 },
    acts: { [RUNNING]: [refuses], [UNDOING]: [passTime, succeeds] },
    endsIn: 'failed',
    done: 1,
    events: `attempt.failed due undo.failed ${ONE}`,
  },
  'the process dies during an undo': {
    acts: { [RUNNING]: [refuses], [UNDOING]: [dies, succeeds] },
    endsIn: 'failed',
    done: 1,
    events: `attempt.failed due undo.interrupted ${ONE}`,
  },
  'the process is closed during an undo': {
    acts: { [RUNNING]: [refuses], [UNDOING]: [closes, succeeds] },
    endsIn: 'failed',
    done: 1,
    events: `attempt.failed due undo.suspended ${ONE}`,
  },
  'the process dies too often during an undo': {
    policy: { maxInterruptions: 1 },
    acts: { [RUNNING]: [refuses], [UNDOING]: [dies] },
    endsIn: 'failed',
    done: 0,
    failed: ['a'],
    events: 'attempt.failed due undo.interrupted due undo.interrupted',
  },
  'each undo breaks': {
    undos: ['a', 'b'],
    acts: { [RUNNING]: [refuses], [UNDOING]: [breaks('undo')] },
    endsIn: 'failed',
    done: 0,
    failed: ['b', 'a'],
    events: 'attempt.failed due undo.error due undo.error',
  },
  'it is exhausted, and its undo breaks': {
    policy: { maxRetries: 0 },
    acts: { [RUNNING]: [fails], [UNDOING]: [breaks('undo')] },
    endsIn: 'exhausted',
    done: 0,
    failed: ['a'],
    events: 'attempt.failed due undo.error',
  },
  'it is cancelled while it runs; another cancel during the undo does nothing': {
    acts: { [RUNNING]: [cancel], [UNDOING]: [cancelLikeParent, succeeds] },
    endsIn: 'failed',
    done: 1,
    events: `cancel ${ONE}`,
  },
  'it is cancelled during its fallback': {
    fallback: true,
    acts: { [RUNNING]: [refuses], [FALLBACK]: [cancel] },
    endsIn: 'failed',
    done: 2,
    events: `attempt.failed cancel ${ONE} ${ONE}`,
  },
  'it is cancelled while it waits for its retry': {
    acts: { [RUNNING]: [fails], [BACKOFF]: [cancel] },
    endsIn: 'failed',
    done: 1,
    events: `attempt.failed cancel ${ONE}`,
  },
  'it is cancelled while it is paused': {
    acts: { [RUNNING]: [fails], [BACKOFF]: [pause], 'recovering.paused': [cancel] },
    endsIn: 'failed',
    done: 1,
    events: `attempt.failed pause cancel ${ONE}`,
  },
  'it is cancelled while it waits for its breaker': {
    policy: { whenOpen: 'wait' },
    acts: { [RUNNING]: [fails], [BACKOFF]: [isolate, passTime], 'recovering.blocked': [cancel] },
    endsIn: 'failed',
    done: 1,
    events: `${RETRY} permit.denied cancel ${ONE}`,
  },
  'it is cancelled while it waits for a slot': {
    // After the death of all, it may be the first to get the slot.
    acts: {
      [RUNNING]: [fails, cancel],
      [BACKOFF]: [occupy, passTime],
      'recovering.queued': [cancel],
    },
    endsIn: 'failed',
    done: 1,
    events: `attempt.failed cancel ${ONE}`,
  },
  'its breaker refuses it': {
    policy: { whenOpen: 'fail' },
    acts: { [RUNNING]: [fails], [BACKOFF]: [isolate, passTime] },
    endsIn: 'failed',
    done: 1,
    events: `${RETRY} permit.denied ${ONE}`,
  },
  'its time is over while it waits for its breaker': {
    policy: { whenOpen: 'wait', totalTimeout: 5_000 },
    acts: { [RUNNING]: [fails], [BACKOFF]: [isolate, passTime] },
    endsIn: 'exhausted',
    done: 1,
    events: `${RETRY} permit.denied gate.expired ${ONE}`,
  },
  'its time is over while it waits for a slot': {
    policy: { totalTimeout: 5_000 },
    acts: { [RUNNING]: [fails], [BACKOFF]: [occupy, passTime] },
    endsIn: 'exhausted',
    done: 1,
    events: `attempt.failed slot.expired ${ONE}`,
  },
};

const coverage = new ArrowCoverage();

/** One story is cut from its first commit on; the others where they have come to be different. */
const [FIRST] = Object.keys(stories);

for (const [title, story] of Object.entries(stories)) {
  test(`${title}, whatever the process dies of in whichever commit`, async () => {
    await new UndoLife(story, coverage).live('memory');
    const whole = new UndoLife(story, coverage);
    await whole.live('sqljs');
    const from = title === FIRST ? 1 : whole.begins + 1;
    const { tries } = whole.world.disk;
    assert.ok(tries >= from, `${tries} commits`);
    for (let commit = from; commit <= tries; commit++) {
      for (const point of CUT_POINTS) {
        try {
          await new UndoLife(story, new ArrowCoverage()).live('sqljs', { commit, point });
        } catch (error) {
          assert.unreachable(`cut in commit ${commit}, ${point}: ${(error as Error).message}`);
        }
      }
    }
  });
}

test('they take every arrow that has to do with undos', () => {
  const [operation] = coverage.report();
  const arrows = (operation?.arrows ?? []).filter(
    ({ from, event, guard, to }) =>
      /undoing|undo\./.test(`${from} ${event} ${to}`) || /undo/i.test(guard ?? ''),
  );
  assert.ok(arrows.length >= 20, `${arrows.length} arrows`);
  assert.equal(
    arrows.filter(({ count }) => count === 0).map(({ key }) => key),
    [],
  );
});

test.run();

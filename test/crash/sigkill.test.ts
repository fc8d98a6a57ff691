import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SqlJsPersistence } from '../../adapters/sqljs/index.ts';
import { seededRandom } from '../../adapters/testing/index.ts';
import type {
  OperationRecord,
  OperationTransition,
  StatePersistence,
} from '../../services/ports.ts';
import { many } from '../support/extent.ts';
import { type Death, Life, type Note, type Place, withPlace } from './lives.ts';

/** Hundreds of processes, one after the other. */
export const suiteTimeout = 600_000;

const test = suite('SIGKILL');
const KILLS = many(200, 15);
const SEED = 20_240_607;
const FINAL = /^(success|failed|exhausted)$/;
const pause = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms));

/** Kills a life after another, at random moments of its start and of its work; the next one is loaded meanwhile. */
async function killAll({ store, journal }: Place): Promise<number> {
  const random = seededRandom(SEED);
  const deaths: Death[] = [];
  const load = (life: number) => new Life(store, journal, life, 'work');
  let next = load(1);
  for (let life = 1; deaths.length < KILLS; life++) {
    const now = next;
    next = load(life + 1);
    now.go();
    if (random() < 0.5) await now.ready();
    await Promise.race([pause(Math.floor(random() * 100)), now.ended]);
    now.kill();
    deaths.push(await now.ended);
  }
  next.kill();
  await next.ended;
  for (const { signal, err } of deaths) assert.is(signal, 'SIGKILL', err);
  return deaths.length;
}

/** Lives until nothing is unfinished; operations that kill their process take a few lives more. */
async function finish({ store, journal }: Place): Promise<void> {
  for (let life = 0; life < 40; life++) {
    const last = new Life(store, journal, life, 'finish');
    last.go();
    const { code, signal, err } = await last.ended;
    if (code === 0) return;
    assert.is(signal, 'SIGKILL', err);
  }
  assert.unreachable('operations stayed unfinished');
}

interface Found {
  readonly rows: ReadonlyMap<string, OperationRecord>;
  readonly history: ReadonlyMap<string, OperationTransition[]>;
  readonly steps: ReadonlyMap<string, ReadonlySet<string>>;
}

async function read(store: StatePersistence): Promise<Found> {
  const rows = new Map<string, OperationRecord>();
  let cursor: string | undefined;
  do {
    const page = await store.list({ limit: 1_000, ...(cursor ? { cursor } : {}) });
    for (const row of page.items) rows.set(row.id, row);
    cursor = page.next;
  } while (cursor);
  const history = new Map<string, OperationTransition[]>([...rows.keys()].map(id => [id, []]));
  for (let since = 0; ; ) {
    const page = await store.transitions({ since, limit: 10_000 });
    for (const t of page) if (t.kind === 'operation') history.get(t.operationId)?.push(t);
    if (page.length === 0) break;
    since = page.at(-1)?.position ?? since;
  }
  const steps = new Map<string, ReadonlySet<string>>();
  for (const id of rows.keys()) {
    steps.set(id, new Set((await store.steps(id)).map(step => step.name)));
  }
  return { rows, history, steps };
}

const of = (notes: readonly Note[], what: string) => notes.filter(note => note.what === what);

test(`${KILLS} kills at random moments lose nothing and repeat nothing that was finished`, () =>
  withPlace(async place => {
    assert.ok((await killAll(place)) >= KILLS);
    const suicide = new Life(place.store, place.journal, 0, 'suicide');
    suicide.go();
    assert.is((await suicide.ended).signal, 'SIGKILL');
    await finish(place);
    const notes = await place.notes();
    const store = new SqlJsPersistence({ path: place.store });
    await store.open();
    const { rows, history, steps } = await read(store);
    await store.close();

    const acknowledged = of(notes, 'ack');
    assert.ok(acknowledged.length > KILLS / 2, `only ${acknowledged.length} were acknowledged`);
    for (const { id } of acknowledged) assert.ok(rows.has(id), `${id} is missing`);

    for (const [id, row] of rows) {
      assert.match(row.state, FINAL, id);
      const path = history.get(id) ?? [];
      assert.equal(
        path.map(({ seq }) => seq),
        path.map((_, index) => index + 1),
        id,
      );
      assert.equal(path.filter(({ to }) => FINAL.test(to)).length, 1, id);
      assert.equal([path.at(-1)?.to, path.at(-1)?.seq], [row.state, row.seq], id);
      if (row.name !== 'work') continue;
      const { n } = JSON.parse(row.args ?? '') as { n: number };
      assert.equal([row.state, row.result], ['success', String(n * (2 + (n % 2)))], id);
    }

    const done = new Set<string>();
    const ended = new Map<string, string>();
    const calls = new Map<string, Set<string>>();
    for (const { what, id, detail } of notes) {
      const key = `${id} ${detail}`;
      if (what === 'done') {
        done.add(key);
        assert.ok(steps.get(id)?.has(detail), `finished step ${key} is not stored`);
      } else if (what === 'run') {
        assert.not.ok(done.has(key), `finished step ${key} ran again`);
      } else if (what === 'ended') {
        assert.is(rows.get(id)?.state, detail, id);
        ended.set(id, detail);
      } else if (what === 'call') {
        assert.not.ok(ended.has(id), `${id} was called after its end`);
        const attempts = calls.get(id) ?? new Set();
        assert.not.ok(attempts.has(detail), `attempt ${key} was called twice`);
        calls.set(id, attempts.add(detail));
        assert.ok(Number(detail) <= (rows.get(id)?.attempt ?? 0), `${key} was not counted`);
      }
    }

    const suicides = [...rows.values()].filter(({ name }) => name === 'suicide');
    assert.ok(suicides.length >= 1);
    for (const { id, state, attempt } of suicides) {
      assert.is(state, 'exhausted');
      assert.is(history.get(id)?.at(-1)?.reason?.limit, 'maxInterruptions');
      assert.ok(attempt <= 4, `${id}: ${attempt} attempts`);
    }
    // One may die by another's hand before it is called, each time.
    assert.ok(suicides.some(({ id }) => calls.has(id)));
    assert.ok(
      [...rows.values()].some(({ attempt }) => attempt > 3),
      'no operation was hit often',
    );
  }));

test('a retry delay of 3 s, killed in between, fires when it is due', () =>
  withPlace(async place => {
    const first = new Life(place.store, place.journal, 0, 'late');
    first.go();
    await first.ready();
    await pause(1_000);
    first.kill();
    assert.is((await first.ended).signal, 'SIGKILL');
    await finish(place);
    const [, second, third] = of(await place.notes(), 'call');
    assert.is(third, undefined);
    const store = new SqlJsPersistence({ path: place.store });
    await store.open();
    const history = (await store.transitions({ operationId: 'late' })) as OperationTransition[];
    await store.close();
    const retry = history.find(({ reason }) => reason?.kind === 'retry');
    const lateness = (second?.at ?? 0) - (retry?.reason?.dueAt ?? 0);
    assert.is((retry?.reason?.dueAt ?? 0) - (retry?.at ?? 0), 3_000);
    assert.ok(lateness >= 0 && lateness < 1_000, `${lateness} ms late`);
  }));

test.run();

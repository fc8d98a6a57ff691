import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { RecoveryState } from '../../../services/ports.ts';
import { type Fault, sampleBytes } from './faulty-server.ts';
import { kinds, type Stage, sha256Of, sha256OfFile } from './stage.ts';

const SIZE = 600_000;

/** One download of each ending. */
export async function endings(stage: Stage): Promise<void> {
  await success(stage);
  await failed(stage);
  await exhausted(stage);
  await cancelled(stage);
}

async function success(stage: Stage): Promise<void> {
  const { narrator } = stage;
  narrator.scene('success: a server says 503, drops the connection, hangs; then all is well');
  const { recovery, download } = await stage.openStore();
  const server = await stage.server();
  const content = sampleBytes(SIZE);
  const id = 'tour-success';
  const file = stage.file(id);
  const url = server.serve('/file', {
    content,
    faults: [
      { kind: 'status', status: 503, retryAfter: '1' },
      { kind: 'reset', after: 200_000, once: () => stage.partHas(file, 200_000) },
      { kind: 'hang', after: 200_000 },
    ],
  });

  await settled(download.run({ url, file, idleTimeout: 1_000 }, { id }));

  const view = await recovery.view(id);
  const history = await recovery.history(id);
  const retries = history.filter(({ reason }) => reason?.kind === 'retry');
  const offsets = server.requests.map(({ headers }) => offsetOf(headers.range));
  const waited = retries[0]?.reason?.delay ?? 0;
  const counted = view?.state === RecoveryState.SUCCESS && view.attempt === 4;
  narrator.claim('it succeeded at attempt 4', counted && retries.length === 3);
  narrator.claim('the first retry waited the second that the 503 asked for', waited >= 1000);
  narrator.claim('the file is right', (await sha256OfFile(file)) === sha256Of(content));
  narrator.say(`the server was asked for the bytes from ${offsets.join(', ')} on`);
  narrator.claim('each attempt went on where the one before had stopped', ascending(offsets));
}

/** Two attempts that brought nothing, and then two that each add something. */
function ascending([first, second, third, fourth]: readonly number[]): boolean {
  return first === 0 && second === 0 && (third ?? 0) > 0 && (fourth ?? 0) > (third ?? 0);
}

function offsetOf(range: string | undefined): number {
  return Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
}

async function failed(stage: Stage): Promise<void> {
  const { narrator } = stage;
  narrator.scene('failed: a 404 is not tried again');
  const { recovery, download } = await stage.openStore();
  const server = await stage.server();
  const id = 'tour-failed';

  await settled(download.run({ url: `${server.url}/nothing`, file: stage.file(id) }, { id }));

  const view = await recovery.view(id);
  const history = await recovery.history(id);
  narrator.claim('it failed at attempt 1', view?.state === 'failed' && view.attempt === 1);
  narrator.claim('its history says why', kinds(history).at(-1) === 'not_retryable');
}

async function exhausted(stage: Stage): Promise<void> {
  const { narrator } = stage;
  narrator.scene('exhausted: a server that stays down uses up the retries');
  const { recovery, download } = await stage.openStore();
  const server = await stage.server();
  const down: Fault = { kind: 'status', status: 503 };
  const url = server.serve('/file', {
    content: sampleBytes(1),
    faults: Array.from({ length: 10 }, () => down),
  });
  const id = 'tour-exhausted';

  await settled(download.run({ url, file: stage.file(id) }, { id }));

  const view = await recovery.view(id);
  const last = (await recovery.history(id)).at(-1);
  narrator.claim(
    'it was exhausted after 4 attempts, and the server saw 4',
    view?.state === 'exhausted' && view.attempt === 4 && server.requests.length === 4,
  );
  narrator.claim('the limit that ran out is maxRetries', last?.reason?.limit === 'maxRetries');
}

async function cancelled(stage: Stage): Promise<void> {
  const { narrator } = stage;
  narrator.scene('cancelled: somebody does not want it any more');
  const { recovery, download } = await stage.openStore();
  const server = await stage.server();
  const url = server.serve('/file', { content: sampleBytes(SIZE), pace: 200_000 });
  const id = 'tour-cancelled';
  const file = stage.file(id);
  const handle = await download.start({ url, file }, { id });
  const result = settled(handle.result());
  await sleep(600, undefined, { signal: stage.signal });

  const accepted = await recovery.cancel(id, 'the tour goes on');
  await result;

  const history = await recovery.history(id);
  const target = await stat(file).catch(() => undefined);
  narrator.claim(
    'it ended as failed, with the reason in its history',
    accepted && handle.state === 'failed' && kinds(history).at(-1) === 'cancelled',
  );
  narrator.claim('no half file has its name', target === undefined);
}

/** Waits for the end, whichever it is; the claims look at what the store says. */
export async function settled(result: Promise<unknown>): Promise<void> {
  await result.catch(() => undefined);
}

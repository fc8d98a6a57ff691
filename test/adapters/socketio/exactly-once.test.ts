import { type ChildProcess, spawn } from 'node:child_process';
import { type EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRecovery } from '../../../create-recovery.ts';
import type { RecoveryUpdate } from '../../../protocol.ts';
import { seededRandom } from '../../../testing.ts';
import { many } from '../../support/extent.ts';
import { programFile } from '../../support/programs.ts';
import { clientOf } from './support/connected.ts';

/** Milliseconds. Three processes, killed amid their work. */
export const suiteTimeout = 240_000;

const test = suite('a client that is cut off again and again');
const PROGRAM = programFile(new URL('./support/server-program.js', import.meta.url));
const TRANSITIONS = many(20_000, 3_000);

class Serving {
  readonly process: ChildProcess;
  readonly #lines: Interface;
  readonly #iterator: AsyncIterator<string>;

  constructor(store: string, port: number) {
    this.process = spawn(process.execPath, [PROGRAM, store, `${port}`, `${TRANSITIONS}`], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    // It may be killed amid a line to it.
    this.process.stdin?.on('error', () => {});
    this.#lines = createInterface({ input: this.process.stdout as NodeJS.ReadableStream });
    this.#iterator = this.#lines[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const { value } = await this.#iterator.next();
    return value;
  }

  /** How far its client is. */
  tell(position: number): void {
    this.process.stdin?.write(`${position}\n`);
  }

  async kill(): Promise<void> {
    const gone = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await gone;
    this.#lines.close();
  }
}

test(`is told each of ${TRANSITIONS} transitions once and in order, over cuts at random moments and two kills of the server`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'exactly-once-'));
  const store = join(folder, 'recovery.db');
  const random = seededRandom(5);
  let serving = new Serving(store, 0);
  const port = Number(await serving.line());
  const socket = clientOf(`http://127.0.0.1:${port}`, {
    transports: ['polling', 'websocket'],
    reconnectionDelay: 5,
    reconnectionDelayMax: 50,
  });
  const told: RecoveryUpdate[] = [];
  let cuts = 0;
  let cutAt = 200;
  const kills = [0.3 * TRANSITIONS, 0.65 * TRANSITIONS];
  let killed = Promise.resolve();
  try {
    const all = new Promise<void>(resolve => {
      socket.on('recovery_update', update => {
        told.push(update);
        if (told.length % 500 === 0) serving.tell(update.position);
        if (update.position >= TRANSITIONS) resolve();
        if (told.length >= (kills[0] ?? Number.POSITIVE_INFINITY)) {
          kills.shift();
          killed = killed.then(async () => {
            await serving.kill();
            serving = new Serving(store, port);
            serving.tell(told.at(-1)?.position ?? 0);
            await serving.line();
          });
        } else if (told.length >= cutAt) {
          cutAt = told.length + 1 + Math.floor(random() * 0.075 * TRANSITIONS);
          cuts++;
          // Amid whatever is on its way.
          socket.io.engine.close();
        }
      });
    });
    socket.on('snapshot', () => assert.unreachable('it was never that far behind'));
    socket.on('connect', () => {
      // What was on its way when a connection was cut is told at the next one, before `connect`, and may cut that one too.
      if (!socket.connected) return;
      const since = told.at(-1)?.position ?? 0;
      socket.emit('subscribe', { since, slow: 'reread' }, () => {});
    });
    await all;
    await killed;
    const last = Number(await serving.line());
    const lastTold = () => told.at(-1)?.position ?? 0;
    while (lastTold() < last) await once(socket as unknown as EventEmitter, 'recovery_update');
    socket.disconnect();
    await serving.kill();

    const recovery = await createRecovery({ persistencePath: store, env: {} });
    const stored: number[] = [];
    for (;;) {
      const page = await recovery.transitions({ since: stored.at(-1) ?? 0, limit: 10_000 });
      if (page.length === 0) break;
      stored.push(...page.map(({ position }) => position));
    }
    await recovery.close();
    assert.ok(stored.length >= TRANSITIONS, `${stored.length}`);
    assert.ok(cuts > 10 && kills.length === 0, `${cuts} cuts`);
    assert.equal(
      told.map(({ position }) => position),
      stored,
    );
  } finally {
    socket.disconnect();
    if (serving.process.exitCode === null) serving.process.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
});

test.run();

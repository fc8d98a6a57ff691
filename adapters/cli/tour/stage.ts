import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OperationTransition } from '../../../services/ports.ts';
import type { CliDependencies, OpenStore } from '../dependencies.ts';
import { FaultyServer } from './faulty-server.ts';
import type { Narrator } from './narrator.ts';
import { TourPage } from './page.ts';

/** Short waits and a touchy breaker, so that everything can be seen in seconds. */
const OPTIONS = {
  maxRetries: 3,
  initialDelay: 150,
  breakerThreshold: 4,
  breakerTimeout: 1_500,
} as const;

/** Milliseconds after which something that does not come is given up. */
const PATIENCE = 15_000;

/** Where the scenes play: a temporary folder, a store in it, servers. Everything goes away with it. */
export class Stage {
  readonly deps: CliDependencies;
  readonly narrator: Narrator;
  readonly folder: string;
  readonly storePath: string;
  /** Aborted when the tour is to stop. */
  readonly signal: AbortSignal;
  readonly page: TourPage;
  readonly #servers: FaultyServer[] = [];
  #store: OpenStore | undefined;
  #closed: Promise<void> = Promise.resolve();

  private constructor(
    deps: CliDependencies,
    narrator: Narrator,
    folder: string,
    signal: AbortSignal,
  ) {
    this.deps = deps;
    this.narrator = narrator;
    this.folder = folder;
    this.storePath = join(folder, 'recovery.db');
    this.signal = signal;
    this.page = new TourPage(deps.serve);
    signal.addEventListener('abort', () => void this.closeStore().catch(() => undefined), {
      once: true,
    });
  }

  static async build(
    deps: CliDependencies,
    narrator: Narrator,
    signal: AbortSignal,
  ): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'xstate-recovery-tour-'));
    return new Stage(deps, narrator, folder, signal);
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  /** A server of its own for each scene, and so a host and a breaker of its own. */
  async server(): Promise<FaultyServer> {
    const server = await FaultyServer.listen();
    this.#servers.push(server);
    return server;
  }

  /** The store, opened in this process where it is not. Its transitions are told, and its page is served. */
  async openStore(): Promise<OpenStore> {
    this.signal.throwIfAborted();
    if (this.#store === undefined) {
      this.#store = await this.deps.open(this.storePath, OPTIONS);
      this.#store.recovery.transitions$.subscribe(transition =>
        this.narrator.transition(transition),
      );
      await this.page.open(this.#store.recovery);
    }
    return this.#store;
  }

  /** Lets another process have the store. */
  closeStore(): Promise<void> {
    const store = this.#store;
    this.#store = undefined;
    // Whoever comes later waits for it too: the folder must not go while files in it are being written.
    if (store !== undefined) this.#closed = this.page.close().then(() => store.recovery.close());
    return this.#closed;
  }

  /** Resolves when the unfinished part of a file has this many bytes, or after a while without them. */
  async partHas(file: string, bytes: number): Promise<void> {
    const size = async () => (await stat(`${file}.part`).catch(() => undefined))?.size ?? 0;
    await this.until(async () => (await size()) >= bytes);
  }

  /** Waits for a condition; gives up after a while, and the claims tell. */
  async until(reached: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    while (!(await reached()) && Date.now() < deadline) {
      await sleep(20, undefined, { signal: this.signal });
    }
  }

  async strike(): Promise<void> {
    await this.closeStore();
    await Promise.all(this.#servers.map(server => server.close()));
    await rm(this.folder, { recursive: true, force: true });
  }
}

export function sha256Of(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Undefined where there is no such file. */
export async function sha256OfFile(path: string): Promise<string | undefined> {
  const content = await readFile(path).catch(() => undefined);
  return content === undefined ? undefined : sha256Of(content);
}

export function kinds(history: readonly OperationTransition[]): readonly string[] {
  return history.flatMap(({ reason }) => (reason === null ? [] : [reason.kind]));
}

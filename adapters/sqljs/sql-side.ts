import { quietly } from './disk-error.ts';
import type { FileSystem } from './file-system.ts';
import { removeOldRedo, writeImage } from './image.ts';
import { redoPath, type StorePaths } from './paths.ts';
import type { RedoFrame } from './redo-format.ts';
import type { SqlStore } from './sql-store.ts';

/**
 * The database's side of the engine: takes frames that are durable already, applies them when it has to or has time to, and writes images.
 */
export class SqlSide {
  readonly sql: SqlStore;
  readonly #fs: FileSystem;
  readonly #paths: StorePaths;
  #queue: RedoFrame[] = [];
  #received: number;

  constructor(fs: FileSystem, paths: StorePaths, sql: SqlStore) {
    this.#fs = fs;
    this.#paths = paths;
    this.sql = sql;
    this.#received = sql.mark.sequence;
  }

  /** Number of the last frame that has arrived. */
  get received(): number {
    return this.#received;
  }

  /** Frames that have arrived and are not applied yet. */
  get waiting(): number {
    return this.#queue.length;
  }

  receive(frame: RedoFrame): void {
    this.#queue.push(frame);
    this.#received = frame.sequence;
  }

  /** Applies what has arrived. */
  drain(): void {
    const frames = this.#queue;
    this.#queue = [];
    this.sql.apply(frames);
  }

  /**
   * Takes an image of everything that has arrived, which redo `generation` continues, and gives back the steps that write it. It has to be called
   * between the last frame before that generation and its first. Frames may arrive and be applied between the steps, which end with the
   * bytes of the image. A step throws a PersistenceError where the disk fails; then the last image and its redo files stay in force.
   */
  checkpoint(generation: number): Generator<void, number, void> {
    this.drain();
    return this.#write(this.sql.export(generation), generation);
  }

  *#write(image: Uint8Array, generation: number): Generator<void, number, void> {
    yield* writeImage(this.#fs, this.#paths, image);
    removeOldRedo(this.#fs, this.#paths, generation);
    return image.length;
  }

  /** Removes a redo file without a frame, when the store is closed. */
  removeRedo(generation: number): void {
    quietly(() => this.#fs.unlink(redoPath(this.#paths, generation)));
  }
}

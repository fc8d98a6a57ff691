import type { OperationSummaryView, OperationView, Recovery } from '../../../services/ports.ts';
import { RecoveryState } from '../../../services/ports.ts';
import { isFinal } from '../display/status.ts';
import type { Running } from './workplace.ts';

const UNFINISHED = [RecoveryState.PENDING, RecoveryState.IN_PROGRESS, RecoveryState.RECOVERING];

/** @throws why an operation must not go on in this process, such as for want of its credentials */
export type MayGoOn = (view: OperationView) => Promise<void>;

/**
 * The operations of a store that earlier processes have left, as far as those of a command have to do with them: whoever has a lock that one of these waits
 * for, and what belongs to it. All others are for `resume`.
 */
export class Company {
  readonly #recovery: Recovery;
  readonly #mayGoOn: MayGoOn;
  /** Those that were asked for, each once; undefined for those that are over, or not for this process. */
  readonly #asked = new Map<string, Running | undefined>();
  readonly #refused = new Map<string, unknown>();

  constructor(recovery: Recovery, mayGoOn: MayGoOn) {
    this.#recovery = recovery;
    this.#mayGoOn = mayGoOn;
  }

  /** What belongs to the command itself. */
  begun(running: Running): void {
    this.#asked.set(running.id, running);
  }

  /** Why an operation was not gone on with; undefined where it was. */
  refusal(id: string): unknown {
    return this.#refused.get(id);
  }

  /**
   * Goes on with whoever has a lock that an operation of this process waits for.
   * @param say told of each by its id, before it goes on
   * @returns how many operations go on that did not before
   */
  async bringHolders(say: (id: string) => void): Promise<number> {
    let brought = 0;
    for (const { holder, waiting } of Object.values(this.#recovery.health().locks.keys)) {
      if (holder !== null && waiting > 0) brought += await this.#bring(holder, () => say(holder));
    }
    return brought;
  }

  /** An operation that goes on here from now on, or has ended; undefined where it is not for this process. */
  async bring(id: string): Promise<Running | undefined> {
    await this.#bring(id);
    return this.#asked.get(id);
  }

  async #bring(id: string, say: () => void = () => {}): Promise<number> {
    if (this.#asked.has(id)) return 0;
    this.#asked.set(id, undefined);
    const view = await this.#recovery.view(id);
    const definition = view && this.#recovery.definition(view.name);
    if (view === undefined || definition === undefined) return 0;
    try {
      // What only takes back needs no input.
      if (!isFinal(view.state) && !view.path.endsWith('.undoing')) await this.#mayGoOn(view);
      if (!isFinal(view.state)) say();
      // Whoever starts it again goes on with it, under the same id.
      this.#asked.set(id, await definition.start(view.input, { id }));
    } catch (error) {
      this.#refused.set(id, error);
      return 0;
    }
    let brought = isFinal(view.state) ? 0 : 1;
    for (const child of await this.unfinishedChildren(id)) brought += await this.#bring(child.id);
    return brought;
  }

  /** Resolves when all that belongs to operations which have ended has ended too, and has taken back what it had done. */
  async settled(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const view = await this.#recovery.view(id);
      if (view === undefined || !isFinal(view.state)) continue;
      const children = await this.unfinishedChildren(id);
      const running = await Promise.all(children.map(child => this.bring(child.id)));
      // How they end is told by their parent's end, which was first.
      await Promise.allSettled(running.map(each => each?.result()));
      await this.settled(children.map(child => child.id));
    }
  }

  async unfinishedChildren(parentId: string): Promise<readonly OperationSummaryView[]> {
    const found: OperationSummaryView[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.#recovery.summaries({
        parentId,
        states: UNFINISHED,
        ...(cursor === undefined ? {} : { cursor }),
      });
      found.push(...page.items);
      cursor = page.next;
    } while (cursor !== undefined);
    return found;
  }
}

import { RecoveryClosedError } from '../errors.ts';

/** Things that go on in one turn of the event loop after a hold. */
const SLICE = 64;

/** Whether the recovery begins things, and whether it begins them now. Shared by everything that would. */
export class Lifecycle {
  #closing = false;
  #held = false;
  #later: (() => void)[] = [];

  get closing(): boolean {
    return this.#closing;
  }

  /** What begins has to wait for the end of a hold. */
  get held(): boolean {
    return this.#held || this.#later.length > 0;
  }

  close(): void {
    this.#closing = true;
    this.#later = [];
  }

  /** @throws RecoveryClosedError */
  refuseWhenClosed(): void {
    if (this.#closing) throw new RecoveryClosedError();
  }

  /** What becomes due waits for `release`: while operations are brought to life by the thousand, none shall run in between. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.#goOn();
  }

  /** Calls `fn` now, or after the hold; not at all once the recovery closes. */
  begin(fn: () => void): void {
    if (this.#closing) return;
    if (this.held) this.#later.push(fn);
    else fn();
  }

  #goOn(): void {
    for (const fn of this.#later.splice(0, SLICE)) fn();
    if (this.#later.length > 0) setImmediate(() => this.#goOn());
  }
}

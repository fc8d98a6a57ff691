import { RecoveryClosedError } from '../errors.ts';

/** Whether the recovery still begins things. Shared by everything that would. */
export class Lifecycle {
  #closing = false;

  get closing(): boolean {
    return this.#closing;
  }

  close(): void {
    this.#closing = true;
  }

  /** @throws RecoveryClosedError */
  refuseWhenClosed(): void {
    if (this.#closing) throw new RecoveryClosedError();
  }
}

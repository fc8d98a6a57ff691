/** Steps that are running, where two calls of one attempt share them: whoever comes to a name second waits for the other's end. */
export class StepTurns {
  readonly #running = new Map<string, Promise<void>>();

  /** Settles when the step that runs under this name has ended, however; undefined while there is none. */
  of(name: string): Promise<void> | undefined {
    return this.#running.get(name);
  }

  /** A step begins. @returns what tells that it has ended */
  take(name: string): () => void {
    let end: () => void = () => {};
    const ended = new Promise<void>(resolve => {
      end = resolve;
    });
    this.#running.set(name, ended);
    return () => {
      this.#running.delete(name);
      end();
    };
  }
}

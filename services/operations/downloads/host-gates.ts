import { orAborted } from '../download/hasher.ts';

interface Gate {
  inside: number;
  readonly waiting: (() => void)[];
}

/** Lets so many at a time go to each host; who waits comes in order. */
export class HostGates {
  readonly #limit: number;
  readonly #gates = new Map<string, Gate>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Waits for a place. Gives what is to be called when it is needed no more.
   * @throws the signal's reason, when it is aborted while waiting
   */
  async enter(host: string, signal: AbortSignal): Promise<() => void> {
    const gate = this.#gates.get(host) ?? { inside: 0, waiting: [] };
    this.#gates.set(host, gate);
    if (gate.inside < this.#limit) {
      gate.inside += 1;
    } else {
      let go = (): void => undefined;
      const turn = new Promise<void>(resolve => {
        go = resolve;
      });
      gate.waiting.push(go);
      try {
        await orAborted(turn, signal);
      } catch (error) {
        const place = gate.waiting.indexOf(go);
        if (place >= 0) gate.waiting.splice(place, 1);
        // Its turn had come in the same moment, and is the next one's.
        else this.#leave(host, gate);
        throw error;
      }
    }
    let left = false;
    return () => {
      if (!left) this.#leave(host, gate);
      left = true;
    };
  }

  #leave(host: string, gate: Gate): void {
    const next = gate.waiting.shift();
    if (next !== undefined) {
      next();
      return;
    }
    gate.inside -= 1;
    if (gate.inside === 0) this.#gates.delete(host);
  }
}

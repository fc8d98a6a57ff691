import type { StatePersistence } from '../ports.ts';

type FinishedSteps = Map<string, string | null>;

interface Request {
  readonly operationId: string;
  readonly resolve: (steps: FinishedSteps) => void;
  readonly reject: (error: unknown) => void;
}

/** Operations in one question to the store. */
const MOST = 500;

/** Reads finished steps: one question is under way, and who asks meanwhile shares the next. After a crash thousands ask at once. */
export class StepsLoader {
  readonly #persistence: Pick<StatePersistence, 'stepsOf'>;
  #waiting: Request[] = [];
  #busy = false;

  constructor(persistence: Pick<StatePersistence, 'stepsOf'>) {
    this.#persistence = persistence;
  }

  load(operationId: string): Promise<FinishedSteps> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operationId, resolve, reject });
      if (!this.#busy) void this.#ask();
    });
  }

  async #ask(): Promise<void> {
    this.#busy = true;
    // Whoever asks in this turn shares the question.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#answer(this.#waiting.splice(0, MOST));
    this.#busy = false;
  }

  async #answer(requests: readonly Request[]): Promise<void> {
    const found = new Map<string, FinishedSteps>();
    for (const { operationId } of requests) found.set(operationId, new Map());
    try {
      for (const step of await this.#persistence.stepsOf([...found.keys()])) {
        found.get(step.operationId)?.set(step.name, step.result);
      }
    } catch (error) {
      for (const { reject } of requests) reject(error);
      return;
    }
    for (const { operationId, resolve } of requests) {
      resolve(found.get(operationId) as FinishedSteps);
    }
  }
}

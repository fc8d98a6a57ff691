/** Recoverable functions and methods: same arguments, same `this`, a promise of the result. */
import { createRecovery, currentOperation } from 'xstate-recovery';

const recovery = await createRecovery({ initialDelay: 10 });

const parse = recovery.recoverable({ name: 'parse' })((text: string) => JSON.parse(text));

class Models {
  readonly #root = '/models';
  #failures = 1;

  @recovery.recoverable({ name: 'models.pull', maxRetries: 2 })
  async pull(name: string): Promise<string> {
    if (this.#failures-- > 0)
      throw Object.assign(new TypeError('timed out'), { code: 'ETIMEDOUT' });
    return this.locate(name);
  }

  /** Not recoverable itself, but it knows on whose behalf it runs. */
  locate(name: string): string {
    return `${this.#root}/${name} (attempt ${currentOperation()?.attempt})`;
  }
}

console.log(await parse('{"steps": 20}'));
console.log(await new Models().pull('sdxl'));
await recovery.close();

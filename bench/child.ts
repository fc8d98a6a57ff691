import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** What a child answers to an order. */
interface Answer {
  readonly value?: unknown;
  readonly error?: string;
}

/** A process of its own that obeys one order after another; its module answers by `obeyOrders`. */
export class Child {
  readonly name: string;
  readonly #process: ChildProcess;

  constructor(name: string, module: URL, flags: readonly string[] = []) {
    this.name = name;
    this.#process = fork(module, {
      serialization: 'advanced',
      execArgv: ['--expose-gc', ...flags],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }

  ask(order: object, milliseconds: number): Promise<unknown> {
    const child = this.#process;
    return new Promise((resolve, reject) => {
      const settle = (fn: () => void) => {
        clearTimeout(timer);
        child.off('message', onMessage);
        child.off('exit', onExit);
        fn();
      };
      const onMessage = ({ value, error }: Answer) =>
        settle(() =>
          error === undefined ? resolve(value) : reject(new Error(`${this.name}: ${error}`)),
        );
      const onExit = () => settle(() => reject(new Error(`${this.name} ended by itself`)));
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        settle(() => reject(new Error(`${this.name} took longer than ${milliseconds} ms`)));
      }, milliseconds);
      child.on('message', onMessage);
      child.on('exit', onExit);
      child.send(order, error => error && settle(() => reject(error)));
    });
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  /** The same, and waits until it is gone. */
  async killed(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.kill();
    await ended;
  }

  /** It ends by itself once nobody talks to it. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    if (this.#process.connected) this.#process.disconnect();
    await ended;
  }
}

/** Makes this process one that obeys its parent's orders. */
export function obeyOrders<Order>(obey: (order: Order) => Promise<unknown>): void {
  process.on('message', (order: Order) => {
    obey(order).then(
      value => process.send?.({ value }),
      (error: unknown) =>
        process.send?.({ error: error instanceof Error ? error.stack : String(error) }),
    );
  });
  process.on('disconnect', () => process.exit());
}

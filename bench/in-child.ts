import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { StoreOrder } from './store-process.ts';

const LONGEST_MS = 120_000;

/** Has a child process do one thing with a store; resolves to its answer, or to undefined when it was to crash. */
export async function inChild(order: StoreOrder): Promise<unknown> {
  const child = fork(new URL('./store-process.js', import.meta.url), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS);
  let answer: { readonly value?: unknown; readonly error?: string } | undefined;
  child.once('message', message => {
    answer = message as NonNullable<typeof answer>;
  });
  child.send(order);
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  clearTimeout(timer);
  if (answer?.error !== undefined) throw new Error(`${order.do}: ${answer.error}`);
  const crashed = order.do === 'generate' && order.crash;
  if (answer === undefined && !crashed) throw new Error(`${order.do} ended with ${signal}`);
  return answer?.value;
}

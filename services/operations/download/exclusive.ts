/** The last holder of each key in this process; settled ones are removed. */
const holders = new Map<string, Promise<void>>();

/**
 * Runs one function at a time for each key in this process. An attempt that was given up may still be in its last write when the next
 * one begins; that one waits here.
 * @throws the signal's reason, when it is aborted while waiting
 */
export async function exclusive<T>(
  key: string,
  signal: AbortSignal,
  run: () => Promise<T>,
): Promise<T> {
  for (let holder = holders.get(key); holder !== undefined; holder = holders.get(key)) {
    await settledOrAborted(holder, signal);
  }
  signal.throwIfAborted();
  const running = run();
  const settled = running.then(
    () => undefined,
    () => undefined,
  );
  const holder = settled.then(() => {
    holders.delete(key);
  });
  holders.set(key, holder);
  return running;
}

function settledOrAborted(holder: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    void holder.then(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
  });
}

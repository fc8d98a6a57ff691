/**
 * The value of `work`; `still` where nothing in this process goes on any more before that, neither a program nor a connection nor a timer: what it waits for
 * will never come by itself, and Node.js would end the process.
 */
export async function unlessStill<T>(
  work: Promise<T>,
): Promise<{ readonly value: T } | typeof STILL> {
  let tell = () => {};
  const still = new Promise<typeof STILL>(resolve => {
    tell = () => resolve(STILL);
  });
  process.once('beforeExit', tell);
  try {
    return await Promise.race([work.then(value => ({ value })), still]);
  } finally {
    process.off('beforeExit', tell);
  }
}

export const STILL = 'still';

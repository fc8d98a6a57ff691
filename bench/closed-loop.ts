import type { Contender, Round } from './contender.ts';
import { mainThreadTime } from './thread-time.ts';

let inputs = 0;

/** Keeps `concurrency` calls under way for `milliseconds`, then lets the last ones end; they count, with their time. */
export async function closedLoop(
  contender: Contender,
  concurrency: number,
  milliseconds: number,
): Promise<Round> {
  await contender.prepare?.(concurrency);
  const latencies: number[] = [];
  const used = mainThreadTime();
  const begin = performance.now();
  const end = begin + milliseconds;
  const lane = async () => {
    let before = begin;
    while (before < end) {
      const input = inputs++;
      before = performance.now();
      const result = await contender.call(input);
      const now = performance.now();
      if (result !== input) throw new TypeError(`${input} went in, ${String(result)} came out`);
      latencies.push(now - before);
      before = now;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return {
    calls: latencies.length,
    seconds: (performance.now() - begin) / 1000,
    mainThread: mainThreadTime() - used,
    latencies: Float64Array.from(latencies),
  };
}

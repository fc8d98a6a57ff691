/** Time and chance that a test holds in its hand. */
export { seededRandom } from './seeded-random.ts';
export { SimulatedClock, type SimulatedClockOptions } from './simulated-clock.ts';

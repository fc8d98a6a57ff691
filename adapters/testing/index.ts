/** Time, chance, disks and mishaps that a test holds in its hand. */
export { type DiskCall, MachineStopped, SimulatedDiskError } from './disk-failures.ts';
export { type Fault, Faults } from './faults.ts';
export { HeldCall } from './held-call.ts';
export { seededRandom } from './seeded-random.ts';
export { SimulatedClock, type SimulatedClockOptions } from './simulated-clock.ts';
export { type DiskFault, type DiskOutcome, SimulatedDisk } from './simulated-disk.ts';
export { CUT_POINTS, type CutPoint, TestDisk } from './test-disk.ts';

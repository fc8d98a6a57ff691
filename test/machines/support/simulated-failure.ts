/** What a test throws on purpose. */
export class SimulatedFailure extends Error {}

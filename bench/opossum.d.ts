/** The part of opossum that is used here. */
declare module 'opossum' {
  interface Options {
    readonly timeout: number | false;
    readonly resetTimeout: number;
    readonly errorThresholdPercentage: number;
    readonly volumeThreshold: number;
    readonly rollingCountTimeout: number;
    readonly rollingCountBuckets: number;
    readonly rollingPercentilesEnabled: boolean;
  }
  export default class CircuitBreaker<Input> {
    constructor(action: (input: Input) => Promise<unknown>, options: Options);
    fire(input: Input): Promise<unknown>;
  }
}

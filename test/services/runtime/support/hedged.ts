/** The second call begins 100 ms after the first, where that has not ended by then. */
export const HEDGED = { hedgeAfter: 100 } as const;

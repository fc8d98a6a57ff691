import fc from 'fast-check';

/** What a call of a walk's function does, one after the other. */
export type Act =
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'step'; readonly name: string; readonly ms: number; readonly fails?: boolean }
  | { readonly do: 'child'; readonly key: string; readonly plan: number }
  | { readonly do: 'progress' }
  | ({ readonly do: 'undo' } & Undo)
  | { readonly do: 'fail'; readonly how: 'reset' | 'denied' | 'busy' }
  | { readonly do: 'hang'; readonly heeds: boolean };

/** Something to be taken back, and what each call of its undo does, in turns. */
export interface Undo {
  readonly name: (typeof UNDOS)[number];
  /** Tells it from others. */
  readonly key: string;
  readonly tries: readonly (readonly Act[])[];
}
export const UNDOS = ['remove', 'release'] as const;

/** The input of a walk's operation. */
export interface Plan {
  /** Where it works: its lock, or the key of its breaker. */
  readonly place: string;
  /** What each attempt does, in turns. */
  readonly tries: readonly (readonly Act[])[];
  /** What its fallback does. */
  readonly fallback: readonly Act[];
}

export const PLACES = ['p1', 'p2'] as const;

const ms = fc.constantFrom(0, 1, 40, 180, 450, 1_000);
const wait = fc.record({ do: fc.constant('wait' as const), ms });
const fail = fc.record({
  do: fc.constant('fail' as const),
  how: fc.constantFrom('reset', 'reset', 'reset', 'busy', 'denied'),
}) as fc.Arbitrary<Act>;
const hang = fc.record({ do: fc.constant('hang' as const), heeds: fc.boolean() });
const step = fc.record({
  do: fc.constant('step' as const),
  name: fc.constantFrom('a', 'b'),
  ms,
  fails: fc.constantFrom(false, false, false, true),
});
const child = fc.record({
  do: fc.constant('child' as const),
  key: fc.constantFrom('x', 'y'),
  plan: fc.nat(3),
});
const undo = fc.record({
  do: fc.constant('undo' as const),
  name: fc.constantFrom(...UNDOS),
  key: fc.constantFrom('1', '2', '3'),
  tries: fc.array(
    fc.array(
      fc.oneof(
        { weight: 4, arbitrary: wait },
        { weight: 3, arbitrary: fail },
        { weight: 1, arbitrary: hang },
      ),
      { maxLength: 2 },
    ),
    { minLength: 1, maxLength: 3 },
  ),
}) as fc.Arbitrary<Act>;
const progress = fc.record({ do: fc.constant('progress' as const) });

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 5, arbitrary: wait },
  { weight: 4, arbitrary: fail },
  { weight: 3, arbitrary: step },
  { weight: 3, arbitrary: child },
  { weight: 3, arbitrary: undo },
  { weight: 1, arbitrary: hang },
  { weight: 1, arbitrary: progress },
);

/** Something is done that has to be taken back, and it ends badly. */
const undone = fc
  .tuple(
    fc.array(undo, { minLength: 1, maxLength: 3, size: 'max' }),
    fc.array(act, { maxLength: 2, size: 'max' }),
    fail,
  )
  .map(([undos, acts, end]) => [...undos, ...acts, end]);
const attempt = fc.oneof(
  { weight: 3, arbitrary: fc.array(act, { maxLength: 4, size: 'max' }) },
  { weight: 1, arbitrary: undone },
);

export const plan: fc.Arbitrary<Plan> = fc.record({
  place: fc.constantFrom(...PLACES),
  tries: fc.array(attempt, { minLength: 1, maxLength: 3, size: 'max' }),
  fallback: fc.array(
    fc.oneof(
      { weight: 3, arbitrary: wait },
      { weight: 1, arbitrary: fail },
      { weight: 1, arbitrary: undo },
      { weight: 1, arbitrary: hang },
    ),
    {
      maxLength: 2,
    },
  ),
});

/** Plans of children, by the number that their parents' plans give. */
export const CHILD_PLANS: readonly Plan[] = [
  { place: 'p1', tries: [[{ do: 'wait', ms: 90 }]], fallback: [] },
  {
    place: 'p2',
    tries: [
      [
        { do: 'step', name: 'a', ms: 60 },
        { do: 'fail', how: 'reset' },
      ],
      [{ do: 'wait', ms: 30 }],
    ],
    fallback: [],
  },
  {
    place: 'p1',
    tries: [[{ do: 'fail', how: 'denied' }], [{ do: 'wait', ms: 400 }]],
    fallback: [],
  },
  {
    place: 'p2',
    tries: [
      [
        { do: 'undo', name: 'remove', key: '1', tries: [[{ do: 'fail', how: 'reset' }], []] },
        { do: 'wait', ms: 180 },
        { do: 'fail', how: 'denied' },
      ],
    ],
    fallback: [],
  },
];

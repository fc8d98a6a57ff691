/** The tokens that retries are paid with: a bucket that refills by the clock. Never below 0, never above its capacity. */

export interface BudgetSettings {
  /** Tokens of a full bucket. */
  readonly capacity: number;
  /** Tokens that come back each second. */
  readonly refillPerSecond: number;
}

export interface Budget {
  readonly tokens: number;
  /** The instant up to which it has been refilled. */
  readonly at: number;
  /** The least that somebody could not pay since it was full; `null`: nobody waits. */
  readonly wanted: number | null;
}

export const fullBudget = ({ capacity }: BudgetSettings, at: number): Budget => ({
  tokens: capacity,
  at,
  wanted: null,
});

/** Tokens at an instant. Source: https://en.wikipedia.org/wiki/Token_bucket */
export function tokensAt(budget: Budget, settings: BudgetSettings, at: number): number {
  const passed = Math.max(0, at - budget.at);
  return clamp(budget.tokens + (passed / 1_000) * settings.refillPerSecond, settings);
}

const clamp = (tokens: number, { capacity }: BudgetSettings) =>
  Math.min(capacity, Math.max(0, tokens));

/** Definitions that share a key may disagree about its bucket: what costs more than a full one holds takes a full one. */
const price = (cost: number, { capacity }: BudgetSettings) => Math.min(cost, capacity);

export const affords = (budget: Budget, settings: BudgetSettings, cost: number, at: number) =>
  tokensAt(budget, settings, at) >= price(cost, settings);

/** When it will afford that by the clock alone; `null` when it never will. */
export function affordableAt(
  budget: Budget,
  settings: BudgetSettings,
  cost: number,
  at: number,
): number | null {
  const missing = price(cost, settings) - tokensAt(budget, settings, at);
  if (missing <= 0) return at;
  if (settings.refillPerSecond === 0) return null;
  return at + Math.ceil((missing / settings.refillPerSecond) * 1_000);
}

/** Somebody takes `cost` tokens and gives `refund` back. */
export function moved(
  budget: Budget,
  settings: BudgetSettings,
  { charge = 0, refund = 0 }: { readonly charge?: number; readonly refund?: number },
  at: number,
): Budget {
  const before = tokensAt(budget, settings, at);
  const tokens = clamp(clamp(before - charge, settings) + refund, settings);
  const wanted = tokens === settings.capacity ? null : budget.wanted;
  // What is full stays full, whatever the time; anything else has been refilled up to now.
  const still = tokens === settings.capacity || settings.refillPerSecond === 0;
  if (still && tokens === budget.tokens && wanted === budget.wanted) return budget;
  return { tokens, at, wanted };
}

/** Somebody could not pay and waits. Where the clock was set back, the bucket refills from now on. */
export const missed = (budget: Budget, cost: number, at: number): Budget => ({
  ...budget,
  at: Math.min(at, budget.at),
  wanted: Math.min(cost, budget.wanted ?? cost),
});

/** How many of those that wait can be paid; `null` for all. */
export function payers(budget: Budget, settings: BudgetSettings): number | null {
  if (budget.wanted === null || budget.tokens >= settings.capacity) return null;
  return Math.floor(budget.tokens / budget.wanted);
}

/** The same tokens under other settings: a budget begins full. */
export function changed(
  budget: Budget | null,
  before: BudgetSettings | null,
  after: BudgetSettings | null,
  at: number,
): Budget | null {
  if (after === null) return null;
  if (budget === null || before === null) return fullBudget(after, at);
  const tokens = clamp(tokensAt(budget, before, at), after);
  return { tokens, at, wanted: budget.wanted };
}

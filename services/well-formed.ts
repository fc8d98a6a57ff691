/** Half of a pair of surrogates, as a cut through an emoji leaves it: UTF-8 has no place for it, so a store would give other text back. */
const HALF_A_PAIR = /\p{Surrogate}/u;

/** Whether text is the same after a store has had it. */
export const isWellFormed = (text: string): boolean => !HALF_A_PAIR.test(text);

/** What is wrong with text that is not. */
export const ILL_FORMED = 'must be well-formed text, got half of a pair of surrogates in it';

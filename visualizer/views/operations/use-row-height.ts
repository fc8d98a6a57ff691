import { useSyncExternalStore } from 'react';

const narrow = matchMedia('(max-width: 760px)');

const subscribe = (listener: () => void) => {
  narrow.addEventListener('change', listener);
  return () => narrow.removeEventListener('change', listener);
};

/** Pixels of a row: where there is little width it takes two lines. The style sheet has the same widths. */
export const useRowHeight = (): number =>
  useSyncExternalStore(subscribe, () => (narrow.matches ? 64 : 38));

import { useSyncExternalStore } from 'react';

/** The same width as in the style sheets. */
const narrow = matchMedia('(max-width: 760px)');

const subscribe = (listener: () => void) => {
  narrow.addEventListener('change', listener);
  return () => narrow.removeEventListener('change', listener);
};

/** Whether there is little width. */
export const useNarrow = (): boolean => useSyncExternalStore(subscribe, () => narrow.matches);

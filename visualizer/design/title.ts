import { useEffect } from 'react';

/** The title of the tab; as text, so that no name can do anything in it. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === '' ? 'xstate-recovery' : `${title} · xstate-recovery`;
  }, [title]);
}

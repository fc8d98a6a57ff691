import {
  type AnchorHTMLAttributes,
  type MouseEvent,
  type ReactNode,
  useMemo,
  useSyncExternalStore,
} from 'react';
import { addressOf, basePathOf, type Place, placeOf } from './locations.ts';

export const BASE_PATH = basePathOf(
  document.querySelector('meta[name="base-path"]')?.getAttribute('content'),
);

const listeners = new Set<() => void>();
const told = () => {
  for (const listener of [...listeners]) listener();
};
addEventListener('popstate', told);
addEventListener('hashchange', told);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The place that the address names. */
export function usePlace(): Place {
  const href = useSyncExternalStore(subscribe, () => location.href);
  return useMemo(() => placeOf(new URL(href), BASE_PATH), [href]);
}

/** Goes to a place. `replace`: the one before is not kept for the way back. */
export function go(place: Place, { replace = false } = {}): void {
  const address = addressOf(place, BASE_PATH);
  if (replace) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
  told();
}

export interface LinkProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> {
  readonly to: Place;
  readonly children: ReactNode;
}

/** A link within the page: a real one, so that it can be opened elsewhere and copied. */
export function Link({ to, children, onClick, ...rest }: LinkProps) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a {...rest} href={addressOf(to, BASE_PATH)} onClick={follow}>
      {children}
    </a>
  );
}

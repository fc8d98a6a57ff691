import { toneOf, wordsOf } from '../data/states.ts';
import { StateIcon } from './icons.tsx';

export interface StateBadgeProps {
  readonly state: string;
  /** The state within the state: `backoff`. */
  readonly detail?: string | undefined;
  readonly large?: boolean;
}

/** A state as a shape, a colour and a word. */
export function StateBadge({ state, detail, large = false }: StateBadgeProps) {
  return (
    <span className={large ? 'state state-large' : 'state'} data-tone={toneOf(state)}>
      <StateIcon state={state} size={large ? 20 : 14} />
      <span>{wordsOf(state)}</span>
      {detail !== undefined && <span className="state-detail">{detail}</span>}
    </span>
  );
}

/** What `recovering.backoff` says beyond its state, where that is worth a word. */
export function detailOf(path: string | undefined): string | undefined {
  const inner = path?.split('.').at(1);
  if (inner === undefined || inner === 'running' || inner === 'admitting') return undefined;
  return inner.replaceAll('_', ' ');
}

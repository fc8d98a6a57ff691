import { tokenIn } from '../app/locations.ts';

/** Which actors are shown; '' for all. */
export interface Filter {
  readonly operation: string;
  readonly key: string;
}

/** What the page's address says. It stands in the fragment, which no server sees: ids and keys may be made of inputs. */
export interface Said {
  readonly filter: Filter;
  /** Taken out of the address. */
  readonly token: string | null;
}

export function saidBy(hash: string): Said {
  const { token, rest } = tokenIn(hash);
  const parameters = new URLSearchParams(rest.replace(/^#/, ''));
  return {
    token,
    filter: {
      operation: parameters.get('operation') ?? '',
      key: parameters.get('key') ?? '',
    },
  };
}

/** The fragment of a filter, with its `#`; '' for all. */
export function fragmentOf({ operation, key }: Filter): string {
  const parameters = new URLSearchParams();
  if (operation !== '') parameters.set('operation', operation);
  if (key !== '') parameters.set('key', key);
  const text = parameters.toString();
  return text === '' ? '' : `#${text}`;
}

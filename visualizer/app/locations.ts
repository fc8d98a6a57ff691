import { OPERATION_STATES } from '../data/states.ts';
import type { OperationState } from '../data/wire.ts';

/** What the operations view keeps in its address: everything but free text, which may be a piece of somebody's input. */
export interface OperationsQuery {
  readonly states: readonly OperationState[];
  readonly names: readonly string[];
  /** Milliseconds before now, or an instant. */
  readonly since: string;
  readonly until: string;
  readonly sort: string;
}

export const NO_QUERY: OperationsQuery = { states: [], names: [], since: '', until: '', sort: '' };

/** A place in the page. */
export type Place =
  | { readonly view: 'overview' }
  | { readonly view: 'operations'; readonly query: OperationsQuery; readonly key: string }
  | { readonly view: 'operation'; readonly id: string }
  | { readonly view: 'breakers'; readonly key: string }
  | { readonly view: 'machines'; readonly name: string }
  | { readonly view: 'nowhere' };

/** The part of an address that the page looks at. */
export interface Address {
  readonly pathname: string;
  readonly search: string;
  readonly hash: string;
}

/** The place of an address below a base path. Never throws: an address may come from anywhere. */
export function placeOf({ pathname, search, hash }: Address, base: string): Place {
  if (!isBelow(pathname, base)) return { view: 'nowhere' };
  const segments = pathname.slice(base.length).split('/').filter(Boolean).map(decoded);
  const [view, name, ...more] = segments;
  if (more.length > 0) return { view: 'nowhere' };
  if (view === undefined) return { view: 'overview' };
  if (view === 'operations' && name !== undefined) return { view: 'operation', id: name };
  if (view === 'operations') {
    return { view, query: queryOf(search), key: fragmentOf(hash, 'key') };
  }
  // A breaker's key may be made of inputs, so it stands where no server sees it.
  if (view === 'breakers') return { view, key: name ?? fragmentOf(hash, 'key') };
  if (view === 'machines') return { view, name: name ?? '' };
  return { view: 'nowhere' };
}

/** The address of a place. */
export function addressOf(place: Place, base: string): string {
  switch (place.view) {
    case 'operation':
      return `${base}/operations/${encodeURIComponent(place.id)}`;
    case 'operations':
      return `${base}/operations${searchOf(place.query)}${keyFragment(place.key)}`;
    case 'breakers':
      return `${base}/breakers${keyFragment(place.key)}`;
    case 'machines':
      return `${base}/machines${place.name === '' ? '' : `/${encodeURIComponent(place.name)}`}`;
    default:
      return `${base}/`;
  }
}

/** The token of a fragment such as `#token=abc`, and the fragment without it. */
export function tokenIn(hash: string): { readonly token: string | null; readonly rest: string } {
  const parameters = new URLSearchParams(hash.replace(/^#/, ''));
  const token = parameters.get('token');
  if (token === null || token === '') return { token: null, rest: hash };
  parameters.delete('token');
  const rest = parameters.toString();
  return { token, rest: rest === '' ? '' : `#${rest}` };
}

/** The base path from what the server has put into the page: `''` or `/recovery`. */
export const basePathOf = (content: string | null | undefined): string =>
  (content?.trim() ?? '').replace(/\/+$/, '');

function isBelow(pathname: string, base: string): boolean {
  return base === '' || pathname === base || pathname.startsWith(`${base}/`);
}

function queryOf(search: string): OperationsQuery {
  const parameters = new URLSearchParams(search);
  const known = new Set<string>(OPERATION_STATES);
  return {
    states: parameters.getAll('state').filter((state): state is OperationState => known.has(state)),
    names: parameters.getAll('name').filter(name => name !== ''),
    since: parameters.get('since') ?? '',
    until: parameters.get('until') ?? '',
    sort: parameters.get('sort') ?? '',
  };
}

function searchOf({ states, names, since, until, sort }: OperationsQuery): string {
  const parameters = new URLSearchParams();
  for (const state of states) parameters.append('state', state);
  for (const name of names) parameters.append('name', name);
  if (since !== '') parameters.set('since', since);
  if (until !== '') parameters.set('until', until);
  if (sort !== '') parameters.set('sort', sort);
  const search = parameters.toString();
  return search === '' ? '' : `?${search}`;
}

const keyFragment = (key: string): string =>
  key === '' ? '' : `#${new URLSearchParams({ key }).toString()}`;

const fragmentOf = (hash: string, name: string): string =>
  new URLSearchParams(hash.replace(/^#/, '')).get(name) ?? '';

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

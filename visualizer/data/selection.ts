/** Rows that are chosen, by id: they stay chosen wherever they move. Immutable. */
export interface Selection {
  readonly ids: ReadonlySet<string>;
  /** Where a range begins. */
  readonly anchor: string | null;
}

export const NOTHING_SELECTED: Selection = { ids: new Set(), anchor: null };

export function toggled({ ids }: Selection, id: string): Selection {
  const next = new Set(ids);
  if (!next.delete(id)) next.add(id);
  return { ids: next, anchor: id };
}

/**
 * From the anchor to a row, both included, added to what is chosen.
 * @param idAt id at a place of the table
 * @param placeOf place of an id; `undefined` where the table does not show it
 */
export function extended(
  selection: Selection,
  to: number,
  idAt: (place: number) => string | undefined,
  placeOf: (id: string) => number | undefined,
): Selection {
  const anchorPlace = selection.anchor === null ? undefined : placeOf(selection.anchor);
  const from = anchorPlace ?? to;
  const next = new Set(selection.ids);
  for (let place = Math.min(from, to); place <= Math.max(from, to); place += 1) {
    const id = idAt(place);
    if (id !== undefined) next.add(id);
  }
  return { ids: next, anchor: selection.anchor ?? idAt(to) ?? null };
}

/** The place that a key goes to; `undefined` for another key. */
export function placeAfter(
  key: string,
  place: number,
  length: number,
  page: number,
): number | undefined {
  const last = length - 1;
  switch (key) {
    case 'ArrowDown':
      return Math.min(last, place + 1);
    case 'ArrowUp':
      return Math.max(0, place - 1);
    case 'PageDown':
      return Math.min(last, place + page);
    case 'PageUp':
      return Math.max(0, place - page);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return undefined;
  }
}

import { isRecord } from './document.ts';
import type { Findings, Path } from './findings.ts';
import type { Link } from './graph.ts';

/** `links` of a graph: `[id, from, slot, to, slot, type]`, or objects in newer files; `null` stands where one was taken away. */
export function uiLinks(values: readonly unknown[], path: Path, findings: Findings): Link[] {
  return values.flatMap((value, index) => {
    if (value === null) return [];
    const at = [...path, index];
    const ends = Array.isArray(value) ? arrayEnds(value) : objectEnds(value);
    if (ends !== undefined) return { ...ends, path: at };
    findings.add(at, 'is no link');
    return [];
  });
}

/** Links inside of a group node, `[from, slot, to, slot, type]`; those that have no end inside do not matter. */
export function groupLinks(values: readonly unknown[], path: Path): Link[] {
  return values.flatMap((value, index) => {
    const ends = Array.isArray(value) ? arrayEnds([0, ...value]) : undefined;
    return ends === undefined ? [] : { ...ends, path: [...path, index] };
  });
}

type Ends = Omit<Link, 'path'>;

function arrayEnds([, from, fromSlot, to, toSlot]: readonly unknown[]): Ends | undefined {
  return endsOf(from, fromSlot, to, toSlot);
}

function objectEnds(value: unknown): Ends | undefined {
  if (!isRecord(value)) return undefined;
  return endsOf(value.origin_id, value.origin_slot, value.target_id, value.target_slot);
}

function endsOf(from: unknown, fromSlot: unknown, to: unknown, toSlot: unknown): Ends | undefined {
  const ends = {
    from: idOf(from),
    fromSlot: slotOf(fromSlot),
    to: idOf(to),
    toSlot: slotOf(toSlot),
  };
  const { from: source, fromSlot: out, to: target, toSlot: into } = ends;
  if (source === undefined || out === undefined || target === undefined || into === undefined) {
    return undefined;
  }
  return { from: source, fromSlot: out, to: target, toSlot: into };
}

function idOf(value: unknown): string | undefined {
  const fits = Number.isInteger(value) || (typeof value === 'string' && value.length <= 200);
  return fits ? String(value) : undefined;
}

/** Older files have some slots as text. */
function slotOf(value: unknown): number | undefined {
  const slot = typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : value;
  return typeof slot === 'number' && Number.isInteger(slot) && slot >= -1 ? slot : undefined;
}

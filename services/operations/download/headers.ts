/**
 * Header fields by their names in lower case, those of one name put together (RFC 9110, 5.2). Node's `Headers` would load all of its `fetch`
 * for them: 20 ms, and some MB of memory.
 */
export type HeaderFields = ReadonlyMap<string, string>;

export function headerFields(
  pairs: Iterable<readonly [name: string, value: string]>,
): HeaderFields {
  const fields = new Map<string, string>();
  for (const [written, value] of pairs) {
    const name = written.toLowerCase();
    const before = fields.get(name);
    fields.set(name, before === undefined ? value.trim() : `${before}, ${value.trim()}`);
  }
  return fields;
}

import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = {
  '': 1000,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** `500ms`, `30s`, `2m`, `1h`; a bare number is seconds. In milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (match === null) throw new InvalidArgumentError('It is a duration such as 500ms, 30s or 2m.');
  return Math.round(Number(match[1]) * (UNITS[match[2] ?? ''] ?? 1000));
}

/** An integer of at least `least`. */
export function integer(least: number): (text: string) => number {
  return text => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`It is an integer of at least ${least}.`);
    }
    return value;
  };
}

/** A TCP port, or 0. */
export function parsePort(text: string): number {
  const port = integer(0)(text);
  if (port > 65_535) throw new InvalidArgumentError('It is a number from 0 to 65535.');
  return port;
}

/** Collects `Name: value`; a header that is given again replaces the first. */
export function collectHeader(
  text: string,
  previous: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const colon = text.indexOf(':');
  if (colon < 1) throw new InvalidArgumentError('It is a name and a value: "Accept: text/plain".');
  return { ...previous, [text.slice(0, colon).trim()]: text.slice(colon + 1).trim() };
}

const MULTIPLES: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

/** `500k`, `2.5M`, `1G`; a bare number is bytes. In bytes, at least one. */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kmg]?)$/i.exec(text);
  const bytes = Math.round(Number(match?.[1]) * (MULTIPLES[match?.[2]?.toLowerCase() ?? ''] ?? 1));
  if (match === null || bytes < 1) {
    throw new InvalidArgumentError('It is a number of bytes such as 500k, 2M or 1G.');
  }
  return bytes;
}

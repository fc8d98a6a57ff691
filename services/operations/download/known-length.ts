/** The head of a response whose body has a length that is known, as it was read. */
export interface KnownLength {
  /** Where the head ends, and the body begins. */
  readonly end: number;
  /** Bytes of the body. */
  readonly length: number;
  /** Where the digits of the length are. */
  readonly digits: readonly [from: number, to: number];
}

const END = '\r\n\r\n';
/** A line that goes on in the next one, or that ends in another way than lines of HTTP do: parsers differ about it. */
const ODD = /\r\n[ \t]|\r(?!\n)|(?<!\r)\n/;
const STATUS = /^HTTP\/1\.1 20[06] /;
const OTHER_FRAMING = /\r\n(?:transfer-encoding|upgrade)[ \t]*:/i;
const NAME = /\r\ncontent-length/gi;
const LENGTH = /\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*\r\n/dgi;

/** Looks for such a head at the beginning of what was read. Undefined for all that is not as plain as can be, or has not come as a whole. */
export function knownLength(bytes: Buffer): KnownLength | undefined {
  const blank = bytes.indexOf(END, 0, 'latin1');
  if (blank < 0) return undefined;
  const head = bytes.toString('latin1', 0, blank + 2);
  if (!STATUS.test(head) || ODD.test(head) || OTHER_FRAMING.test(head)) return undefined;
  const [found] = head.matchAll(LENGTH);
  const digits = found?.indices?.[1];
  // Said twice, it is for the parser to judge.
  if (digits === undefined || head.match(NAME)?.length !== 1) return undefined;
  const length = Number(found?.[1]);
  return length > 0 ? { end: blank + END.length, length, digits } : undefined;
}

import { redacted, redactedText } from './redaction.ts';

/** An error of a chain, as it is shown. */
export interface ErrorLink {
  readonly name: string;
  readonly message: string;
  readonly code: string | null;
  readonly details: unknown;
  /** Of an aggregate: what it consists of. */
  readonly errors: readonly (readonly ErrorLink[])[];
}

/** Longer chains are cut: a cause may come from anywhere. */
const MAX_LINKS = 20;
const MAX_DEPTH = 4;

/** An error and its causes, outermost first. */
export function chainOf(error: unknown, depth = 0): readonly ErrorLink[] {
  const links: ErrorLink[] = [];
  let current = error;
  while (current !== undefined && current !== null && links.length < MAX_LINKS) {
    if (typeof current !== 'object') {
      links.push({ ...NOTHING, message: redactedText(String(current)) });
      break;
    }
    const { name, message, code, details, errors, cause } = current as Loose;
    links.push({
      name: typeof name === 'string' ? name : 'Error',
      message: typeof message === 'string' ? redactedText(message) : '',
      code: typeof code === 'string' || typeof code === 'number' ? String(code) : null,
      details: details === undefined ? undefined : redacted(details),
      errors:
        Array.isArray(errors) && depth < MAX_DEPTH
          ? errors.map(each => chainOf(each, depth + 1))
          : [],
    });
    current = cause;
  }
  return links;
}

type Loose = Readonly<Record<string, unknown>>;

const NOTHING: ErrorLink = { name: '', message: '', code: null, details: undefined, errors: [] };

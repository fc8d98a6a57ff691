/** What the server itself refuses, before the recovery is asked: its code, status and title. */
export const REFUSALS = {
  BAD_REQUEST: [400, 'The request cannot be understood'],
  UNAUTHORIZED: [401, 'A token is needed'],
  FORBIDDEN: [403, 'The token has not the role that this needs'],
  FOREIGN_ORIGIN: [403, 'Pages of that origin may not use this server'],
  FOREIGN_ADDRESS: [403, 'Without tokens it serves its own machine only'],
  NOT_FOUND: [404, 'There is nothing at this address'],
  PAGE_NOT_BUILT: [404, 'The web page was not built; the addresses of the API work without it'],
  DEFINITION_NOT_FOUND: [404, 'No operation of that name is defined here'],
  BREAKER_NOT_FOUND: [404, 'Nothing has used that breaker yet'],
  PAYLOAD_TOO_LARGE: [413, 'The body is too large'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'The body must be application/json'],
  UNKNOWN_HOST: [421, 'This server does not go by that name'],
  RATE_LIMITED: [429, 'Too many requests'],
  INTERNAL: [500, 'Something went wrong here'],
} as const satisfies Readonly<Record<string, readonly [number, string]>>;

export type RefusalCode = keyof typeof REFUSALS;

/** Thrown on the way to a route, and by routes; becomes a problem of its code. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly statusCode: number;

  /** @param detail what is wrong with this very request */
  constructor(code: RefusalCode, detail?: string) {
    super(detail);
    this.name = 'Refusal';
    this.code = code;
    this.statusCode = REFUSALS[code][0];
  }
}

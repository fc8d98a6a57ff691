import { z } from 'zod';
import { parse } from '../../services/protocol.ts';
import type { Caller, Role } from './access.ts';
import { UnfitRequest } from './problem.ts';

/** What a route answers with; its status is the route's own where none is given. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** A request that fits its route. */
export interface Call<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** Undefined where a public route is asked without a token. */
  readonly caller: Caller | undefined;
}

/** One address: what it takes, what it gives, who may ask. The server and the OpenAPI document are made of these. */
export interface RouteSpec<
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
> {
  readonly method: 'GET' | 'POST';
  /** With parameters as `:name`. */
  readonly path: string;
  /** Unique; the name of the call in generated clients. */
  readonly id: string;
  readonly summary: string;
  readonly role: Role | 'public';
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly success: {
    readonly status: number;
    readonly description: string;
    /** @default application/json */
    readonly contentType?: string;
    readonly schema: z.ZodType;
  };
  /** Another status that has the body of a success. */
  readonly otherStatus?: { readonly status: number; readonly description: string };
  /** Statuses of the problems that are its own. */
  readonly problems?: readonly number[];
  handle(call: Call<z.infer<Params>, z.infer<Query>, z.infer<Body>>): Answer | Promise<Answer>;
}

export type Route = Omit<RouteSpec<z.ZodObject, z.ZodObject, z.ZodType>, 'handle'> & {
  handle(call: Call<unknown, unknown, unknown>): Answer | Promise<Answer>;
};

const NOTHING = z.strictObject({});

/** A route whose handler sees only what its schemas let through. */
export function route<
  Params extends z.ZodObject = typeof NOTHING,
  Query extends z.ZodObject = typeof NOTHING,
  Body extends z.ZodType = z.ZodUndefined,
>(spec: RouteSpec<Params, Query, Body>): Route {
  return spec as unknown as Route;
}

/** What came in, as the framework read it. */
export interface RawCall {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly caller: Caller | undefined;
}

/**
 * Checks a request against the schemas of its route.
 * @throws UnfitRequest that lists every fault
 */
export function fitting(route: Route, raw: RawCall): Call<unknown, unknown, unknown> {
  const query = route.query ?? NOTHING;
  const faults: { pointer: string; detail: string }[] = [];
  const check = (schema: z.ZodType, value: unknown, where: string): unknown => {
    const parsed = parse(schema, value);
    if (parsed.ok) return parsed.value;
    for (const { pointer, detail } of parsed.problem.errors ?? []) {
      faults.push({ pointer: `${where}${pointer}`, detail });
    }
    return undefined;
  };
  const call = {
    params: check(route.params ?? NOTHING, raw.params, '/path'),
    query: check(query, typedQuery(query, raw.query), '/query'),
    body: route.body === undefined ? undefined : check(route.body, raw.body, '/body'),
    caller: raw.caller,
  };
  if (faults.length > 0) throw new UnfitRequest(faults.slice(0, MAX_FAULTS));
  return call;
}

const MAX_FAULTS = 20;

/** A query has texts only: the schema says what is a number, and what is a list with one member. */
function typedQuery(schema: z.ZodObject, raw: unknown): unknown {
  return Object.fromEntries(
    Object.entries(raw as Readonly<Record<string, unknown>>).map(([name, value]) => {
      const kind = Object.hasOwn(schema.shape, name) ? kindOf(schema.shape[name]) : undefined;
      if (kind === 'array') return [name, Array.isArray(value) ? value : [value]];
      if (kind === 'number' && typeof value === 'string' && /^\d{1,15}$/.test(value)) {
        return [name, Number(value)];
      }
      return [name, value];
    }),
  );
}

function kindOf(schema: unknown): string {
  const { type, innerType } = (schema as z.ZodType).def as {
    readonly type: string;
    readonly innerType?: unknown;
  };
  return innerType === undefined ? type : kindOf(innerType);
}

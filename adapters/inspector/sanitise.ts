/**
 * What may leave the process. Of texts only those are shown that are words of the charts or names which logs and metrics have as well; everything
 * else could be an input, an address with a token in it, or what a server answered. Numbers and instants are shown.
 */
export const HIDDEN = '[hidden]';

/** Members whose texts are words of the charts, or names. */
const WORDS = new Set([
  ...['type', 'kind', 'state', 'status', 'event', 'trigger', 'breaker', 'outcome', 'to', 'tag'],
  ...['category', 'rule', 'limit', 'strategy', 'mode', 'whenOpen', 'whenEmpty'],
  ...['operationId', 'key', 'name', 'code', 'thrown', 'sessionId'],
]);

/** Members that hold what an app, a server or a person said: nothing of them is shown, not even the names of their members. */
const SEALED = new Set([
  ...['input', 'output', 'details', 'metadata', 'data', 'result', 'value', 'cause', 'errors'],
  ...['message', 'stack', 'by', 'args', 'snapshot'],
]);

/** Outputs of the actors that a chart invokes: how an attempt ended, with the verdict on it. */
const isDone = (type: unknown) => typeof type === 'string' && type.startsWith('xstate.done.actor.');

/** A key that is an address with a query is not shown. */
const isWord = (text: string): boolean => /^[\w.:/@ -]{1,200}$/.test(text);

const MOST_ITEMS = 100;
const MOST_LEVELS = 8;

/** An event without what it carries for the app. */
export function sanitisedEvent(event: { readonly type: string }): { readonly type: string } {
  const { type, ...rest } = event as { readonly type: string } & Record<string, unknown>;
  const output = isDone(type) && 'output' in rest ? { output: sanitised(rest.output) } : {};
  return { type, ...(sanitised(rest) as object), ...output };
}

/** What an actor's snapshot tells a viewer. */
export function sanitisedSnapshot(snapshot: object): object {
  const { status, value, context, error } = snapshot as Record<string, unknown>;
  return {
    status,
    ...(value === undefined ? {} : { value: structuredClone(value) }),
    ...(context === undefined ? {} : { context: sanitised(context) }),
    ...(error === undefined ? {} : { error: sanitised(error) }),
  };
}

/** A JSON value with every text hidden that is not known to be harmless. */
export function sanitised(value: unknown, name = '', level = 0): unknown {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  if (value === undefined) return undefined;
  if (typeof value === 'string') return WORDS.has(name) && isWord(value) ? value : HIDDEN;
  if (typeof value !== 'object' || level === MOST_LEVELS) return HIDDEN;
  if (Array.isArray(value)) {
    return value.slice(0, MOST_ITEMS).map(item => sanitised(item, '', level + 1));
  }
  if (value instanceof Error) return { name: sanitised(value.name, 'name', MOST_LEVELS) };
  // An event carries the actor that it comes from; that holds everything.
  if ('sessionId' in value) return { sessionId: sanitised(value.sessionId, 'sessionId') };
  if (Object.getPrototypeOf(value) !== Object.prototype) return HIDDEN;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      SEALED.has(key) ? HIDDEN : sanitised(item, key, level + 1),
    ]),
  );
}

/** A machine's configuration without its functions: what is left is names. */
export function definitionOf(config: unknown): unknown {
  if (typeof config === 'function') return undefined;
  if (Array.isArray(config)) return config.map(definitionOf).filter(item => item !== undefined);
  if (typeof config !== 'object' || config === null) return config;
  const { context, ...rest } = config as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(rest)
      .map(([key, item]) => [key, definitionOf(item)] as const)
      .filter(([, item]) => item !== undefined),
  );
}

import { ChartError } from './chart-error.ts';

/** A chart's JSON, as far as it is drawn: what `xstate-recovery machines` prints, checked. */
export interface NodeConfig {
  readonly id: string | null;
  readonly final: boolean;
  readonly initial: string | null;
  readonly invoke: readonly InvokeConfig[];
  /** By event; those of `always` come under no word, those of `onDone` under `xstate.done.state`. */
  readonly on: ReadonlyMap<string, readonly ArrowConfig[]>;
  readonly states: ReadonlyMap<string, NodeConfig>;
  readonly where: string;
}

export interface InvokeConfig {
  readonly id: string;
  readonly src: string;
  readonly onDone: readonly ArrowConfig[];
  readonly onError: readonly ArrowConfig[];
}

export interface ArrowConfig {
  readonly targets: readonly string[];
  readonly guard: string | null;
  readonly actions: readonly string[];
  readonly where: string;
}

type Loose = Readonly<Record<string, unknown>>;

/** @throws ChartError which names the place in the JSON */
export function nodeConfig(json: unknown, where: string): NodeConfig {
  const node = object(json, where);
  const type = optional(node.type, string, `${where}.type`);
  if (type === 'parallel' || type === 'history') {
    throw new ChartError(`${where}.type`, `is "${type}", which is not drawn`);
  }
  const states = entries(node.states, `${where}.states`).map(
    ([key, state]) =>
      [key, nodeConfig(state, `${where}.states.${checkedKey(key, where)}`)] as const,
  );
  return {
    id: optional(node.id, string, `${where}.id`),
    final: type === 'final',
    initial: initialOf(node, states.length > 0, where),
    invoke: list(node.invoke, `${where}.invoke`).map(([each, place]) => invocation(each, place)),
    on: new Map([
      ...entries(node.on, `${where}.on`).map(
        ([event, arrows]) => [event, arrowList(arrows, `${where}.on.${event}`)] as const,
      ),
      ...unnamed('xstate.done.state', node.onDone, `${where}.onDone`),
      ...unnamed('', node.always, `${where}.always`),
    ]),
    states: new Map(states),
    where,
  };
}

/** Paths are made of keys and dots. */
function checkedKey(key: string, where: string): string {
  if (key !== '' && !/[./|]/.test(key)) return key;
  throw new ChartError(`${where}.states.${key}`, 'has a key that cannot be part of a path');
}

function initialOf({ initial }: Loose, isCompound: boolean, where: string): string | null {
  if (isCompound) return string(initial, `${where}.initial`);
  if (initial === undefined) return null;
  throw new ChartError(`${where}.initial`, 'is set, but there are no states');
}

function invocation(json: unknown, where: string): InvokeConfig {
  const { id, src, onDone, onError } = object(json, where);
  return {
    id: string(id, `${where}.id`),
    src: string(src, `${where}.src`),
    onDone: arrowList(onDone, `${where}.onDone`),
    onError: arrowList(onError, `${where}.onError`),
  };
}

const unnamed = (event: string, arrows: unknown, where: string) =>
  arrows === undefined ? [] : [[event, arrowList(arrows, where)] as const];

const arrowList = (json: unknown, where: string): readonly ArrowConfig[] =>
  list(json, where).map(([each, place]) => arrow(each, place));

function arrow(json: unknown, where: string): ArrowConfig {
  const { target, guard, actions } = object(json, where);
  const targets = Array.isArray(target) ? target : target === undefined ? [] : [target];
  return {
    targets: targets.map(each => string(each, `${where}.target`)),
    guard: optional(guard, typeOf, `${where}.guard`),
    actions: list(actions, `${where}.actions`).map(([each, place]) => typeOf(each, place)),
    where,
  };
}

const typeOf = (json: unknown, where: string): string =>
  string(object(json, where).type, `${where}.type`);

const optional = <T>(json: unknown, read: (json: unknown, where: string) => T, where: string) =>
  json === undefined ? null : read(json, where);

function string(json: unknown, where: string): string {
  if (typeof json === 'string' && json !== '') return json;
  throw new ChartError(where, `must be a string that is not empty, got ${words(json)}`);
}

function object(json: unknown, where: string): Loose {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Loose;
  throw new ChartError(where, `must be an object, got ${words(json)}`);
}

const entries = (json: unknown, where: string): readonly (readonly [string, unknown])[] =>
  json === undefined ? [] : Object.entries(object(json, where));

function list(json: unknown, where: string): readonly (readonly [json: unknown, where: string])[] {
  if (json === undefined) return [];
  if (Array.isArray(json)) return json.map((each, index) => [each, `${where}[${index}]`]);
  throw new ChartError(where, `must be a list, got ${words(json)}`);
}

const words = (json: unknown): string => JSON.stringify(json)?.slice(0, 60) ?? 'nothing';

import type { AnyEventObject, AnyStateMachine } from 'xstate';

type Guard =
  | string
  | { readonly type: string; readonly params?: unknown }
  | (((args: unknown, params: unknown) => unknown) & { readonly guards?: readonly Guard[] });

interface Args {
  readonly context: unknown;
  readonly event: AnyEventObject;
}

/** The members of an event, `type` aside, that a guard looks at while it judges it. */
export function readBy(
  guard: unknown,
  machine: AnyStateMachine,
  event: AnyEventObject,
): ReadonlySet<string> {
  const read = new Set<string>();
  const note = (member: string | symbol) => {
    if (typeof member === 'string' && member !== 'type') read.add(member);
  };
  const watched = new Proxy(event, {
    get: (target, member) => {
      note(member);
      return Reflect.get(target, member);
    },
    has: (target, member) => {
      note(member);
      return Reflect.has(target, member);
    },
  });
  ask(guard as Guard, machine, { context: anything(), event: watched });
  return read;
}

/** Calls a guard, and those that it is made of. What it thinks does not matter, nor that it fails where the context is none. */
function ask(guard: Guard, machine: AnyStateMachine, args: Args): void {
  try {
    if (typeof guard === 'function') {
      if (guard.guards === undefined) guard(args, undefined);
      for (const inner of guard.guards ?? []) ask(inner, machine, args);
      return;
    }
    const named = typeof guard === 'string' ? { type: guard } : guard;
    const { params } = named as { readonly params?: unknown };
    const given = typeof params === 'function' ? params(args) : params;
    const { guards } = machine.implementations as {
      readonly guards?: Readonly<Record<string, Guard | undefined>>;
    };
    const implementation = guards?.[named.type];
    if (typeof implementation !== 'function') return;
    if (implementation.guards !== undefined) ask(implementation, machine, args);
    else implementation(args, given);
  } catch {
    // What it had read until then is known.
  }
}

/** Stands for a context: every member of it is something of the kind. */
function anything(): unknown {
  const target = () => undefined;
  return new Proxy(target, {
    get: (_, member) => (member === Symbol.toPrimitive ? () => 0 : anything()),
    apply: () => anything(),
  });
}

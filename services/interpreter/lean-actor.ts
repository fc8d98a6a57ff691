import { Actor, type AnyActorLogic, type AnyActorRef, createActor, fromTransition } from 'xstate';
import type { ActionArgs } from './xstate-internals.ts';

/** What a child actor is made with. */
export interface ChildOptions {
  readonly id: string;
  readonly parent: AnyActorRef;
  readonly src?: string | undefined;
  readonly input?: unknown;
  readonly snapshot?: unknown;
}

/** The part of an actor that XState's constructor fills. */
interface Inside {
  readonly logic: AnyActorLogic;
  readonly sessionId: string;
  readonly system: {
    _bookId(): string;
    _sendInspectionEvent(event: object): void;
    readonly _clock: unknown;
    readonly _logger: unknown;
  };
  readonly eventListeners: ReadonlyMap<string, ReadonlySet<(event: object) => void>>;
  readonly options: { readonly input?: unknown };
  readonly mailbox: object;
  readonly _actorScope: object;
  readonly _deferred: (() => void)[];
  readonly _processingStatus: number;
  readonly _parent: AnyActorRef | undefined;
  _process(event: object): void;
  _stop(): void;
  _initState(snapshot: unknown): void;
}

interface Action {
  readonly type: string;
  readonly params: unknown;
  readonly info: ActionArgs;
  readonly exec: ((info: ActionArgs, params: unknown) => void) | undefined;
}

const PROBE = probe();
/** Where there is none, filling in fails, and XState makes its actors itself. */
const Mailbox = (PROBE.mailbox as object | undefined)?.constructor as new (
  process: (event: object) => void,
) => object;
const NOT_STARTED = PROBE._processingStatus;
const RUNNING = NOT_STARTED + 1;

/**
 * What `createActor` gives for a child actor. XState's constructor spreads its default options and the given ones into one object, for which V8 in Node 20 makes
 * a hidden class of its own each time: more than all the rest of making an actor. So an operation's two actors are filled in here.
 *
 * An XState whose actors have other members than those that are filled in here makes them itself.
 */
export function filledChild(logic: AnyActorLogic, options: ChildOptions): AnyActorRef {
  return FAMILIAR ? filled(logic, options) : createActor(logic, options as object);
}

function filled(
  logic: AnyActorLogic,
  { id, parent, src, input, snapshot }: ChildOptions,
): AnyActorRef {
  const { system } = parent as unknown as Inside;
  const actor = Object.create(Actor.prototype);
  const clock = system._clock;
  const logger = system._logger;
  actor.logic = logic;
  actor._snapshot = undefined;
  actor.clock = clock;
  actor.options = { clock, logger, devTools: false, id, src, parent, input, snapshot };
  actor.id = id;
  actor.mailbox = new Mailbox(actor._process.bind(actor));
  actor.observers = new Set();
  actor.eventListeners = new Map();
  actor.logger = logger;
  actor._processingStatus = NOT_STARTED;
  actor._parent = parent;
  actor._syncSnapshot = false;
  actor.ref = actor;
  actor._actorScope = undefined;
  actor.systemId = undefined;
  actor.sessionId = system._bookId();
  actor.system = system;
  actor._doneEvent = undefined;
  actor.src = src ?? logic;
  actor._deferred = [];
  actor._actorScope = scopeOf(actor);
  actor.send = actor.send.bind(actor);
  system._sendInspectionEvent({ type: '@xstate.actor', actorRef: actor });
  actor._initState(snapshot);
  return actor;
}

function scopeOf(actor: Inside & AnyActorRef): object {
  const { system } = actor;
  return {
    self: actor,
    id: actor.id,
    sessionId: actor.sessionId,
    logger: system._logger,
    defer: (fn: () => void) => {
      actor._deferred.push(fn);
    },
    system,
    stopChild: (child: Inside) => {
      if (child._parent !== actor) {
        throw new TypeError(`actor ${actor.id} cannot stop an actor that is not its child`);
      }
      child._stop();
    },
    emit: (event: { readonly type: string }) => emitTo(actor.eventListeners, event),
    actionExecutor: (action: Action) => {
      const execute = () => {
        const { type, params, info, exec } = action;
        system._sendInspectionEvent({
          type: '@xstate.action',
          actorRef: actor,
          action: { type, params },
        });
        exec?.(info, params);
      };
      if (actor._processingStatus === RUNNING) execute();
      else actor._deferred.push(execute);
    },
  };
}

function emitTo(listeners: Inside['eventListeners'], event: { readonly type: string }): void {
  const own = listeners.get(event.type) ?? [];
  const all = listeners.get('*') ?? [];
  for (const listener of [...own, ...all]) {
    try {
      listener(event);
    } catch (error) {
      setTimeout(() => {
        throw error;
      });
    }
  }
}

/** An actor as XState makes it. */
function probe(): Inside {
  const logic = fromTransition((state: object) => state, {});
  const parent = createActor(logic);
  return createActor(logic, { parent, id: 'probe' }) as unknown as Inside;
}

/** Whether this XState's actors have the same members. */
const FAMILIAR = (() => {
  try {
    const { logic, _parent: parent } = PROBE;
    const own = filled(logic, { id: 'probe', parent: parent as AnyActorRef });
    const inside = own as unknown as Inside;
    return (
      sameMembers(own, PROBE) &&
      sameMembers(inside._actorScope, PROBE._actorScope) &&
      sameMembers(inside.mailbox, PROBE.mailbox)
    );
  } catch {
    return false;
  }
})();

function sameMembers(own: object, theirs: object): boolean {
  return Object.keys(own).sort().join() === Object.keys(theirs).sort().join();
}

/** Whether child actors are filled in here; for the tests, since everything works without it, but more slowly. */
export const fillsChildren: boolean = FAMILIAR;

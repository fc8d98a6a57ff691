import type { AnyActorRef, InspectionEvent } from 'xstate';
import { ConfigError } from '../../services/errors.ts';
import type { Inspectable } from '../../services/ports.ts';
import { type InspectFilter, shownBy } from './filter.ts';
import type { CreateInspector, InspectorMessage } from './messages.ts';
import { definitionOf, sanitisedEvent, sanitisedSnapshot } from './sanitise.ts';

export interface InspectOptions extends InspectFilter {
  /** `createInspector` of `@statelyai/inspect`. */
  readonly createInspector: CreateInspector;
  /** Takes each message to the viewer. One that throws ends the view. */
  readonly send: (message: InspectorMessage) => void;
  /** Actors that are shown at the same time; a further one is shown when one of them has ended. @default 1000 */
  readonly maxActors?: number;
  /** Told once when the view ends because `send` threw. */
  readonly onError?: (error: unknown) => void;
}

/** What a viewer is being shown. */
export interface InspectorView {
  /** Living actors that are shown. */
  readonly actors: number;
  /** Nothing is sent any more. Idempotent. */
  stop(): void;
}

const MOST_ACTORS = 1000;
/** The charts nest deeper than the package's own limit of 10. */
const LEVELS = 24;

/**
 * Shows the living actors of a recovery to one viewer of Stately's inspector. Whenever it comes, it first gets each living actor with its
 * chart and its present snapshot. Inputs, outputs, messages and details of errors do not leave the process.
 * @throws ConfigError for a `maxActors` that is not an integer >= 1
 */
export function inspectRecovery(recovery: Inspectable, options: InspectOptions): InspectorView {
  const { maxActors = MOST_ACTORS } = options;
  if (!Number.isSafeInteger(maxActors) || maxActors < 1) {
    throw new ConfigError(`maxActors must be an integer >= 1, not ${String(maxActors)}`, {
      details: { problems: ['maxActors'] },
    });
  }
  return new View(recovery, { ...options, maxActors });
}

class View implements InspectorView {
  readonly #options: InspectOptions & { readonly maxActors: number };
  readonly #next: (event: object) => void;
  /** Session ids of the living actors that the viewer knows. */
  readonly #known = new Set<string>();
  readonly #stopListening: () => void;
  #stopped = false;

  constructor(recovery: Inspectable, options: InspectOptions & { readonly maxActors: number }) {
    this.#options = options;
    const { inspect } = options.createInspector(
      { send: message => this.#send(message as InspectorMessage) },
      { serializationDepthLimit: LEVELS },
    );
    this.#next = event => inspect.next?.(event as InspectionEvent);
    const subscription = recovery.inspect(event => this.#happened(event));
    this.#stopListening = () => subscription.unsubscribe();
  }

  get actors(): number {
    return this.#known.size;
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#stopListening();
    this.#known.clear();
  }

  /** The package sends a turn of the event loop later; by then the view may have ended. */
  #send(message: InspectorMessage): void {
    if (this.#stopped) return;
    try {
      this.#options.send(message);
    } catch (error) {
      this.stop();
      this.#options.onError?.(error);
    }
  }

  /** Everything is copied and cleaned here, at once: what the package reads later would have changed by then. */
  #happened(inspected: InspectionEvent): void {
    const { type } = inspected;
    if (type !== '@xstate.event' && type !== '@xstate.snapshot') return;
    const actor = inspected.actorRef as AnyActorRef;
    const shown = shownBy(this.#options, actor);
    if (shown === undefined || !this.#introduce(actor, shown.rootId, shown.name)) return;
    const about = { actorRef: actor, rootId: shown.rootId };
    const event = sanitisedEvent(inspected.event);
    if (type === '@xstate.event') {
      const source = inspected.sourceRef as AnyActorRef | undefined;
      const sourceRef = source && shownBy(this.#options, source) && source;
      this.#next({ type, ...about, event, sourceRef });
      return;
    }
    const snapshot = sanitisedSnapshot(inspected.snapshot);
    this.#next({ type, ...about, event, snapshot });
    if (inspected.snapshot.status !== 'active' || inspected.event.type === 'xstate.stop') {
      this.#known.delete(actor.sessionId);
    }
  }

  /** An actor is registered with the first thing that happens to it: when XState announces it, it has no snapshot yet. */
  #introduce(actor: AnyActorRef, rootId: string, name: string): boolean {
    const { sessionId, _parent: parent } = actor;
    if (this.#known.has(sessionId)) return true;
    const snapshot = actor.getSnapshot();
    if (snapshot?.status !== 'active' || this.#known.size >= this.#options.maxActors) return false;
    this.#known.add(sessionId);
    const config = (actor as { readonly logic?: { readonly config?: unknown } }).logic?.config;
    const clean = sanitisedSnapshot(snapshot);
    this.#next({
      type: '@xstate.actor',
      rootId,
      actorRef: {
        id: name,
        sessionId,
        logic: typeof config === 'object' ? { config: definitionOf(config) } : {},
        getSnapshot: () => clean,
        _parent: parent && shownBy(this.#options, parent) && { sessionId: parent.sessionId },
      },
    });
    return true;
  }
}

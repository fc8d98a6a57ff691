import type { Unsubscribable } from 'rxjs';
import type { ActorRef, AnyActorRef, InspectionEvent, Snapshot } from 'xstate';
import type { Logger } from '../ports.ts';

type Listener = (event: InspectionEvent) => void;

/** What every snapshot of ours may have. */
interface WithChildren {
  readonly children?: Readonly<Record<string, AnyActorRef | undefined>>;
}

export interface InspectionOptions {
  readonly logger: Logger;
  /** The actor that each system begins with: the breakers. */
  readonly roots: () => Iterable<AnyActorRef>;
  /** The operations, which no snapshot of a breaker lists. */
  readonly operations: () => Iterable<AnyActorRef>;
}

/** Each breaker is a system of XState's of its own, so that one listener has to be heard by many of them. */
export class Inspection {
  readonly #options: InspectionOptions;
  readonly #viewers = new Set<Viewer>();

  constructor(options: InspectionOptions) {
    this.#options = options;
  }

  inspect(listener: Listener): Unsubscribable {
    const viewer = new Viewer(listener, error => {
      this.#leave(viewer);
      const { logger } = this.#options;
      logger.warn({ error }, 'an inspection listener threw and is not told any more');
    });
    this.#viewers.add(viewer);
    const roots = [...this.#options.roots()];
    for (const root of roots) viewer.follow(root);
    for (const actor of [...roots, ...this.#options.operations()]) viewer.tell(actor);
    return { unsubscribe: () => this.#leave(viewer) };
  }

  /** A breaker was made. */
  born(root: AnyActorRef): void {
    for (const viewer of this.#viewers) viewer.follow(root);
  }

  /** The recovery is closed. */
  stop(): void {
    for (const viewer of this.#viewers) this.#leave(viewer);
  }

  #leave(viewer: Viewer): void {
    this.#viewers.delete(viewer);
    viewer.leave();
  }
}

class Viewer {
  readonly #listener: Listener;
  readonly #failed: (error: unknown) => void;
  readonly #systems = new Map<unknown, Unsubscribable>();
  #left = false;

  constructor(listener: Listener, failed: (error: unknown) => void) {
    this.#listener = listener;
    this.#failed = failed;
  }

  follow(root: AnyActorRef): void {
    const next = (event: InspectionEvent) => {
      this.#next(event);
      // A breaker that was forgotten must not be kept here.
      if (event.type === '@xstate.snapshot' && event.actorRef === root) {
        if (event.event.type === 'xstate.stop') this.#unfollow(root);
      }
    };
    this.#systems.set(root, root.system.inspect({ next }));
  }

  #unfollow(root: unknown): void {
    this.#systems.get(root)?.unsubscribe();
    this.#systems.delete(root);
  }

  /** An actor that lives already, and what it has invoked. */
  tell(actor: AnyActorRef): void {
    const snapshot = actor.getSnapshot() as Snapshot<unknown> & WithChildren;
    this.#next({
      type: '@xstate.snapshot',
      rootId: rootOf(actor).sessionId,
      actorRef: actor as ActorRef<Snapshot<unknown>, { type: string }>,
      event: { type: 'xstate.init' },
      snapshot,
    });
    for (const child of Object.values(snapshot.children ?? {})) {
      if (child !== undefined) this.tell(child);
    }
  }

  #next(event: InspectionEvent): void {
    if (this.#left) return;
    try {
      this.#listener(event);
    } catch (error) {
      this.#failed(error);
    }
  }

  leave(): void {
    this.#left = true;
    for (const root of this.#systems.keys()) this.#unfollow(root);
  }
}

function rootOf(actor: AnyActorRef): AnyActorRef {
  let root = actor;
  while (root._parent !== undefined) root = root._parent;
  return root;
}

import type { Clock, Logger, StatePersistence } from '../ports.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { LiveOperation } from './live-operation.ts';
import { isUnfinished, takesBack } from './operation-snapshot.ts';

export interface FamilyParts {
  readonly persistence: Pick<StatePersistence, 'find'>;
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  readonly logger: Logger;
  /** An operation that lives here. */
  readonly operation: (id: string) => LiveOperation | undefined;
}

/** Parents and their children that live here: what is unfinished when its parent has ended is cancelled. */
export class Family {
  readonly #parts: FamilyParts;
  readonly #children = new Map<string, Set<LiveOperation>>();

  constructor(parts: FamilyParts) {
    this.#parts = parts;
  }

  joined(operation: LiveOperation): void {
    const { parentId } = operation;
    if (parentId === null) return;
    const siblings = this.#children.get(parentId);
    if (siblings === undefined) this.#children.set(parentId, new Set([operation]));
    else siblings.add(operation);
  }

  left(operation: LiveOperation): void {
    const { parentId } = operation;
    if (parentId === null) return;
    const siblings = this.#children.get(parentId);
    siblings?.delete(operation);
    if (siblings?.size === 0) this.#children.delete(parentId);
  }

  /** Its end is durable, or what it has done is taken back. */
  ended(parent: LiveOperation): void {
    const children = this.#children.get(parent.id);
    if (children === undefined) return;
    for (const child of [...children]) this.#cancel(child);
  }

  /** A child was brought to life. Its parent may have ended in a process that died before it could tell. */
  restored(child: LiveOperation): void {
    if (child.parentId === null || child.isFinal) return;
    const parent = this.#parts.operation(child.parentId);
    // One that has come late has missed what its parent told its children when it began to take back.
    if (parent?.takesBack === true) this.#cancel(child);
    if (parent !== undefined) return;
    this.#look(child, child.parentId).catch((error: unknown) => {
      const fields = { operation_id: child.id, parent_id: child.parentId, err: error };
      this.#parts.logger.warn(fields, 'whether its parent has ended is not known; it goes on');
    });
  }

  async #look(child: LiveOperation, parentId: string): Promise<void> {
    const parent = await this.#parts.persistence.find(parentId);
    // One that has been retried or brought to life meanwhile has it again.
    if (this.#parts.lifecycle.closing || this.#hasLivingParent(child)) return;
    if (parent === undefined || !isUnfinished(parent) || takesBack(parent.snapshot)) {
      this.#cancel(child);
    }
  }

  #hasLivingParent({ parentId }: LiveOperation): boolean {
    return parentId !== null && this.#parts.operation(parentId) !== undefined;
  }

  #cancel(child: LiveOperation): void {
    if (child.isFinal) return;
    const at = this.#parts.clock.now();
    child.actor.send({ type: 'cancel', at, reason: PARENT_ENDED });
  }

  clear(): void {
    this.#children.clear();
  }
}

export const PARENT_ENDED = 'its parent has ended';

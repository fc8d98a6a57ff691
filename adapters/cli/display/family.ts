import { RecoveryState } from '../../../services/ports.ts';
import { type Display, type Status, transferProgress } from './status.ts';

const STATES: Readonly<Record<string, RecoveryState>> = {
  running: RecoveryState.IN_PROGRESS,
  recovering: RecoveryState.RECOVERING,
  done: RecoveryState.SUCCESS,
};

/** Shows the children that a parent tells of in its own progress, a line for each that is under way. */
export class FamilyDisplay {
  readonly #display: Display;
  readonly #shown = new Map<string, Status>();

  constructor(display: Display) {
    this.#display = display;
  }

  /** @param value what the parent has told */
  tell(value: unknown): void {
    if (typeof value !== 'object' || value === null || !('children' in value)) return;
    const { children } = value;
    if (!Array.isArray(children)) return;
    for (const child of children) this.#show(child);
  }

  #show(child: unknown): void {
    if (typeof child !== 'object' || child === null) return;
    const { id, label, state, attempt, phase } = child as Record<string, unknown>;
    const known = typeof state === 'string' ? STATES[state] : undefined;
    if (typeof id !== 'string' || typeof label !== 'string' || known === undefined) return;
    const before = this.#shown.get(id);
    // One that was done before anybody looked is no news.
    if (before === undefined && known === RecoveryState.SUCCESS) return;
    if (before?.state === RecoveryState.SUCCESS) return;
    const status: Status = {
      id,
      label: `  ${label}`,
      state: known,
      attempt: typeof attempt === 'number' ? attempt : 0,
      reason: null,
      progress:
        transferProgress(typeof phase === 'string' ? { ...child, total: null } : child) ?? null,
    };
    const changed =
      before?.state !== known ||
      before.attempt !== status.attempt ||
      before.progress?.phase !== status.progress?.phase;
    this.#shown.set(id, status);
    this.#display.show(status, changed);
  }
}

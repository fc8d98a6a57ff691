import { createHash } from 'node:crypto';
import type { OperationContext, OperationDefinition, Recovery } from '../../ports.ts';
import { isRecord } from './document.ts';

/** How far the parts of a project are: what `op.progress` gets. */
export interface FamilyProgress {
  /** Bytes of models that are there. */
  readonly done: number;
  /** Bytes of all models; `null` while the size of one is not known. */
  readonly total: number | null;
  readonly bytesPerSecond: number;
  /** In the order of the plan, at most a hundred: those that are not done come first. */
  readonly children: readonly ChildProgress[];
}

export interface ChildProgress {
  /** Of the operation. */
  readonly id: string;
  readonly kind: 'model' | 'node';
  /** File of the model, folder of the installation. */
  readonly label: string;
  readonly state: 'waiting' | 'running' | 'recovering' | 'done';
  /** Of the child itself; 0 before the first. */
  readonly attempt: number;
  /** Bytes, for a model. */
  readonly done: number;
  readonly total: number | null;
  readonly bytesPerSecond: number;
  /** What an installation does at the moment, where it tells. */
  readonly phase?: string;
}

/** A child, before it is begun. */
export interface Member {
  readonly kind: 'model' | 'node';
  readonly label: string;
  readonly key: string;
  readonly bytes: number | null;
}

/** Milliseconds between two tellings that only bytes are the reason of. */
const INTERVAL = 100;
const TOLD = 100;
const MAX_ID = 512;

/** A key that no other path or name has, and that says what it is about. Of letters that need no escape. */
export function memberKey(kind: Member['kind'], name: string, suffix = ''): string {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 10);
  const words = name.slice(name.lastIndexOf('/') + 1).replace(/[^\w.-]+/g, '_');
  return `${kind}-${words.slice(0, 80)}-${hash}${suffix}`;
}

/** The id of a child, as `op.child` makes it for a key of `memberKey`, but for the `~2` of a later round behind it. */
function childId(parentId: string, key: string): string {
  const id = `${parentId}/${key}`;
  return id.length <= MAX_ID ? id : `~${createHash('sha256').update(id).digest('hex')}`;
}

interface Standing {
  readonly member: Member;
  id: string;
  state: ChildProgress['state'];
  attempt: number;
  done: number;
  total: number | null;
  bytesPerSecond: number;
  phase: string | undefined;
}

/** The children of one operation: begins them, and adds up how far they are into the parent's own progress. */
export class Family {
  readonly #op: OperationContext;
  readonly #standings: readonly Standing[];
  readonly #byId: ReadonlyMap<string, Standing>;
  readonly #end: () => void;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(recovery: Recovery, op: OperationContext, members: readonly Member[]) {
    this.#op = op;
    this.#standings = members.map(member => ({
      member,
      id: childId(op.id, member.key),
      state: 'waiting',
      attempt: 0,
      done: 0,
      total: member.bytes,
      bytesPerSecond: 0,
      phase: undefined,
    }));
    this.#byId = new Map(this.#standings.map(standing => [standing.id, standing]));
    const hearing = recovery.progress$.subscribe(({ operationId, value }) => {
      const standing = this.#standingOf(operationId);
      if (standing === undefined || standing.state === 'done') return;
      hear(standing, value);
      if (performance.now() - this.#toldAt >= INTERVAL) this.#tell();
    });
    hearing.add(
      recovery.transitions$.subscribe(transition => {
        if (transition.kind !== 'operation') return;
        const standing = this.#standingOf(transition.operationId);
        if (standing === undefined || standing.state === 'done') return;
        const { to, attempt } = transition;
        if (to !== 'recovering' && to !== 'in_progress') return;
        const state = to === 'recovering' ? to : 'running';
        Object.assign(standing, { state, attempt, bytesPerSecond: 0 });
        this.#tell();
      }),
    );
    this.#end = () => hearing.unsubscribe();
    this.#tell();
  }

  /** Runs a child, or attaches to it. */
  async run<Input, Output>(
    member: Member,
    definition: OperationDefinition<Input, Output>,
    input: Input,
    bytesOf: (output: Output) => number,
  ): Promise<Output> {
    const output = await this.#op.child(definition, input, { key: member.key });
    const standing = this.#byId.get(childId(this.#op.id, member.key));
    if (standing !== undefined) {
      const bytes = bytesOf(output);
      const end = { state: 'done', done: bytes, total: bytes, bytesPerSecond: 0, phase: undefined };
      Object.assign(standing, end);
      this.#tell();
    }
    return output;
  }

  /** Hears nothing any more. */
  close(): void {
    this.#end();
  }

  #standingOf(operationId: string): Standing | undefined {
    const standing = this.#byId.get(operationId.replace(/~\d+$/, ''));
    if (standing !== undefined) standing.id = operationId;
    return standing;
  }

  #tell(): void {
    this.#toldAt = performance.now();
    const models = this.#standings.filter(({ member }) => member.kind === 'model');
    const sizes = models.map(({ total }) => total);
    const progress: FamilyProgress = {
      done: sum(models.map(({ done }) => done)),
      total: sizes.includes(null) ? null : sum(sizes.map(Number)),
      bytesPerSecond: sum(models.map(({ bytesPerSecond }) => bytesPerSecond)),
      children: [...this.#standings]
        .sort((a, b) => Number(a.state === 'done') - Number(b.state === 'done'))
        .slice(0, TOLD)
        .map(({ member, id, state, attempt, done, total, bytesPerSecond, phase }) => ({
          id,
          kind: member.kind,
          label: member.label,
          state,
          attempt,
          done,
          total,
          bytesPerSecond,
          ...(phase === undefined ? {} : { phase }),
        })),
    };
    this.#op.progress(progress);
  }
}

/** What a download or an installation says of itself; whatever it does not say stays. */
function hear(standing: Standing, value: unknown): void {
  standing.state = 'running';
  if (!isRecord(value)) return;
  const { done, total, bytesPerSecond, phase } = value;
  if (typeof phase === 'string') standing.phase = phase;
  if (standing.member.kind !== 'model') return;
  if (typeof done === 'number') standing.done = done;
  if (typeof total === 'number') standing.total = total;
  if (typeof bytesPerSecond === 'number') standing.bytesPerSecond = bytesPerSecond;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

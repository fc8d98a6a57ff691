import { ConfigError } from '../errors.ts';
import type {
  Explanation,
  MigratableData,
  OperationContext,
  OperationDefinition,
  OperationHandle,
  OperationOptions,
  Preview,
  PreviewOptions,
  ShadowReport,
  StartOptions,
} from '../ports.ts';
import { definitionLogic } from './definition-logic.ts';
import type { Policy } from './policy.ts';
import { SecretPaths } from './secret-paths.ts';
import { type SlotLimits, SlotQueue } from './slot-queue.ts';
import type { Shadower } from './watcher.ts';

/** Starts operations of a definition. */
export interface Starter {
  start(
    definition: Definition,
    input: unknown,
    options: StartOptions | undefined,
  ): Promise<OperationHandle>;
  run(definition: Definition, input: unknown, options: StartOptions | undefined): Promise<unknown>;
}

/** Looks into the policy of a definition. */
export interface Laboratory {
  explain(definition: Definition, error: unknown, attempt: number): Explanation;
  preview(definition: Definition, options: PreviewOptions): Preview;
  /** What looks on for the definition's shadow policy; undefined where it has none. */
  shadower(definition: Definition): Shadower | undefined;
}

/** A name, a function and a policy, as the runtime keeps them. */
export class Definition implements OperationDefinition<unknown, unknown> {
  readonly name: string;
  readonly fn: (input: unknown, op: OperationContext) => unknown;
  readonly options: OperationOptions;
  readonly version: number;
  readonly migrate: ((data: MigratableData, fromVersion: number) => MigratableData) | undefined;
  readonly logic: OperationDefinition<unknown, unknown>['logic'];
  /** Its operations that are in progress or wait for it. */
  readonly slots: SlotQueue;
  readonly shadower: Shadower | undefined;
  readonly secrets: SecretPaths | undefined;
  readonly #starter: Starter;
  readonly #lab: Laboratory;
  /** Resolved for a version of the configuration; made again when that changes. */
  policy: Policy | undefined;

  constructor(
    name: string,
    fn: (input: unknown, op: OperationContext) => unknown,
    options: OperationOptions,
    starter: Starter,
    lab: Laboratory,
  ) {
    if (typeof fn !== 'function') {
      throw new ConfigError(`operation "${name}" needs a function, got ${typeof fn}`);
    }
    this.name = name;
    this.fn = fn;
    this.options = options;
    this.version = options.version ?? 1;
    this.migrate = options.migrate;
    this.secrets = options.secrets && new SecretPaths(options.secrets);
    this.slots = new SlotQueue(name, slotLimitsOf(options));
    this.#starter = starter;
    this.#lab = lab;
    this.logic = definitionLogic(this);
    this.shadower = lab.shadower(this);
  }

  start(input: unknown, options?: StartOptions): Promise<OperationHandle> {
    return this.#starter.start(this, input, options);
  }

  run(input: unknown, options?: StartOptions): Promise<unknown> {
    return this.#starter.run(this, input, options);
  }

  explain(error: unknown, attempt = 1): Explanation {
    return this.#lab.explain(this, error, attempt);
  }

  preview(options: PreviewOptions): Preview {
    return this.#lab.preview(this, options);
  }

  get shadow(): ShadowReport | undefined {
    return this.shadower?.report();
  }
}

const slotLimitsOf = ({
  concurrency,
  keyConcurrency,
  maxPending,
  rateLimit,
}: OperationOptions): SlotLimits => ({
  concurrency,
  keyConcurrency,
  maxPending,
  rated: rateLimit !== undefined,
});

import type { InspectionEvent } from 'xstate';

interface Message {
  readonly sessionId: string;
  readonly rootId: string | undefined;
  /** Epoch milliseconds, as text. */
  readonly createdAt: string;
  readonly id: string | null;
  /** Version of `@statelyai/inspect`. */
  readonly _version: string;
}

/** A message of `@statelyai/inspect`, as its viewers take it. JSON. */
export type InspectorMessage =
  | (Message & {
      readonly type: '@xstate.actor';
      readonly name: string;
      readonly parentId: string | undefined;
      /** The chart, as JSON text. */
      readonly definition: string | undefined;
      readonly snapshot: object;
    })
  | (Message & {
      readonly type: '@xstate.event';
      readonly sourceId: string | undefined;
      readonly event: { readonly type: string };
    })
  | (Message & {
      readonly type: '@xstate.snapshot';
      readonly event: { readonly type: string };
      readonly snapshot: object;
    });

/** `createInspector` of `@statelyai/inspect`, as far as it is used. */
export type CreateInspector = (
  adapter: { send(message: unknown): void },
  options: { readonly serializationDepthLimit: number },
) => { readonly inspect: { next?: (event: InspectionEvent) => void } };

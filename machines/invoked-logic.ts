import { type ActorLogic, type AnyEventObject, fromPromise, type Snapshot } from 'xstate';

/** What a chart asks of an actor that it invokes: an input, and an output when it ends. */
export type InvokedLogic<Output, Input> = ActorLogic<Snapshot<Output>, AnyEventObject, Input>;

/** Stands in until a runtime provides the real one, as in the Stately editor: nothing happens by itself. */
export const unending = <Output, Input>() =>
  fromPromise(() => new Promise(() => {})) as unknown as InvokedLogic<Output, Input>;

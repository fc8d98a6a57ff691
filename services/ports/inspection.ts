import type { Unsubscribable } from 'rxjs';
import type { InspectionEvent } from 'xstate';

/** The actors that live in this process, for tools that show statecharts. */
export interface Inspectable {
  /**
   * Follows the actors that live here: XState's own inspection events, undiminished, so whatever an event or a context holds is in them.
   * First each actor that lives already is told with its present snapshot, as an `@xstate.snapshot` event of type `xstate.init`. The listener is
   * called in the midst of a transition: it must be quick, and must not steer. One that throws is let go, with a warning. Costs nothing while nobody listens.
   */
  inspect(listener: (event: InspectionEvent) => void): Unsubscribable;
}

import { createActor } from 'xstate';
import { breakerMachine } from '../../machines/breaker/machine.ts';
import { operationMachine } from '../../machines/operation/machine.ts';
import type { AttemptInput, AttemptOutcome } from '../../machines/operation/types.ts';
import { waiting } from '../../services/runtime/timers.ts';
import type { Contender } from '../contender.ts';

/**
 * The limit: the very charts of the library, the breaker as the parent, and nothing around them. No store, no runtime, no
 * classification; the attempt's actor is the lean logic that the runtime itself uses, not the slower `fromPromise`.
 */
const identity = async (x: number) => x;
const under = new Map<string, { readonly input: number; output?: number }>();
let calls = 0;

const machine = operationMachine.provide({
  actors: {
    attempt: waiting<AttemptInput, AttemptOutcome>(({ operationId }, self) => {
      const call = under.get(operationId);
      if (call === undefined) return undefined;
      void identity(call.input).then(output => {
        call.output = output;
        self.send({ type: 'end', output: { kind: 'succeeded', at: Date.now() } });
      });
      return undefined;
    }),
  },
});

const breaker = createActor(breakerMachine, {
  input: {
    key: 'identity',
    settings: {
      version: 1,
      mode: 'enforce',
      window: { kind: 'consecutive', threshold: 5 },
      probeTimeout: 60_000,
      permits: 1,
      successes: 1,
      budget: null,
      rate: null,
    },
    nextOpen: { delay: 300_000 },
    at: Date.now(),
  },
});

export const contender: Contender = {
  async setup() {
    breaker.start();
  },
  call(input) {
    const id = String(calls++);
    const call: { readonly input: number; output?: number } = { input };
    under.set(id, call);
    return new Promise(resolve => {
      const actor = createActor(machine, {
        parent: breaker,
        id: 'operation.identity', // as the runtime does: each new event type would stay in XState's cache
        input: {
          operationId: id,
          name: 'identity',
          policy: {
            maxRetries: 3,
            maxInterruptions: 10,
            whenOpen: 'fail',
            deadline: null,
            seed: 1,
          },
          at: Date.now(),
        },
      });
      actor.subscribe({
        complete() {
          under.delete(id);
          resolve(call.output);
        },
      });
      actor.start();
      actor.send({ type: 'start', at: Date.now() });
    });
  },
  async teardown() {
    breaker.stop();
  },
};

import type { RecoveryConfig } from './config.ts';
import { PolicyLab } from './policy-lab/policy-lab.ts';
import type { Clock, Logger, Random, StatePersistence } from './ports.ts';
import { Admission } from './runtime/admission.ts';
import { Attempts } from './runtime/attempts.ts';
import { BreakerOperator } from './runtime/breaker-operator.ts';
import { Breakers } from './runtime/breakers.ts';
import { Children } from './runtime/children.ts';
import { CommitLog } from './runtime/commit-log.ts';
import { Definitions } from './runtime/definitions.ts';
import { Family } from './runtime/family.ts';
import { Inspection } from './runtime/inspection.ts';
import { Lifecycle } from './runtime/lifecycle.ts';
import { LockHolders } from './runtime/lock-holders.ts';
import { Locks } from './runtime/locks.ts';
import { Metrics } from './runtime/metrics.ts';
import { Observers } from './runtime/observers.ts';
import { Operations } from './runtime/operations.ts';
import { Policies } from './runtime/policies.ts';
import type { PolicyDefaults } from './runtime/policy.ts';
import { Rehydration } from './runtime/rehydration.ts';
import { Resumption } from './runtime/resumption.ts';
import { Retention } from './runtime/retention.ts';
import { Slots } from './runtime/slots.ts';
import { Starting } from './runtime/starting.ts';
import { Steering } from './runtime/steering.ts';
import { Turns } from './runtime/turns.ts';
import { Waits } from './runtime/waits.ts';
import { published, type StreamSource, Streams } from './stream/streams.ts';

/** What a recovery is given. The adapters have been chosen, the configuration is valid. */
export interface RecoveryParts extends PolicyDefaults {
  /** Open already. */
  readonly persistence: StatePersistence;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly config: RecoveryConfig;
}

export type Assembly = ReturnType<typeof assemble>;

/**
 * Makes everything that a recovery consists of, and brings it together. Some need each other: those that are made first ask for the others only when something happens.
 * @param source what streams are read from
 */
export function assemble(parts: RecoveryParts, source: StreamSource) {
  const { persistence, clock, logger } = parts;
  const lifecycle = new Lifecycle();
  const metrics = new Metrics();
  const definitions = new Definitions();
  const policies = new Policies(parts.config, parts);
  const streams = new Streams(source, logger);
  const operation = (id: string) => operations.get(id);
  const observers = new Observers({ clock, logger, operation });
  const publish = published(metrics, streams);
  const log = new CommitLog({ persistence, clock, logger, publish, observers });
  const shared = { ...parts, lifecycle, log, metrics, observers, turns: new Turns(), operation };

  const inspection = new Inspection({
    logger,
    roots: () => breakers.actors(),
    operations: () => operations.values().map(({ actor }) => actor),
  });
  const breakers: Breakers = new Breakers({
    ...shared,
    maxBreakers: () => policies.config.maxBreakers,
    born: actor => inspection.born(actor),
  });
  const operator = new BreakerOperator({ ...shared, breakers, config: () => policies.config });
  const slots = new Slots({
    clock,
    lifecycle,
    takeRate: (key, now) => breakers.takeRate(key, now),
    limits: parts.config,
  });
  const admission = new Admission(slots, clock, lifecycle);
  const locks: Locks = new Locks({
    ...shared,
    holders: new LockHolders(shared),
    quarantined: id => rehydration.quarantined.has(id),
  });
  const attempts = new Attempts({
    ...shared,
    progress: progress => streams.progressed(progress),
    child: (...asked) => children.run(...asked),
    canPay: (key, cost, now) => breakers.canPay(key, cost, now),
  });
  const operations: Operations = new Operations({
    ...shared,
    attempts,
    breakers,
    admission,
    policyOf: definition => policies.of(definition),
    locks,
    family: new Family(shared),
  });

  const steering = new Steering({
    ...shared,
    operations,
    ended: id => {
      rehydration.ended(id);
      locks.gone(id);
    },
    giveBack: (key, permit) => breakers.of(key)?.send({ type: 'permit.return', ...permit }),
    watch: id => streams.of(id),
  });
  const rehydration: Rehydration = new Rehydration(operations, persistence, log, logger, id =>
    locks.gone(id),
  );
  const known = { rehydration, definitions: definitions.byName };
  const starting = new Starting({ ...shared, ...known, operations, steering });
  const waits = new Waits(admission);
  const children: Children = new Children({ ...known, starting, waits, persistence });
  const resumption = new Resumption({ ...shared, ...known });

  const lab = new PolicyLab({
    ...shared,
    policyOf: definition => policies.of(definition),
    resolve: (name, options) => policies.resolve(name, options),
  });
  const retention = new Retention({ ...shared, policy: () => policies.config.retention });

  return {
    persistence,
    lifecycle,
    metrics,
    definitions,
    policies,
    streams,
    observers,
    log,
    inspection,
    breakers,
    operator,
    slots,
    admission,
    locks,
    attempts,
    operations,
    steering,
    rehydration,
    starting,
    resumption,
    lab,
    retention,
  };
}

import { readFile } from 'node:fs/promises';
import { Registry } from 'prom-client';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { prometheusMetrics } from '../../../adapters/prometheus/index.ts';
import { createRecoveryServer } from '../../../server.ts';
import { ConfigError } from '../../../services/errors.ts';
import type { DurableRecovery } from '../../../services/recovery.ts';
import { failing, hanging, permanent } from '../../services/runtime/support/functions.ts';
import { inWorld, type World } from '../../services/runtime/support/world.ts';
import { lint } from './support/lint.ts';
import { parsed, sampleOf } from './support/samples.ts';

const test = suite('prometheus metrics');

/** Runs what recovers, what is exhausted and trips its breaker, and what fails. */
async function troubles({ clock }: World, recovery: DurableRecovery): Promise<void> {
  const recovers = recovery.operation('recovers', failing(2).fn);
  const gives = recovery.operation('gives_up', failing(99).fn, {
    maxRetries: 2,
    breakerOptions: { threshold: 3 },
  });
  const fails = recovery.operation('fails', failing(99, permanent).fn);
  const runs = [recovers.run(1), gives.run(2), fails.run(3)].map(run => run.catch(() => {}));
  await clock.advance(10_000);
  await Promise.all(runs);
}

test(
  'counts what a run with retries, exhaustion and a trip did, by name and category',
  inWorld(async world => {
    const recovery = await world.boot();
    const metrics = prometheusMetrics(recovery);
    await troubles(world, recovery);
    const told = parsed(await metrics.read());
    const of = (name: string, labels = {}) => sampleOf(told, name, labels);

    assert.is(of('operations_started_total', { name: 'recovers' }), 1);
    assert.is(of('operations_ended_total', { name: 'recovers', outcome: 'success' }), 1);
    assert.is(of('operations_ended_total', { name: 'gives_up', outcome: 'exhausted' }), 1);
    assert.is(of('operations_ended_total', { name: 'fails', outcome: 'failed' }), 1);
    assert.is(of('operations_recovered_total', { name: 'recovers' }), 1);
    assert.is(of('operations_recovered_total', { name: 'gives_up' }), undefined);
    assert.is(of('attempts_total', { name: 'recovers' }), 3);
    assert.is(of('attempts_total', { name: 'gives_up' }), 3);
    assert.is(of('attempts_total', { name: 'fails' }), 1);
    assert.is(of('attempt_failures_total', { name: 'gives_up', category: 'network' }), 3);
    assert.is(of('attempt_failures_total', { name: 'fails', category: 'permission' }), 1);
    assert.is(of('retries_total', { name: 'recovers', category: 'network' }), 2);
    assert.is(of('retries_total', { name: 'gives_up', category: 'network' }), 2);
    assert.is(of('retries_total', { name: 'fails' }), undefined);
    assert.is(of('breaker_trips_total', { key: 'gives_up' }), 1);
    assert.is(of('breaker_state', { key: 'gives_up', state: 'open' }), 1);
    assert.is(of('breaker_state', { key: 'gives_up', state: 'closed' }), 0);
    assert.is(of('breaker_state', { key: 'recovers', state: 'closed' }), 1);
    // Two waits of 1,000 ms between the first failure and the success.
    assert.is(of('time_to_recovery_seconds_sum', { name: 'recovers' }), 2);
    assert.is(of('time_to_recovery_seconds_count', { name: 'recovers' }), 1);
    assert.is(of('live_operations'), 0);
    assert.is(of('store_healthy'), 1);

    const { commits } = world.disk;
    const sizes = commits.map(({ operations, transitions }) => [
      operations.length,
      transitions.length,
    ]);
    const sum = (index: number) => sizes.reduce((all, size) => all + (size[index] ?? 0), 0);
    assert.is(of('commit_duration_seconds_count'), commits.length);
    assert.is(of('commit_batch_operations_sum'), sum(0));
    assert.is(of('commit_batch_transitions_sum'), sum(1));
    assert.is(of('stream_position'), sum(1));
  }),
);

test(
  'agrees with recovery.metrics',
  inWorld(async world => {
    const recovery = await world.boot();
    const metrics = prometheusMetrics(recovery);
    await troubles(world, recovery);
    const { samples } = parsed(await metrics.read());
    const sum = (name: string, labels: Record<string, string> = {}) =>
      samples
        .filter(sample => sample.name === `xstate_recovery_${name}`)
        .filter(sample => Object.entries(labels).every(([key, at]) => sample.labels[key] === at))
        .reduce((all, { value }) => all + value, 0);
    const own = recovery.metrics;
    assert.is(sum('operations_started_total'), own.started);
    assert.is(sum('operations_ended_total', { outcome: 'success' }), own.succeeded);
    assert.is(sum('operations_ended_total', { outcome: 'failed' }), own.failed);
    assert.is(sum('operations_ended_total', { outcome: 'exhausted' }), own.exhausted);
    assert.is(sum('operations_recovered_total'), own.recovered);
    assert.is(sum('attempts_total'), own.attempts);
    assert.is(sum('retries_total'), own.retries);
    assert.is(sum('breaker_trips_total'), own.breakerTrips);
    assert.is(sum('commit_duration_seconds_count'), own.commits);
  }),
);

test(
  'counts an interruption over a restart, and the recovery from it',
  inWorld(async world => {
    const first = await world.boot();
    const before = prometheusMetrics(first);
    const dies = hanging();
    await first.operation('installs', dies.fn).start('portrait', { id: 'one' });
    await world.settle();
    assert.is(sampleOf(parsed(await before.read()), 'live_operations'), 1);
    world.crash();

    const second = await world.boot();
    const metrics = prometheusMetrics(second);
    assert.is(sampleOf(parsed(await metrics.read()), 'undefined_operations'), 0);
    second.operation('installs', failing(0).fn);
    await second.resume();
    await world.clock.advance(10);
    const told = parsed(await metrics.read());
    assert.is(sampleOf(told, 'interruptions_total', { name: 'installs' }), 1);
    assert.is(sampleOf(told, 'operations_recovered_total', { name: 'installs' }), 1);
    assert.is(sampleOf(told, 'attempts_total', { name: 'installs' }), 1);
    // It was created in another process.
    assert.is(sampleOf(told, 'operations_started_total', { name: 'installs' }), undefined);
  }),
);

test(
  'tells of commits that the store refuses, and of its health',
  inWorld(async world => {
    const recovery = await world.boot();
    const metrics = prometheusMetrics(recovery);
    world.disk.failure = new Error('disk full');
    await recovery
      .operation('writes', failing(0).fn)
      .start(1)
      .catch(() => {});
    const broken = parsed(await metrics.read());
    assert.is(sampleOf(broken, 'store_healthy'), 0);
    assert.is(sampleOf(broken, 'commit_failures_total'), 1);
    world.disk.failure = undefined;
    await world.clock.advance(10_000);
    assert.is(sampleOf(parsed(await metrics.read()), 'store_healthy'), 1);
  }),
);

test(
  'tells of operations that wait for a slot',
  inWorld(async world => {
    const recovery = await world.boot();
    const metrics = prometheusMetrics(recovery);
    const one = recovery.operation('one', hanging().fn, { concurrency: 1 });
    await Promise.all([one.start(1), one.start(2), one.start(3)]);
    await world.settle();
    const told = parsed(await metrics.read());
    assert.is(sampleOf(told, 'slots_taken'), 1);
    assert.is(sampleOf(told, 'waiting_operations', { reason: 'pending' }), 2);
    assert.is(sampleOf(told, 'live_operations'), 3);
  }),
);

test(
  'tells of operations that wait for a lock',
  inWorld(async world => {
    const recovery = await world.boot();
    const metrics = prometheusMetrics(recovery);
    const work = recovery.operation('work', hanging().fn, { lock: () => 'disk' });
    await Promise.all([work.start(1), work.start(2), work.start(3)]);
    await world.settle();
    const told = parsed(await metrics.read());
    assert.is(sampleOf(told, 'waiting_operations', { reason: 'locked' }), 2);
    assert.is(sampleOf(told, 'waiting_operations', { reason: 'pending' }), 0);
  }),
);

test(
  'measures how far the stream is behind while the store takes its time',
  inWorld(async world => {
    const recovery = await world.boot();
    const metrics = prometheusMetrics(recovery);
    world.disk.hold();
    const started = recovery.operation('slow', failing(0).fn).start(1);
    await world.settle();
    await world.clock.advance(4_000);
    world.disk.release();
    await started;
    const lag = sampleOf(parsed(await metrics.read()), 'stream_lag_seconds_sum') ?? 0;
    assert.ok(lag >= 4, `${lag} s`);
  }),
);

test(
  'passes the rules of promtool after everything has happened',
  inWorld(async world => {
    const recovery = await world.boot();
    const metrics = prometheusMetrics(recovery);
    await troubles(world, recovery);
    const told = parsed(await metrics.read());
    assert.ok(told.types.size >= 20);
    assert.equal(lint(told), []);
    assert.match(metrics.contentType, /^text\/plain; version=0\.0\.4/);
  }),
);

test('the lint finds what promtool finds', () => {
  const bad = [
    '# TYPE wait_ms gauge',
    '# HELP retries Retries.',
    '# TYPE retries counter',
    '# HELP size_total Size.',
    '# TYPE size_total gauge',
    'wait_ms 1',
    'retries 1',
    'size_total 1',
    'nobody 1',
  ];
  assert.equal(lint(parsed(bad.join('\n'))), [
    'wait_ms: no help text',
    'wait_ms: not a base unit, or one abbreviated',
    'retries: a counter without _total',
    'size_total: only counters have _total',
    'nobody: no type',
  ]);
});

test(
  'a thousand names and keys cannot make more series than the limits allow',
  inWorld(async world => {
    const recovery = await world.boot();
    const metrics = prometheusMetrics(recovery, { maxNames: 3, maxKeys: 4 });
    const key = recovery.operation('keyed', failing(0).fn, { breaker: String });
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => key.run(`host-${index}`)));
    for (let index = 0; index < 20; index++) {
      await recovery.operation(`name-${index}`, failing(0).fn, { breaker: false }).run(1);
    }
    const told = parsed(await metrics.read());
    const values = (label: string) =>
      new Set(told.samples.flatMap(({ labels }) => labels[label] ?? []));
    assert.is(values('name').size, 4);
    assert.is(values('key').size, 5);
    assert.is(sampleOf(told, 'operations_started_total', { name: 'other' }), 18);
    assert.ok((sampleOf(told, 'breaker_state', { key: 'other', state: 'closed' }) ?? 0) >= 996);
  }),
);

test(
  'shares a registry under prefixes, refuses a name that is taken, and leaves nothing behind',
  inWorld(async world => {
    const recovery = await world.boot();
    const registry = new Registry();
    const one = prometheusMetrics(recovery, { registry });
    const before = registry.getMetricsAsArray().length;
    assert.throws(
      () => prometheusMetrics(recovery, { registry }),
      (error: unknown) => error instanceof ConfigError && /give a prefix/.test(error.message),
    );
    assert.is(registry.getMetricsAsArray().length, before);
    const two = prometheusMetrics(recovery, { registry, prefix: 'second_' });
    assert.is(registry.getMetricsAsArray().length, 2 * before);
    one.stop();
    two.stop();
    assert.is(registry.getMetricsAsArray().length, 0);
  }),
);

test(
  'names every option that it cannot use',
  inWorld(async world => {
    const recovery = await world.boot();
    assert.throws(
      () => prometheusMetrics(recovery, { prefix: 'My-', maxNames: 0, maxKeys: 1.5 }),
      (error: unknown) =>
        error instanceof ConfigError &&
        ['prefix', 'maxNames', 'maxKeys'].every(option => error.message.includes(option)),
    );
  }),
);

test(
  'a server takes it as its /metrics',
  inWorld(async world => {
    const recovery = await world.boot();
    const metrics = prometheusMetrics(recovery);
    await recovery.operation('works', failing(0).fn).run(1);
    const server = await createRecoveryServer(recovery, { port: 0, metrics });
    try {
      const response = await fetch(`${server.url}/metrics`);
      assert.is(response.headers.get('content-type'), metrics.contentType);
      const told = parsed(await response.text());
      assert.is(sampleOf(told, 'operations_started_total', { name: 'works' }), 1);
    } finally {
      await server.close();
    }
  }),
);

test(
  'the dashboard asks for metrics and labels that there are',
  inWorld(async world => {
    const recovery = await world.boot();
    const metrics = prometheusMetrics(recovery);
    const { types } = parsed(await metrics.read());
    const dashboard = await readFile('docs/grafana-dashboard.json', 'utf8');
    const asked = new Set(dashboard.match(/xstate_recovery_\w+/g));
    assert.ok(asked.size >= 15);
    for (const name of asked) {
      assert.ok(types.has(name) || types.has(name.replace(/_(bucket|sum|count)$/, '')), name);
    }
  }),
);

test.run();

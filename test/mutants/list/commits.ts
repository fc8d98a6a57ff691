import type { Group } from '../breakage.ts';

export const commits: Group = {
  part: 'group commit, and who waits for it',
  wider: 'services/runtime/|services/stream/streams',
  breakages: [
    {
      file: 'services/runtime/commit-batch.ts',
      find: 'taken + characters <= most',
      replace: 'true',
      what: 'a commit grows without bounds',
      tests: 'services/runtime/commit-portions',
    },
    {
      file: 'services/runtime/commit-batch.ts',
      find: 'transitions, waiters: [] },',
      replace: 'transitions },',
      what: 'callers are told before all of what they wait for is durable',
      tests: 'services/runtime/commit-portions',
    },
    {
      file: 'services/runtime/commit-log.ts',
      find: 'runApart(() => this.#options.persistence.commit(write)).then(',
      replace: `runApart(() => {
        this.#options.persistence.commit(write).catch(() => {});
        return Promise.resolve({ positions: write.transitions.map((_, at) => at + 1) });
      }).then(`,
      what: 'a commit is acknowledged, and told of, before the store has it',
      tests: 'services/runtime/(durability|failing-store)',
    },
    {
      file: 'services/runtime/commit-log.ts',
      find: 'this.problem = error;',
      replace: '',
      what: 'new operations are taken while the store refuses commits',
      tests: 'services/runtime/(durability|failing-store)',
    },
    {
      file: 'services/runtime/commit-log.ts',
      find: 'this.problem = undefined;',
      replace: '',
      what: 'no new operation is taken when the store takes commits again',
      tests: 'services/runtime/(durability|failing-store)',
    },
    {
      file: 'services/runtime/commit-log.ts',
      find: 'later.operations = again(batch.operations, later.operations);',
      replace: '',
      what: 'what a failed commit held is not written again',
      tests: 'services/runtime/(durability|failing-store)',
    },
    {
      file: 'services/runtime/commit-log.ts',
      find: 'later.transitions = [...batch.transitions, ...later.transitions].filter(',
      replace: 'later.transitions = [...later.transitions, ...batch.transitions].filter(',
      what: 'transitions change their order when a commit fails',
      tests: 'services/runtime/(durability|failing-store|chaos)',
    },
    {
      file: 'services/runtime/commit-log.ts',
      find: "waiter.refused(error) === 'keep');\n    later.waiters",
      replace: "waiter.refused(error) === 'keep' || true);\n    later.waiters",
      what: 'a step that was refused is written all the same',
      tests: 'services/runtime/(durability|failing-store|steps)',
    },
    {
      file: 'services/runtime/commit-log.ts',
      find: 'FIRST_RETRY_MS * 2 ** (this.#failures - 1)',
      replace: 'FIRST_RETRY_MS',
      what: 'a failing store is asked ten times a second for ever',
      tests: 'services/runtime/(durability|failing-store)',
    },
    {
      file: 'services/runtime/commit-log.ts',
      find: 'waiter.refused(closed);',
      replace: 'void waiter;',
      what: 'who waits for a commit waits for ever when the recovery closes',
      tests: 'services/runtime/(close|durability|failing-store)',
    },
    {
      file: 'services/runtime/commit-batch.ts',
      find: '.filter(row => !row.dropped)',
      replace: '',
      what: 'an operation that was refused is written all the same',
      tests: 'services/runtime/(durability|failing-store)',
    },
    {
      file: 'services/runtime/live-operation.ts',
      find: 'this.#log.after(this);',
      replace: 'this.committed();',
      what: 'a result is told before it is durable',
      tests: 'services/runtime/(durability|failing-store)',
    },
    {
      file: 'services/runtime/starting.ts',
      find: 'if (!operation.stored) await this.#parts.log.durable();',
      replace: '',
      what: 'start() resolves before the operation is durable',
      tests: 'services/runtime/(durability|failing-store)',
    },
    {
      file: 'services/runtime/steering.ts',
      find: 'this.#operations.start(live, event.at);\n    await this.#log.durable();',
      replace: 'this.#operations.start(live, event.at);',
      what: 'cancel() resolves before the cancel is durable',
      tests: 'services/runtime/(steering|durability|failing-store)',
    },
    {
      file: 'services/runtime/turns.ts',
      find: 'before === undefined ? fn() : before.then(fn)',
      replace: 'fn()',
      what: 'two looks at one id in the store do not take turns',
      tests: 'services/runtime/(identity|values)',
    },
    {
      file: 'services/runtime/operations.ts',
      find: 'if (held !== null) {',
      replace: 'if (held === undefined) {',
      what: 'the permit of an operation whose first commit failed does not come back',
      tests: 'services/runtime/(durability|failing-store|breaker-half-open)',
    },
  ],
};

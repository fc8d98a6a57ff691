import type { AttemptOutcome } from '../../machines/operation/types.ts';
import type { ShadowDifferenceKind, ShadowOpinion } from '../ports.ts';
import type { Decided } from './decision.ts';
import type { PermitAnswer } from './shadow-breakers.ts';

/** What a policy made of the end of an attempt. */
export function opinionOf(outcome: AttemptOutcome, decided: Decided): ShadowOpinion {
  const { decision, context } = decided;
  const { limit, delay, message = '' } = context.last.reason ?? {};
  const about =
    outcome.kind === 'failed'
      ? {
          category: outcome.verdict.category,
          rule: outcome.verdict.rule,
          counts: outcome.verdict.counts,
        }
      : {};
  return {
    decision,
    ...about,
    ...(limit === undefined ? {} : { limit }),
    ...(delay === undefined ? {} : { delay }),
    message,
  };
}

export function permitOpinion(answer: PermitAnswer): ShadowOpinion {
  if (answer.type === 'permit.granted') {
    return { permit: 'granted', message: 'the circuit breaker lets it try' };
  }
  const { breaker } = answer;
  const message =
    breaker === 'budget'
      ? 'the retry budget cannot pay for it'
      : `the circuit breaker is ${breaker}`;
  return { permit: breaker, message };
}

/** In what two opinions on one end of an attempt differ. */
export function differencesOf(
  actual: ShadowOpinion,
  shadow: ShadowOpinion,
): readonly ShadowDifferenceKind[] {
  const kinds: ShadowDifferenceKind[] = [];
  if (actual.decision !== shadow.decision) kinds.push('decision');
  else if (actual.delay !== shadow.delay) kinds.push('delay');
  // Only of a failure can this be said.
  if (actual.category === undefined || shadow.category === undefined) return kinds;
  if (actual.category !== shadow.category || actual.rule !== shadow.rule) {
    kinds.push('classification');
  }
  if (actual.counts !== shadow.counts) kinds.push('counts');
  return kinds;
}

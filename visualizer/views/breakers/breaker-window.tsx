import { fillingOf, gaugesOf } from '../../data/breaker-facts.ts';
import { counted, grouped } from '../../data/numbers.ts';
import type { Breaker } from '../../data/wire.ts';
import { Card } from '../../design/layout.tsx';
import { GaugeMeter } from './gauge-bar.tsx';

/** How near it is to opening; while it is half open, its probes; and the tokens of its budget. */
export function BreakerWindow({ breaker }: { readonly breaker: Breaker }) {
  const filling = fillingOf(breaker);
  const { permits, budget_capacity: capacity } = breaker.settings;
  return (
    <Card title="How near it is to opening">
      {gaugesOf(breaker).map(gauge => (
        <div key={gauge.what} className="breaker-gauge">
          <h3>{gauge.what}</h3>
          <GaugeMeter gauge={gauge} isLarge />
        </div>
      ))}
      {filling !== null && (
        <div className="breaker-gauge">
          <h3>Window</h3>
          <GaugeMeter
            isLarge
            gauge={{
              what: 'Calls in the window',
              value: filling.calls,
              threshold: filling.minimum,
              most: Math.max(filling.size ?? 0, filling.calls, filling.minimum, 1),
              isRatio: false,
            }}
          />
          <p className="small muted">
            {filling.calls < filling.minimum
              ? `No share counts before there are ${counted(filling.minimum, 'call')}.`
              : 'There are enough calls for the shares to count.'}
          </p>
        </div>
      )}
      <div className="breaker-gauge">
        <h3>Half-open permits in use</h3>
        <p className="permits">
          {Array.from({ length: Math.min(permits, 20) }, (_, permit) => (
            <span
              // biome-ignore lint/suspicious/noArrayIndexKey: permits have no names
              key={permit}
              className="permit"
              data-used={permit < breaker.probes}
              aria-hidden="true"
            />
          ))}
          <span className="small numbers">
            {breaker.probes} of {permits}
            {breaker.state === 'half_open' ? '' : ', none is lent while it is not half open'}
          </span>
        </p>
      </div>
      {breaker.tokens !== null && (
        <div className="breaker-gauge">
          <h3>Retry budget</h3>
          <p className="tokens small numbers">
            <meter
              min={0}
              max={Math.max(capacity ?? 0, breaker.tokens, 1)}
              low={(capacity ?? 0) / 4}
              value={breaker.tokens}
              aria-label="Tokens of the retry budget"
            />
            {grouped(Math.floor(breaker.tokens))}
            {capacity !== null && ` of ${grouped(capacity)}`} tokens
          </p>
        </div>
      )}
    </Card>
  );
}

import { type Gauge, gaugesOf } from '../../data/breaker-facts.ts';
import { percent } from '../../data/numbers.ts';
import type { Breaker } from '../../data/wire.ts';
import './gauge-bar.css';

/** The first gauge of a breaker, small. */
export function GaugeBar({ breaker }: { readonly breaker: Breaker }) {
  const [gauge] = gaugesOf(breaker);
  return gauge === undefined ? null : <GaugeMeter gauge={gauge} />;
}

const inWords = (value: number, { isRatio }: Gauge): string =>
  isRatio ? percent(value) : String(value);

/** How full it is, and the line at which the breaker opens. */
export function GaugeMeter({
  gauge,
  isLarge = false,
}: {
  readonly gauge: Gauge;
  readonly isLarge?: boolean;
}) {
  const { what, value, threshold, most } = gauge;
  const share = Math.min(1, value / most);
  const isNear = threshold !== null && value >= threshold * 0.6;
  const words =
    threshold === null
      ? `${what}: ${inWords(value, gauge)}, never opens`
      : `${what}: ${inWords(value, gauge)}, opens at ${inWords(threshold, gauge)}`;
  return (
    <span className={isLarge ? 'gauge gauge-large' : 'gauge'}>
      <span
        className="gauge-track"
        role="img"
        aria-label={words}
        title={words}
        data-tone={isNear ? 'recovering' : 'success'}
      >
        <span className="gauge-fill" style={{ transform: `scaleX(${share})` }} />
        {threshold !== null && (
          <span className="gauge-line" style={{ left: `${(100 * threshold) / most}%` }} />
        )}
      </span>
      <span className="gauge-number small numbers muted" aria-hidden="true">
        {threshold === null
          ? inWords(value, gauge)
          : `${inWords(value, gauge)} / ${inWords(threshold, gauge)}`}
      </span>
    </span>
  );
}

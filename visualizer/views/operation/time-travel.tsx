import type { KeyboardEvent } from 'react';
import type { TimeTravelEvent } from '../../connection/time-travel-machine.ts';
import { wordsOf } from '../../data/states.ts';
import { clockTime, instantOf } from '../../data/time.ts';
import type { RecoveryUpdate } from '../../data/wire.ts';
import { Button } from '../../design/controls.tsx';

export interface TimeTravelProps {
  readonly history: readonly RecoveryUpdate[];
  readonly index: number;
  readonly isLive: boolean;
  readonly isPlaying: boolean;
  readonly send: (event: TimeTravelEvent) => void;
}

/** Which moment of its life is looked at: a slider over the transitions, and the way back to now. */
export function TimeTravel({ history, index, isLive, isPlaying, send }: TimeTravelProps) {
  const moment = history[index];
  if (moment === undefined) return null;
  const at = instantOf(moment.timestamp) ?? 0;
  const words = `Transition ${index + 1} of ${history.length}: ${wordsOf(moment.state)} at ${clockTime(at)}`;
  const keys = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || isLive) return;
    send({ type: 'live' });
  };
  return (
    <section className="travel" aria-label="Time travel" data-live={isLive}>
      <div className="buttons">
        <Button
          icon="left"
          aria-label="One transition back"
          title="One transition back"
          blockedBy={index === 0 ? 'This is the first one.' : null}
          onClick={() => send({ type: 'step', by: -1 })}
        />
        <Button
          icon={isPlaying ? 'pause' : 'play'}
          aria-label={isPlaying ? 'Hold' : 'Play its life'}
          title={isPlaying ? 'Hold' : 'Play its life'}
          onClick={() => send({ type: isPlaying ? 'hold' : 'play' })}
        />
        <Button
          icon="right"
          aria-label="One transition on"
          title="One transition on"
          blockedBy={index === history.length - 1 ? 'This is the latest one.' : null}
          onClick={() => send({ type: 'step', by: 1 })}
        />
      </div>
      <input
        type="range"
        className="travel-slider"
        min={0}
        max={Math.max(0, history.length - 1)}
        value={index}
        aria-label="Moment of its history"
        aria-valuetext={words}
        onKeyDown={keys}
        onChange={({ target }) => send({ type: 'seek', index: target.valueAsNumber })}
      />
      <span className="travel-words small numbers" aria-hidden="true">
        {index + 1} / {history.length} · {clockTime(at)}
      </span>
      <Button
        kind={isLive ? 'quiet' : 'primary'}
        aria-pressed={isLive}
        onClick={() => send({ type: 'live' })}
      >
        {isLive ? 'Live' : 'Back to live'}
      </Button>
    </section>
  );
}

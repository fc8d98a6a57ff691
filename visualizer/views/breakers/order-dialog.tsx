import type { FormEvent } from 'react';
import type { Breaker } from '../../data/wire.ts';
import { Button, Dialog, Field } from '../../design/controls.tsx';
import { StateBadge } from '../../design/state-badge.tsx';

export interface OrderDialogProps {
  readonly breaker: Breaker;
  readonly isReset: boolean;
  readonly onConfirm: (fields: Readonly<Record<string, string>>) => void;
  readonly onClose: () => void;
}

const CHOICES = [
  {
    to: 'isolated',
    means: 'Lets nothing through. When the order ends, a probe tests the ground.',
  },
  {
    to: 'forced_closed',
    means: 'Lets everything through, whatever fails. When the order ends, it is closed, anew.',
  },
  {
    to: 'metrics_only',
    means: 'Lets everything through and notes where it would have opened.',
  },
] as const;

/** Asks what is to be forced, for how long, and why. */
export function OrderDialog({ breaker, isReset, onConfirm, onClose }: OrderDialogProps) {
  const confirm = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const text = (name: string) => String(data.get(name) ?? '').trim();
    onConfirm({ to: text('to'), minutes: text('minutes'), reason: text('reason') });
  };
  return (
    <Dialog title={isReset ? 'Reset this breaker?' : 'Force this breaker'} onClose={onClose}>
      <form className="dialog-form" onSubmit={confirm}>
        {isReset ? (
          <p>
            <strong>{breaker.key}</strong> closes, with nothing counted. An order that is in force
            ends.
          </p>
        ) : (
          <>
            <fieldset className="choices">
              <legend className="field-label">Into</legend>
              {CHOICES.map(({ to, means }, at) => (
                <label key={to} className="choice">
                  <input type="radio" name="to" value={to} defaultChecked={at === 0} />
                  <span>
                    <StateBadge state={to} />
                    <span className="small muted">{means}</span>
                  </span>
                </label>
              ))}
            </fieldset>
            <Field label="Minutes" hint="After these it ends by itself; empty for until a reset.">
              {(id, hint) => (
                <input
                  id={id}
                  name="minutes"
                  className="input"
                  type="number"
                  min="0.1"
                  max="40000"
                  step="any"
                  defaultValue="15"
                  aria-describedby={hint}
                />
              )}
            </Field>
          </>
        )}
        <Field label="Reason" hint="Stands in its history, for whoever looks later.">
          {(id, hint) => (
            <input
              id={id}
              name="reason"
              className="input"
              maxLength={1_000}
              aria-describedby={hint}
            />
          )}
        </Field>
        <div className="buttons">
          <Button onClick={onClose}>Leave it as it is</Button>
          <Button type="submit" kind="primary">
            {isReset ? 'Reset' : 'Force'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

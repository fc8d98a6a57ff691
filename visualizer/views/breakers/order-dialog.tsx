import type { Breaker } from '../../data/wire.ts';
import { ConfirmDialog, ReasonField } from '../../design/confirm-dialog.tsx';
import { Field } from '../../design/controls.tsx';
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
  return (
    <ConfirmDialog
      title={isReset ? 'Reset this breaker?' : 'Force this breaker'}
      confirm={isReset ? 'Reset' : 'Force'}
      giveUp="Leave it as it is"
      onConfirm={textOf =>
        onConfirm({ to: textOf('to'), minutes: textOf('minutes'), reason: textOf('reason') })
      }
      onClose={onClose}
    >
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
      <ReasonField hint="Stands in its history, for whoever looks later." />
    </ConfirmDialog>
  );
}

import { type FormEvent, useRef } from 'react';
import { Button, Dialog, Field } from '../../design/controls.tsx';

export interface CancelDialogProps {
  readonly id: string;
  readonly onConfirm: (reason: string) => void;
  readonly onClose: () => void;
}

export function CancelDialog({ id, onConfirm, onClose }: CancelDialogProps) {
  const reason = useRef<HTMLInputElement>(null);
  const confirm = (event: FormEvent) => {
    event.preventDefault();
    onConfirm(reason.current?.value.trim() ?? '');
  };
  return (
    <Dialog title="Cancel this operation?" onClose={onClose}>
      <form className="dialog-form" onSubmit={confirm}>
        <p>
          <span className="mono">{id}</span> ends as failed. What its function is doing now is told
          to stop.
        </p>
        <Field label="Reason" hint="Stands in its history, for whoever looks later.">
          {(field, hint) => (
            <input
              ref={reason}
              id={field}
              className="input"
              maxLength={1_000}
              aria-describedby={hint}
            />
          )}
        </Field>
        <div className="buttons">
          <Button onClick={onClose}>Let it go on</Button>
          <Button type="submit" kind="danger">
            Cancel the operation
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

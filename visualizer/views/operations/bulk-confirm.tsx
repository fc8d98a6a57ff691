import { type FormEvent, useRef } from 'react';
import type { BulkAction } from '../../connection/bulk-machine.ts';
import { counted } from '../../data/numbers.ts';
import { Button, Dialog, Field } from '../../design/controls.tsx';

export interface BulkConfirmProps {
  readonly action: BulkAction;
  readonly count: number;
  readonly leftOut: number;
  readonly onConfirm: (reason: string) => void;
  readonly onClose: () => void;
}

export function BulkConfirm({ action, count, leftOut, onConfirm, onClose }: BulkConfirmProps) {
  const reason = useRef<HTMLInputElement>(null);
  const many = counted(count, 'operation');
  const isCancel = action === 'cancel';
  const confirm = (event: FormEvent) => {
    event.preventDefault();
    onConfirm(reason.current?.value.trim() ?? '');
  };
  return (
    <Dialog title={isCancel ? `Cancel ${many}?` : `Retry ${many}?`} onClose={onClose}>
      <form className="dialog-form" onSubmit={confirm}>
        <p>
          {isCancel
            ? 'Each ends as failed. What its function is doing now is told to stop.'
            : 'Each is started again under its id; steps that have succeeded are not run again.'}
        </p>
        {leftOut > 0 && (
          <p className="muted">
            {counted(leftOut, 'selected operation')}{' '}
            {isCancel
              ? `${leftOut === 1 ? 'has' : 'have'} ended already and ${leftOut === 1 ? 'is' : 'are'} left as ${leftOut === 1 ? 'it is' : 'they are'}.`
              : `${leftOut === 1 ? 'has' : 'have'} not failed and ${leftOut === 1 ? 'is' : 'are'} left alone.`}
          </p>
        )}
        {isCancel && (
          <Field label="Reason" hint="Stands in each history, for whoever looks later.">
            {(id, hint) => (
              <input
                ref={reason}
                id={id}
                className="input"
                maxLength={1_000}
                aria-describedby={hint}
              />
            )}
          </Field>
        )}
        <div className="buttons">
          <Button onClick={onClose}>Leave them alone</Button>
          <Button type="submit" kind={isCancel ? 'danger' : 'primary'}>
            {isCancel ? `Cancel ${many}` : `Retry ${many}`}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

import type { FormEvent, ReactNode } from 'react';
import { Button, Dialog, Field } from './controls.tsx';

/** Trimmed; empty where the form has no such field. */
export type TextOf = (field: string) => string;

export interface ConfirmDialogProps {
  readonly title: string;
  /** What will happen, and the fields that are asked for. */
  readonly children: ReactNode;
  /** Words of the button that does it. */
  readonly confirm: string;
  /** Words of the button that leaves everything as it is. */
  readonly giveUp: string;
  /** @default 'primary' */
  readonly kind?: 'primary' | 'danger';
  readonly onConfirm: (textOf: TextOf) => void;
  readonly onClose: () => void;
}

/** Asks before something is done. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, children, confirm, giveUp, kind = 'primary', onConfirm, onClose } = props;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    onConfirm(field => String(data.get(field) ?? '').trim());
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form className="dialog-form" onSubmit={submit}>
        {children}
        <div className="buttons">
          <Button onClick={onClose}>{giveUp}</Button>
          <Button type="submit" kind={kind}>
            {confirm}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Asks why; the field's name is `reason`. */
export function ReasonField({ hint }: { readonly hint: string }) {
  return (
    <Field label="Reason" hint={hint}>
      {(id, describedBy) => (
        <input
          id={id}
          name="reason"
          className="input"
          maxLength={1_000}
          aria-describedby={describedBy}
        />
      )}
    </Field>
  );
}

import { ConfirmDialog, ReasonField } from '../../design/confirm-dialog.tsx';

export interface CancelDialogProps {
  readonly id: string;
  readonly onConfirm: (reason: string) => void;
  readonly onClose: () => void;
}

export function CancelDialog({ id, onConfirm, onClose }: CancelDialogProps) {
  return (
    <ConfirmDialog
      title="Cancel this operation?"
      confirm="Cancel the operation"
      giveUp="Let it go on"
      kind="danger"
      onConfirm={textOf => onConfirm(textOf('reason'))}
      onClose={onClose}
    >
      <p>
        <span className="mono">{id}</span> ends as failed. What its function is doing now is told to
        stop.
      </p>
      <ReasonField hint="Stands in its history, for whoever looks later." />
    </ConfirmDialog>
  );
}

import type { BulkAction } from '../../connection/bulk-machine.ts';
import { counted } from '../../data/numbers.ts';
import { ConfirmDialog, ReasonField } from '../../design/confirm-dialog.tsx';

export interface BulkConfirmProps {
  readonly action: BulkAction;
  readonly count: number;
  readonly leftOut: number;
  readonly onConfirm: (reason: string) => void;
  readonly onClose: () => void;
}

export function BulkConfirm({ action, count, leftOut, onConfirm, onClose }: BulkConfirmProps) {
  const isCancel = action === 'cancel';
  const order = `${isCancel ? 'Cancel' : 'Retry'} ${counted(count, 'operation')}`;
  return (
    <ConfirmDialog
      title={`${order}?`}
      confirm={order}
      giveUp="Leave them alone"
      kind={isCancel ? 'danger' : 'primary'}
      onConfirm={textOf => onConfirm(textOf('reason'))}
      onClose={onClose}
    >
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
      {isCancel && <ReasonField hint="Stands in each history, for whoever looks later." />}
    </ConfirmDialog>
  );
}

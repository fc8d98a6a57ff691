import { type ButtonHTMLAttributes, type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import { Icon, type IconName } from './icons.tsx';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly icon?: IconName;
  readonly kind?: 'plain' | 'primary' | 'danger' | 'quiet';
  /** Why it cannot be used now. It stays reachable, and says so. */
  readonly blockedBy?: string | null;
  readonly children?: ReactNode;
}

/** A button that cannot be used says why, instead of vanishing or falling silent. */
export function Button({
  icon,
  kind = 'plain',
  blockedBy = null,
  children,
  onClick,
  className = '',
  ...rest
}: ButtonProps) {
  const why = useId();
  return (
    <>
      <button
        type="button"
        {...rest}
        className={`button button-${kind} ${className}`}
        aria-disabled={blockedBy !== null || undefined}
        aria-describedby={blockedBy === null ? rest['aria-describedby'] : why}
        title={blockedBy ?? rest.title}
        onClick={event => {
          if (blockedBy === null) onClick?.(event);
          else event.preventDefault();
        }}
      >
        {icon !== undefined && <Icon name={icon} />}
        {children}
      </button>
      {blockedBy !== null && (
        <span id={why} className="visually-hidden">
          {blockedBy}
        </span>
      )}
    </>
  );
}

export interface DialogProps {
  readonly title: string;
  readonly children: ReactNode;
  /** Of the Escape key and of the buttons that give up. */
  readonly onClose: () => void;
  /** Its parts cannot be given up any more. */
  readonly isBusy?: boolean;
}

/** A modal dialogue of the browser: focus goes in, stays in, and comes back. */
export function Dialog({ title, children, onClose, isBusy = false }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const heading = useId();
  // Closed before it is taken away: only then does the browser give the focus back.
  useLayoutEffect(() => {
    const dialog = ref.current;
    if (dialog !== null && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={ref}
      className="dialog"
      aria-labelledby={heading}
      onCancel={event => {
        event.preventDefault();
        if (!isBusy) onClose();
      }}
    >
      <h2 id={heading}>{title}</h2>
      {children}
    </dialog>
  );
}

export interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly children: (id: string, hint: string | undefined) => ReactNode;
}

export function Field({ label, hint, children }: FieldProps) {
  const id = useId();
  const hintId = `${id}-hint`;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children(id, hint === undefined ? undefined : hintId)}
      {hint !== undefined && (
        <p id={hintId} className="small muted">
          {hint}
        </p>
      )}
    </div>
  );
}

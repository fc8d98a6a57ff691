import { type ReactNode, useId } from 'react';
import { Icon, type IconName } from './icons.tsx';

export interface CardProps {
  readonly title: string;
  readonly children: ReactNode;
  /** Beside the title. */
  readonly aside?: ReactNode;
  readonly className?: string;
}

export function Card({ title, children, aside, className = '' }: CardProps) {
  const heading = useId();
  return (
    <section className={`card ${className}`} aria-labelledby={heading}>
      <header className="card-head">
        <h2 id={heading}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

export interface NoticeProps {
  readonly tone: 'info' | 'warning' | 'problem' | 'good';
  readonly children: ReactNode;
  readonly action?: ReactNode;
}

const NOTICE_ICONS = {
  info: 'info',
  warning: 'warning',
  problem: 'warning',
  good: 'check',
} as const satisfies Record<NoticeProps['tone'], IconName>;

export function Notice({ tone, children, action }: NoticeProps) {
  return (
    <div className="notice" data-tone={tone}>
      <Icon name={NOTICE_ICONS[tone]} />
      <div className="notice-words">{children}</div>
      {action}
    </div>
  );
}

export function Empty({
  title,
  isPage = false,
  children,
}: {
  readonly title: string;
  /** It is all that the page has. */
  readonly isPage?: boolean;
  readonly children?: ReactNode;
}) {
  const Title = isPage ? 'h1' : 'p';
  return (
    <div className="empty">
      <Title className="empty-title">{title}</Title>
      {children}
    </div>
  );
}

/** Stands where something will be, in its size. */
export const Skeleton = ({ lines = 3 }: { readonly lines?: number }) => (
  <div className="skeleton" aria-hidden="true">
    {Array.from({ length: lines }, (_, line) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
      <span key={line} />
    ))}
  </div>
);

export interface FactsProps {
  readonly facts: readonly { readonly name: string; readonly value: ReactNode }[];
}

/** Names and values. */
export const Facts = ({ facts }: FactsProps) => (
  <dl className="facts numbers">
    {facts.map(({ name, value }) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

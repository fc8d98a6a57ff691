import type { ReactNode } from 'react';
import type { AnyState } from '../data/states.ts';

const stroke = {
  fill: 'none',
  stroke: 'currentColor',
  strokeWidth: 1.75,
  strokeLinecap: 'round',
  strokeLinejoin: 'round',
} as const;

/** One shape for each state, so that no colour is needed to tell them apart. */
const STATE_SHAPES: Readonly<Record<AnyState, ReactNode>> = {
  pending: (
    <>
      <circle cx="8" cy="8" r="6" {...stroke} />
      <path d="M8 4.8V8l2.2 1.4" {...stroke} />
    </>
  ),
  in_progress: <path d="M4.5 2.8 13 8l-8.5 5.200Z" fill="currentColor" />,
  recovering: <path d="M3 8a5 5 0 1 0 1.5-3.600M3.3 1.900v2.900h2.9" {...stroke} />,
  success: (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor" />
      <path d="m4.8 8.2 2.2 2.2 4.2-4.6" {...stroke} stroke="var(--surface)" />
    </>
  ),
  failed: (
    <>
      <rect x="1.5" y="1.5" width="13" height="13" rx="2" fill="currentColor" />
      <path d="m5.2 5.2 5.6 5.600m0-5.6-5.6 5.6" {...stroke} stroke="var(--surface)" />
    </>
  ),
  exhausted: (
    <>
      <path d="M8 1 15 8l-7 7-7-7Z" fill="currentColor" />
      <path d="M4.8 8h6.4" {...stroke} stroke="var(--surface)" />
    </>
  ),
  closed: (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor" />
      <path d="M2.5 8h11" {...stroke} stroke="var(--surface)" />
    </>
  ),
  open: <path d="M1 11h3.500M11.5 11H15M4.5 11l6-6.5" {...stroke} strokeWidth={2.2} />,
  half_open: (
    <>
      <circle cx="8" cy="8" r="6" {...stroke} />
      <path d="M8 2a6 6 0 0 1 0 12Z" fill="currentColor" />
    </>
  ),
  isolated: (
    <>
      <path d="M5 1.500h6L14.5 5v6L11 14.500H5L1.5 11V5Z" fill="currentColor" />
      <path d="M4.8 8h6.4" {...stroke} stroke="var(--surface)" />
    </>
  ),
  forced_closed: (
    <>
      <rect x="2.5" y="7" width="11" height="7.5" rx="1.5" fill="currentColor" />
      <path d="M5 7V5a3 3 0 0 1 6 0v2" {...stroke} />
    </>
  ),
  metrics_only: (
    <>
      <path d="M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8Z" {...stroke} />
      <circle cx="8" cy="8" r="1.8" fill="currentColor" />
    </>
  ),
};

const UNKNOWN = <circle cx="8" cy="8" r="6" {...stroke} strokeDasharray="2 2.5" />;

const SHAPES = {
  overview: <path d="M2 13.500V8m4 5.500V3m4 10.500V6.500m4 7V4.5" {...stroke} />,
  operations: <path d="M2 4h12M2 8h12M2 12h8" {...stroke} />,
  breakers: <path d="M1 8h4m6 0h4M5 8l5.5-3.500M5 8v.01M11 8v.01" {...stroke} />,
  machines: (
    <path
      d="M1.5 5.500h4v5h-4Zm9 -3h4v4h-4Zm0 7h4v4h-4ZM5.5 8h2.500V4.500h2.500M8 8v3.500h2.5"
      {...stroke}
    />
  ),
  sun: (
    <path
      d="M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM8 1v1.200M8 13.800V15M1 8h1.200M13.8 8H15M3 3l.9.9M12.1 12.100l.9.9M13 3l-.9.9M3.9 12.100l-.9.9"
      {...stroke}
    />
  ),
  moon: <path d="M13.5 9.500A6 6 0 1 1 6.5 2.500a4.8 4.8 0 0 0 7 7Z" {...stroke} />,
  system: <path d="M1.5 3h13v8.500h-13ZM5.5 14.500h5" {...stroke} />,
  pause: <path d="M5 3v10M11 3v10" {...stroke} strokeWidth={2.4} />,
  play: <path d="M4.5 2.8 13 8l-8.5 5.200Z" fill="currentColor" />,
  retry: <path d="M3 8a5 5 0 1 0 1.5-3.600M3.3 1.900v2.900h2.9" {...stroke} />,
  cross: <path d="m3.5 3.5 9 9m0-9-9 9" {...stroke} />,
  left: <path d="m10 3-5 5 5 5" {...stroke} />,
  right: <path d="m6 3 5 5-5 5" {...stroke} />,
  up: <path d="m3.5 10 4.5-4.5 4.5 4.5" {...stroke} />,
  down: <path d="m3.5 6 4.5 4.500L12.5 6" {...stroke} />,
  search: <path d="M7 2a5 5 0 1 0 0 10A5 5 0 0 0 7 2Zm3.8 8.800L14 14" {...stroke} />,
  warning: <path d="M8 2 15 14H1Zm0 4.500v3.500m0 2v.01" {...stroke} />,
  info: (
    <path d="M8 1.500a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Zm0 5.500v4m0-6.300v.01" {...stroke} />
  ),
  check: <path d="m3 8.5 3.2 3.200L13 4.5" {...stroke} />,
  copy: <path d="M5.5 5.500h8v8h-8Zm-3 5v-8h8" {...stroke} />,
} as const;

export type IconName = keyof typeof SHAPES;

export interface IconProps {
  readonly name: IconName;
  readonly size?: number;
}

/** Decoration: the words beside it say what it means. */
export const Icon = ({ name, size = 16 }: IconProps) => (
  <svg className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
    {SHAPES[name]}
  </svg>
);

export interface StateIconProps {
  readonly state: string;
  readonly size?: number;
}

export const StateIcon = ({ state, size = 16 }: StateIconProps) => (
  <svg className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
    {STATE_SHAPES[state as AnyState] ?? UNKNOWN}
  </svg>
);

import { useSelector } from '@xstate/react';
import { lazy, type ReactNode, Suspense, useEffect, useRef } from 'react';
import { Button } from '../design/controls.tsx';
import icon from '../design/icon.svg';
import { Icon, type IconName } from '../design/icons.tsx';
import { Empty, Skeleton } from '../design/layout.tsx';
import { useClient } from './client.ts';
import { ConnectionNotice, ConnectionStatus } from './connection-status.tsx';
import { NO_QUERY, type Place } from './locations.ts';
import { Link, usePlace } from './navigation.tsx';
import { ThemeSwitch } from './theme-switch.tsx';
import { TokenGate } from './token-gate.tsx';
import { usePhase } from './use-phase.ts';
import { WaitingRoom } from './waiting-room.tsx';

const Overview = lazy(() => import('../views/overview/overview.tsx'));
const Operations = lazy(() => import('../views/operations/operations.tsx'));
const Operation = lazy(() => import('../views/operation/operation.tsx'));
const Breakers = lazy(() => import('../views/breakers/breakers.tsx'));
const Machines = lazy(() => import('../views/charts/machines.tsx'));

const VIEWS: readonly {
  readonly place: Place;
  readonly icon: IconName;
  readonly words: string;
  readonly includes?: Place['view'];
}[] = [
  { place: { view: 'overview' }, icon: 'overview', words: 'Overview' },
  {
    place: { view: 'operations', query: NO_QUERY, key: '' },
    icon: 'operations',
    words: 'Operations',
    includes: 'operation',
  },
  { place: { view: 'breakers', key: '' }, icon: 'breakers', words: 'Breakers' },
  { place: { view: 'machines', name: '' }, icon: 'machines', words: 'Machines' },
];

/** The frame of the page: where one is, how it is connected, and the view. */
export function Shell() {
  const place = usePlace();
  const main = useMainFocus(place);
  return (
    <div className="shell">
      <header className="side">
        <a
          className="skip-link"
          href={location.href}
          onClick={event => {
            event.preventDefault();
            main.current?.focus();
          }}
        >
          Skip to the content
        </a>
        <Link className="brand" to={{ view: 'overview' }}>
          <img src={icon} alt="" width="28" height="28" />
          xstate-recovery
        </Link>
        <nav className="nav" aria-label="Views">
          <ul>
            {VIEWS.map(({ place: to, icon, words, includes }) => (
              <li key={words}>
                <Link
                  to={to}
                  aria-current={
                    place.view === to.view ? 'page' : place.view === includes ? 'true' : undefined
                  }
                >
                  <Icon name={icon} />
                  {words}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <div className="side-foot">
          <ConnectionStatus />
          <ThemeSwitch />
          <WhoAmI />
        </div>
      </header>
      <main className="main" ref={main} tabIndex={-1}>
        <Admission>
          <ConnectionNotice />
          <Suspense fallback={<Skeleton lines={6} />}>
            <View place={place} />
          </Suspense>
        </Admission>
      </main>
    </div>
  );
}

function View({ place }: { readonly place: Place }) {
  switch (place.view) {
    case 'overview':
      return <Overview />;
    case 'operations':
      return <Operations place={place} />;
    case 'operation':
      return <Operation key={place.id} id={place.id} />;
    case 'breakers':
      return <Breakers selected={place.key} />;
    case 'machines':
      return <Machines name={place.name} />;
    case 'nowhere':
      return (
        <Empty title="There is nothing at this address" isPage>
          <Link to={{ view: 'overview' }}>To the overview</Link>
        </Empty>
      );
  }
}

/** Lets the views in once it is known who is looking. */
function Admission({ children }: { readonly children: ReactNode }) {
  const { connection } = useClient();
  const phase = usePhase();
  const hasSession = useSelector(connection, ({ context }) => context.session !== null);
  if (phase === 'unauthorised') return <TokenGate />;
  return hasSession ? children : <WaitingRoom />;
}

function WhoAmI() {
  const { connection } = useClient();
  const session = useSelector(connection, ({ context }) => context.session);
  if (session === null) return null;
  return (
    <div className="side-version muted">
      <p>
        {session.role === 'operator' ? 'Operator' : 'Viewer'}
        {session.version === '' ? '' : ` · ${session.version}`}
      </p>
      {session.guarded && (
        <Button
          kind="quiet"
          className="small"
          onClick={() => connection.send({ type: 'forget token' })}
        >
          Forget the token
        </Button>
      )}
    </div>
  );
}

/** After going elsewhere the focus is at the content, and a screen reader reads its title. */
function useMainFocus(place: Place) {
  const main = useRef<HTMLElement>(null);
  const where = place.view === 'operation' ? place.id : place.view;
  const before = useRef(where);
  useEffect(() => {
    if (before.current === where) return;
    before.current = where;
    main.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [where]);
  return main;
}

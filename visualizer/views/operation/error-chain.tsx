import { chainOf, type ErrorLink } from '../../data/errors.ts';
import type { OperationState } from '../../data/wire.ts';
import { JsonView } from '../../design/json-view.tsx';
import { Card } from '../../design/layout.tsx';

export interface ErrorChainProps {
  readonly error: unknown;
  readonly state: OperationState;
}

/** What ended it, or the last attempt's error, with what caused it. */
export function ErrorChain({ error, state }: ErrorChainProps) {
  const links = chainOf(error);
  if (links.length === 0) return null;
  const title = state === 'failed' || state === 'exhausted' ? 'What ended it' : 'The last error';
  return (
    <Card title={title}>
      <Chain links={links} />
    </Card>
  );
}

export function Chain({ links }: { readonly links: readonly ErrorLink[] }) {
  return (
    <ol className="chain">
      {links.map((link, depth) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a chain has no other order
        <li key={depth}>
          <p className="chain-head">
            {depth > 0 && <span className="muted small">caused by </span>}
            {link.name !== '' && <strong>{link.name}</strong>}
            {link.code !== null && <span className="mono small chain-code">{link.code}</span>}
          </p>
          <p className="chain-message">{link.message}</p>
          {link.details !== undefined && <JsonView value={link.details} open={0} />}
          {link.errors.map((errors, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: as above
            <Chain key={at} links={errors} />
          ))}
        </li>
      ))}
    </ol>
  );
}

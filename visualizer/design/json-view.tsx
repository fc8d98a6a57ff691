import { useState } from 'react';
import { counted } from '../data/numbers.ts';
import { isSecretName, MASK, redactedText } from '../data/redaction.ts';

export interface JsonViewProps {
  readonly value: unknown;
  /** Levels that are open to begin with. @default 2 */
  readonly open?: number;
}

/** JSON that can be folded. What looks like a secret never reaches the page's document. */
export const JsonView = ({ value, open = 2 }: JsonViewProps) => (
  <div className="json">
    <Value value={value} open={open} />
  </div>
);

/** More members than these are shown only when asked for. */
const FIRST = 100;
const MAX_TEXT = 2_000;

function Value({ value, open }: { readonly value: unknown; readonly open: number }) {
  if (Array.isArray(value)) {
    return <Members entries={value.map((each, at) => [String(at), each])} open={open} isList />;
  }
  if (typeof value === 'object' && value !== null) {
    return <Members entries={Object.entries(value)} open={open} isList={false} />;
  }
  if (typeof value === 'string') return <Text text={redactedText(value)} />;
  return <span className="json-scalar">{String(value)}</span>;
}

function Text({ text }: { readonly text: string }) {
  const [isWhole, setWhole] = useState(text.length <= MAX_TEXT);
  if (isWhole) return <span className="json-text">"{text}"</span>;
  return (
    <span className="json-text">
      "{text.slice(0, MAX_TEXT)}…"{' '}
      <button type="button" className="text-button" onClick={() => setWhole(true)}>
        show all {counted(text.length, 'character')}
      </button>
    </span>
  );
}

interface MembersProps {
  readonly entries: readonly (readonly [string, unknown])[];
  readonly open: number;
  readonly isList: boolean;
}

function Members({ entries, open, isList }: MembersProps) {
  const [isOpen, setOpen] = useState(open > 0);
  const [most, setMost] = useState(FIRST);
  if (entries.length === 0) return <span className="json-scalar">{isList ? '[]' : '{}'}</span>;
  const noun = isList ? 'item' : 'member';
  return (
    <details open={isOpen} onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>{counted(entries.length, noun)}</summary>
      {isOpen && (
        <ul>
          {entries.slice(0, most).map(([name, member]) => (
            <li key={name}>
              <span className="json-name">{name}</span>
              {!isList && isSecretName(name) && member !== null ? (
                <span className="json-masked">
                  {MASK} <span className="small muted">masked</span>
                </span>
              ) : (
                <Value value={member} open={open - 1} />
              )}
            </li>
          ))}
          {entries.length > most && (
            <li>
              <button type="button" className="text-button" onClick={() => setMost(entries.length)}>
                show all {counted(entries.length, noun)}
              </button>
            </li>
          )}
        </ul>
      )}
    </details>
  );
}

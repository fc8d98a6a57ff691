import { BASE_PATH } from '../../app/navigation.tsx';
import type { Overview } from '../../data/wire.ts';
import { Empty } from '../../design/layout.tsx';

export interface FirstOperationProps {
  readonly definitions: Overview['definitions'];
}

/** How to begin, for a server that has run nothing yet: over HTTP with a definition that is there, else in code. */
export function FirstOperation({ definitions }: FirstOperationProps) {
  const name = definitions[0];
  return (
    <div className="card">
      <Empty title="No operation yet">
        {name === undefined ? (
          <>
            <p>Define one in the process that serves this page, and start it:</p>
            <pre className="code">{`const install = recovery.operation('install', async (project, op) => {
  const folder = await op.step('clone', () => clone(project, op.signal));
  return op.step('dependencies', () => installInto(folder, op.signal));
});

await install.start('portrait', { id: 'portrait-1' });`}</pre>
          </>
        ) : (
          <>
            <p>
              Start one of <strong>{name}</strong> from a terminal, and watch it here:
            </p>
            <pre className="code">{`curl -X POST ${shellQuoted(`${location.origin}${BASE_PATH}/api/operations`)} \\
  -H 'content-type: application/json' \\
  -d ${shellQuoted(JSON.stringify({ function_name: name, input: exampleInput(name) }))}`}</pre>
            <p>
              or in code: <code>await definition.start(input)</code>
            </p>
          </>
        )}
      </Empty>
    </div>
  );
}

const exampleInput = (name: string): unknown =>
  name === 'download'
    ? { url: 'https://example.com/model.safetensors', path: 'model.safetensors' }
    : 'portrait';

const shellQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

import type { OperationDetails } from '../../data/wire.ts';
import { JsonView } from '../../design/json-view.tsx';
import { Card } from '../../design/layout.tsx';

/** Input, output and metadata. What looks like a secret is masked. */
export function Values({ operation }: { readonly operation: OperationDetails }) {
  const { input, output, metadata } = operation;
  return (
    <>
      <Card title="Input">
        {input === undefined ? (
          <p className="small muted">None.</p>
        ) : (
          <JsonView key={operation.operation_id} value={input} />
        )}
      </Card>
      {output !== undefined && (
        <Card title="Output">
          <JsonView value={output} />
        </Card>
      )}
      {metadata !== undefined && metadata !== null && (
        <Card title="Metadata">
          <JsonView value={metadata} />
        </Card>
      )}
    </>
  );
}

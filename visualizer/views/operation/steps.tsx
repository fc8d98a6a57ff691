import type { StepResource } from '../../data/wire.ts';
import { StateIcon } from '../../design/icons.tsx';
import { JsonView } from '../../design/json-view.tsx';
import { Card } from '../../design/layout.tsx';
import { At } from '../../design/time.tsx';

/** The steps that have succeeded and are not run again. */
export function Steps({ steps }: { readonly steps: readonly StepResource[] }) {
  return (
    <Card
      title="Finished steps"
      aside={<span className="small muted numbers">{steps.length}</span>}
    >
      {steps.length === 0 ? (
        <p className="small muted">None. What stands in a step is not run again by a retry.</p>
      ) : (
        <ol className="steps">
          {steps.map(step => (
            <li key={step.name}>
              <p className="steps-head">
                <span className="state" data-tone="success">
                  <StateIcon state="success" size={14} />
                  {step.name}
                </span>
                <span className="small muted numbers">
                  attempt {step.attempt} · <At at={step.timestamp} />
                </span>
              </p>
              {'result' in step && <JsonView value={step.result} open={0} />}
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

import { parseApiWorkflow } from './api-workflow.ts';
import { checkCycles, checkNesting } from './cycles.ts';
import { checkDocument, isRecord, parseDocument } from './document.ts';
import { WorkflowError } from './errors.ts';
import { Findings, factsOf, type Path } from './findings.ts';
import type { Workflow } from './graph.ts';
import { parseUiWorkflow } from './ui-workflow.ts';

/**
 * Reads a workflow file's text.
 * @throws WorkflowError that tells every problem
 */
export function readWorkflow(text: string): Workflow {
  const findings = new Findings();
  const value = parseDocument(text, findings);
  const workflow = findings.total === 0 ? interpret(value, [], findings) : undefined;
  return refusedUnlessWhole(workflow, findings);
}

/**
 * The same for a value that was parsed already; `path` is where it stands in its file.
 * @throws WorkflowError
 */
export function checkWorkflow(value: unknown, path: Path = []): Workflow {
  const findings = new Findings();
  const workflow = checkDocument(value, findings) ? interpret(value, path, findings) : undefined;
  return refusedUnlessWhole(workflow, findings);
}

function refusedUnlessWhole(workflow: Workflow | undefined, findings: Findings): Workflow {
  if (workflow === undefined || findings.total > 0) {
    throw new WorkflowError(factsOf('the workflow', findings));
  }
  return workflow;
}

function interpret(value: unknown, path: Path, findings: Findings): Workflow | undefined {
  if (!isRecord(value)) {
    findings.add(path, 'must be an object');
    return undefined;
  }
  const workflow = 'nodes' in value ? parseUiWorkflow(value, path, findings) : apiOf(value);
  // In a graph with faults there may be links to nowhere.
  if (workflow === undefined || findings.total > 0) return undefined;
  if (checkNesting(workflow, findings)) checkCycles(workflow, findings);
  return workflow;

  function apiOf(record: Readonly<Record<string, unknown>>): Workflow | undefined {
    const entries = Object.values(record);
    if (entries.length > 0 && entries.some(entry => isRecord(entry) && 'class_type' in entry)) {
      return parseApiWorkflow(record, path, findings);
    }
    findings.add(
      path,
      'is neither a workflow of the page (`nodes`) nor one of the API (`class_type`)',
    );
    return undefined;
  }
}

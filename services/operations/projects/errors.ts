import { ErrorCode, RecoveryError } from '../../errors.ts';

/** Something that is wrong with a file, and where. JSON-safe. */
export interface Finding {
  /** JSON pointer (RFC 6901) into the file; empty for the whole of it. */
  readonly pointer: string;
  /** Continues a sentence that begins with the place: `is no URL`. */
  readonly problem: string;
}

/** Something that a workflow needs and nobody knows where to get. JSON-safe. */
export interface Unresolved {
  readonly kind: 'model' | 'node';
  /** File name of the model, or class type of the node. */
  readonly name: string;
  /** What is missing, and what is known. */
  readonly problem: string;
  /** Where the workflow names it: JSON pointers, the first ten. */
  readonly pointers: readonly string[];
}

/** Problems that a message tells; `details` has more of them. */
const TOLD = 12;

interface FileErrorFacts {
  /** What the problems are about. */
  readonly subject: string;
  /** The first hundred. */
  readonly problems: readonly Finding[];
  /** How many there are in all, as far as they were looked for. */
  readonly total: number;
}

/** A file that cannot be used; `details.problems` says what is wrong where, `details.total` how much. */
class FileError extends RecoveryError {
  constructor(code: ErrorCode, { subject, problems, total }: FileErrorFacts) {
    const told = problems.slice(0, TOLD).map(inWords);
    if (total > told.length) told.push(`and ${total - told.length} more`);
    super(code, `${subject} cannot be used: ${told.join('; ')}`, {
      details: { problems, total },
    });
  }
}

/** A workflow, or a bundle with one, that is malformed, hostile or beyond a limit. */
export class WorkflowError extends FileError {
  constructor(facts: FileErrorFacts) {
    super(ErrorCode.WORKFLOW, facts);
  }
}

/** A catalogue that is malformed or hostile. */
export class CatalogueError extends FileError {
  constructor(facts: FileErrorFacts) {
    super(ErrorCode.CATALOGUE, facts);
  }
}

/** Models or nodes of a workflow that neither the catalogue nor the workflow itself tells a source of; `details.unresolved` names them. */
export class UnresolvedError extends RecoveryError {
  constructor(unresolved: readonly Unresolved[]) {
    const told = unresolved
      .slice(0, TOLD)
      .map(
        ({ kind, name, problem, pointers }) =>
          `${kind} "${name}" ${problem} (${pointers.slice(0, 3).join(', ')})`,
      );
    if (unresolved.length > told.length) told.push(`and ${unresolved.length - told.length} more`);
    super(ErrorCode.UNRESOLVED, `the workflow needs what is not known: ${told.join('; ')}`, {
      details: { unresolved: unresolved.slice(0, 100), total: unresolved.length },
    });
  }
}

/** There is a project, or something else, of that name. */
export class ProjectExistsError extends RecoveryError {
  constructor(name: string) {
    super(ErrorCode.PROJECT_EXISTS, `there is a project "${name}" already`, { details: { name } });
  }
}

/** There is no project of that name. */
export class ProjectMissingError extends RecoveryError {
  constructor(name: string) {
    super(ErrorCode.PROJECT_MISSING, `there is no project "${name}"`, { details: { name } });
  }
}

/** A project's own files are not what they were; `project.verify` with `repair` may mend it. */
export class ProjectDamagedError extends RecoveryError {
  constructor(name: string, problem: string) {
    super(ErrorCode.PROJECT_DAMAGED, `project "${name}" is damaged: ${problem}`, {
      details: { name, problem },
    });
  }
}

function inWords({ pointer, problem }: Finding): string {
  return pointer === '' ? `it ${problem}` : `${pointer} ${problem}`;
}

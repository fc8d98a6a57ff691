/** The calls of a simulated disk that change something. */
export type DiskCall =
  | 'open'
  | 'write'
  | 'fdatasync'
  | 'fsync'
  | 'rename'
  | 'unlink'
  | 'syncFolder';

/** Thrown in place of the call at which the machine stops, and by every call after it. */
export class MachineStopped extends Error {
  constructor(call: DiskCall, path: string) {
    super(`the machine stopped before ${call} ${path}`);
    this.name = 'MachineStopped';
  }
}

/** A system error as Node's `fs` would throw it. */
export class SimulatedDiskError extends Error {
  readonly code: string;
  readonly syscall: string;
  readonly path: string;

  constructor(code: string, syscall: DiskCall, path: string) {
    super(`${code}: simulated, ${syscall} '${path}'`);
    this.name = 'Error';
    this.code = code;
    this.syscall = syscall;
    this.path = path;
  }
}

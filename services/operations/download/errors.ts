import { ErrorCode, RecoveryError, type RecoveryErrorOptions } from '../../errors.ts';

/** The server answered with a status that is not the file. */
export class HttpStatusError extends RecoveryError {
  readonly status: number;
  /** The server's `Retry-After`, in milliseconds from now; undefined where it gave none. */
  readonly retryAfter: number | undefined;
  readonly url: string;

  constructor(url: string, status: number, statusText: string, retryAfter: number | undefined) {
    const details = { url, status, ...(retryAfter === undefined ? {} : { retryAfter }) };
    super(ErrorCode.HTTP_STATUS, `${url} answered ${`${status} ${statusText}`.trim()}`, {
      details,
    });
    this.status = status;
    this.retryAfter = retryAfter;
    this.url = url;
  }
}

/** The bytes did not arrive as they were announced; another attempt may well get them. */
export class TransferError extends RecoveryError {
  constructor(message: string, options?: RecoveryErrorOptions) {
    super(ErrorCode.TRANSFER, message, options);
  }
}

/** There is not enough room for the file; no retry makes any. `details.needed` and `details.free` are bytes, where they are known. */
export class DiskSpaceError extends RecoveryError {
  constructor(message: string, options?: RecoveryErrorOptions) {
    super(ErrorCode.DISK_SPACE, message, options);
  }
}

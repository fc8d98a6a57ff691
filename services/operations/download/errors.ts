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

export interface DiskSpaceFacts extends RecoveryErrorOptions {
  readonly folder: string;
  readonly needed: number | undefined;
  readonly free: number | undefined;
}

/** There is not enough room for the file; no retry makes any. */
export class DiskSpaceError extends RecoveryError {
  /** Bytes of the file that have no place yet; undefined where its size is not known. */
  readonly needed: number | undefined;
  /** Bytes; undefined where the file system does not tell. */
  readonly free: number | undefined;

  constructor(message: string, { folder, needed, free, ...options }: DiskSpaceFacts) {
    const facts = {
      folder,
      ...(needed === undefined ? {} : { needed }),
      ...(free === undefined ? {} : { free }),
    };
    super(ErrorCode.DISK_SPACE, message, { ...options, details: facts });
    this.needed = needed;
    this.free = free;
  }
}

export interface DownloadResult {
  /** Absolute. */
  readonly file: string;
  readonly bytes: number;
  /** Of the whole file, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  /** Bytes that were there before the attempt that finished it: 0 for a download in one go, `bytes` when there was nothing left to fetch. */
  readonly resumedFrom: number;
}

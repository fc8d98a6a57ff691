/** Operations that come with the library: functions to pass to `recovery.operation(name, fn)`. */
export {
  DiskSpaceError,
  type DownloadInput,
  type DownloadProgress,
  type DownloadResult,
  download,
  HttpStatusError,
  TransferError,
} from './services/operations/download.ts';
export {
  createDownloads,
  type Downloads,
  type DownloadsOptions,
} from './services/operations/downloads.ts';

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
export {
  CommandError,
  CommandMissingError,
  createInstallations,
  type Ecosystem,
  InstallationBusyError,
  type InstallationProgress,
  type Installations,
  type InstallationsOptions,
  type Installed,
  type InstallInput,
  type InstallResult,
  type Protocol,
  type RepositoryAuth,
  type RootOptions,
  type SweepReport,
  type Trouble,
  type UninstallInput,
  type UninstallResult,
  type UpdateInput,
  VerificationError,
  type VerifyFacts,
  type VerifyReport,
} from './services/operations/installations.ts';

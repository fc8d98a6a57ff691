import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { OperationConflictError } from '../../../services/errors.ts';
import { type OperationView, RecoveryState } from '../../../services/ports.ts';
import type { DownloadRequest } from '../dependencies.ts';
import { isFinal, labelOf, type Status } from '../display/status.ts';
import { isDownloaded } from '../outcome.ts';
import type { Workplace } from '../workplace/workplace.ts';

/** What a repeated command means. */
export type Plan =
  /** It is new. */
  | { readonly kind: 'start'; readonly id: string; readonly status: Status }
  /** It is unfinished: attach to it. */
  | { readonly kind: 'attach'; readonly id: string; readonly status: Status }
  /** It failed: let it try again. */
  | { readonly kind: 'retry'; readonly id: string; readonly status: Status }
  /** It succeeded, and its file is still there. */
  | { readonly kind: 'there'; readonly id: string; readonly view: OperationView };

/** The same address and file are the same download. */
export function downloadId({ url, file }: DownloadRequest): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([url, file]))
    .digest('hex');
  return `download-${digest.slice(0, 12)}`;
}

/**
 * A finished operation keeps its input and its success for ever; so where the input is another one now, or the file has gone, the
 * download begins as a new operation, whose id has a number behind it.
 * @throws OperationConflictError when an unfinished one has other options
 */
export async function planDownload(
  place: Workplace,
  request: DownloadRequest,
  wantedId: string | undefined,
): Promise<Plan> {
  const isThere = (output: unknown) => fileIsThere(place, output);
  return planRepeated(place, request, downloadId(request), wantedId, isThere);
}

/**
 * What a command means that may have been given before.
 * @param madeId made from the request, for where no id is wanted
 * @param isThere whether what an operation has made that succeeded is still there
 * @throws OperationConflictError when an unfinished one has other options
 */
export async function planRepeated(
  place: Workplace,
  request: object,
  madeId: string,
  wantedId: string | undefined,
  isThere: (output: unknown) => Promise<boolean>,
): Promise<Plan> {
  const base = wantedId ?? madeId;
  let id = base;
  for (let number = 2; ; number += 1) {
    const view = await place.view(id);
    const plan = await planFor(view, id, request, isThere);
    if (plan !== undefined) return plan;
    if (wantedId !== undefined) throw conflict(id);
    id = `${base}-${number}`;
  }
}

/** Undefined: the operation of that id is over and done with. */
async function planFor(
  view: OperationView | undefined,
  id: string,
  request: object,
  isThere: (output: unknown) => Promise<boolean>,
): Promise<Plan | undefined> {
  const status: Status = {
    id,
    label: labelOf({ id, input: request }),
    state: view?.state ?? RecoveryState.PENDING,
    attempt: view?.attempt ?? 0,
    reason: null,
    progress: null,
  };
  if (view === undefined) return { kind: 'start', id, status };
  const sameInput = isSameInput(view.input, request);
  if (!isFinal(view.state)) {
    if (!sameInput) throw conflict(id);
    return { kind: 'attach', id, status };
  }
  if (!sameInput) return undefined;
  if (view.state !== RecoveryState.SUCCESS) return { kind: 'retry', id, status };
  return (await isThere(view.output)) ? { kind: 'there', id, view } : undefined;
}

/** Headers and credentials are not in the store: another value of one is the same wish. */
function isSameInput(stored: unknown, request: object): boolean {
  const { headers = {}, auth, ...rest } = request as WithSecrets;
  const { headers: known = {}, auth: opened, ...there } = (stored ?? {}) as WithSecrets;
  const names = [Object.keys(known).sort(), Object.keys(headers).sort()];
  const alike =
    isDeepStrictEqual(names[0], names[1]) && (auth === undefined) === (opened === undefined);
  return alike && isDeepStrictEqual(there, rest);
}

type WithSecrets = Pick<DownloadRequest, 'headers'> & { readonly auth?: unknown };

/** Where nobody can look it is believed to be there. */
async function fileIsThere(place: Workplace, output: unknown): Promise<boolean> {
  if (!isDownloaded(output)) return false;
  return (await place.hasFile(output.file, output.bytes)) ?? true;
}

function conflict(id: string): OperationConflictError {
  return new OperationConflictError(
    `the operation "${id}" has other options; repeat it with those, or \`cancel ${id}\` first, or name another with --id`,
    { details: { operationId: id } },
  );
}

import type { Subscription } from 'rxjs';
import type { RecoveryState, TransitionFilter } from '../../../services/ports.ts';
import { followServer, type ServerFeedItem } from '../../socket-client/index.ts';
import { ExitCode } from '../exit-code.ts';
import { Interrupts } from '../interrupts.ts';
import type { Io } from '../terminal-io.ts';
import { TransitionLines } from '../watch/lines.ts';
import { LiveList } from '../watch/live-list.ts';
import { type Site, type Workplace, withWorkplace } from '../workplace/workplace.ts';

export interface WatchOptions {
  readonly state?: readonly RecoveryState[];
  readonly name?: readonly string[];
  readonly json?: boolean;
}

/** Shows what a feed tells. */
export interface Watcher {
  /** What of it is wanted. */
  readonly filter: TransitionFilter;
  take(item: ServerFeedItem): void;
  /** Leaves the output tidy. Idempotent. */
  stop(): void;
}

const WHY_A_SERVER =
  'a store tells nothing while another process has it, and nothing happens in it while none has: name the server that has it with --server (`serve` starts one)';

/** Shows what happens at a server until it is told to stop: a live list on a terminal, else a line for each transition. */
export async function watchCommand(io: Io, site: Site, options: WatchOptions): Promise<ExitCode> {
  const { url, token } = site.server(WHY_A_SERVER);
  return withWorkplace(site, async place => {
    // What is wrong with the address or the token HTTP says best.
    await place.summaries({ limit: 1 });
    let end = () => {};
    let fail: (error: unknown) => void = () => {};
    const ended = new Promise<void>((resolve, reject) => {
      end = resolve;
      fail = reject;
    });
    const watcher = watcherFor(io, place, url, options, error => fail(error));
    const interrupts = new Interrupts(end, () => watcher.stop());
    let feed: Subscription | undefined;
    try {
      feed = followServer({
        url,
        filter: watcher.filter,
        ...(token === undefined ? {} : { token }),
      }).subscribe({ next: item => watcher.take(item), error: fail });
      await ended;
      return ExitCode.SUCCESS;
    } finally {
      feed?.unsubscribe();
      watcher.stop();
      interrupts.release();
    }
  });
}

function watcherFor(
  io: Io,
  place: Workplace,
  url: string,
  { state, name, json = false }: WatchOptions,
  fail: (error: unknown) => void,
): Watcher {
  const names = name === undefined ? {} : { names: name };
  const states = state === undefined ? {} : { states: state };
  const terminal = io.out.isTTY === true && process.env.TERM !== 'dumb';
  if (terminal && !json) return new LiveList({ io, place, url, ...names, ...states, fail });
  const lines = new TransitionLines({
    url,
    json,
    write: line => void io.out.write(`${line}\n`),
    note: line => void io.err.write(`${line}\n`),
  });
  return {
    filter: { ...names, ...states },
    take: item => lines.take(item),
    stop() {},
  };
}

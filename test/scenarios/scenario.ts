import type { Fault, ServedFile } from '../../adapters/cli/tour/faulty-server.ts';
import { sampleBytes } from '../../adapters/cli/tour/faulty-server.ts';
import { seededRandom } from '../../adapters/testing/index.ts';

/** A file on the server, and what its requests meet. */
export interface RemoteFile {
  readonly path: string;
  readonly content: Uint8Array;
  readonly served: ServedFile;
  /** The catalogue promises another content than the server has. */
  readonly wrong: boolean;
}

export interface Scenario {
  readonly seed: number;
  readonly kind: 'import' | 'download' | 'install';
  readonly files: readonly RemoteFile[];
  /** The input of a download tells its SHA-256. */
  readonly checked: boolean;
  /** The repository of a node, where the work has one. */
  readonly node: { readonly ref: 'main' | 'nowhere'; readonly packages: boolean } | undefined;
  /** What the requests to the git server are answered with, and milliseconds that the others wait. */
  readonly git: { readonly statuses: readonly number[]; readonly delay: number };
  /** For each life but the last: milliseconds until its kill, from its start or from when it is at work. */
  readonly kills: readonly { readonly from: 'start' | 'work'; readonly after: number }[];
  /** In the last life. */
  readonly cancelAfter: number | undefined;
}

/** Whether nothing can make it succeed. */
export const isDoomed = ({ files, node }: Scenario): boolean =>
  files.some(({ wrong }) => wrong) || node?.ref === 'nowhere';

/** Whether it may end badly: where bytes are corrupt in a file that comes in one go, the file is taken for another one, and not asked for again. */
export const mayFail = (scenario: Scenario): boolean =>
  isDoomed(scenario) ||
  scenario.files.some(({ served }) => served.faults?.some(({ kind }) => kind === 'corrupt'));

/** The same for the same seed. */
export function scenarioOf(seed: number): Scenario {
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const chance = (share: number) => random() < share;
  const pick = <T>(all: readonly T[]) => all[below(all.length)] as T;

  const kind = pick(['import', 'import', 'import', 'download', 'download', 'install'] as const);
  const checked = chance(0.6);
  const count = { import: 1 + below(3), download: 1, install: 0 }[kind];
  const files = Array.from({ length: count }, (_, at) => file(`/model-${at}.safetensors`));
  const hasNode = kind === 'install' || (kind === 'import' && chance(0.4));
  return {
    seed,
    kind,
    files,
    checked,
    node: hasNode ? { ref: chance(0.12) ? 'nowhere' : 'main', packages: chance(0.15) } : undefined,
    git: {
      statuses: Array.from({ length: below(3) }, () => pick([500, 502, 503])),
      delay: below(150),
    },
    kills: Array.from({ length: below(5) }, () =>
      chance(0.25) ? { from: 'start', after: below(900) } : { from: 'work', after: below(700) },
    ),
    cancelAfter: chance(0.12) ? below(500) : undefined,
  };

  function file(path: string): RemoteFile {
    const content = sampleBytes(20_000 + below(200_000), below(1e6));
    // Only a checksum tells that it is another file.
    const isChecked = kind === 'import' || checked;
    const wrong = isChecked && chance(0.06);
    const served: ServedFile = {
      content,
      ranges: !chance(0.15),
      length: !chance(0.1),
      pace: 100_000 + below(1_000_000),
      ...(chance(0.15) ? { etag: null } : {}),
      faults: Array.from({ length: below(5) }, () => fault(content, isChecked)),
    };
    return { path, content, served, wrong };
  }

  function fault(content: Uint8Array, isChecked: boolean): Fault {
    const after = below(content.length);
    switch (below(isChecked ? 10 : 8)) {
      case 0:
        return { kind: 'status', status: 503, retryAfter: chance(0.1) ? '1' : '0' };
      case 1:
        return { kind: 'status', status: pick([500, 502, 429]) };
      case 2:
        return { kind: 'short', after };
      case 3:
        return { kind: 'cap', bytes: 1 + after };
      case 4:
        return { kind: 'trickle', pace: 50_000 + below(100_000) };
      case 5:
        return { kind: 'whole' };
      case 6:
        // A download on its own does not wait long for a silent server.
        return kind === 'download' ? { kind: 'hang', after } : { kind: 'reset', after };
      case 7:
        return { kind: 'reset', after };
      case 8:
        return { kind: 'corrupt' };
      default:
        // The file changes and comes back: what was fetched before must not be mixed with it.
        return { kind: 'become', file: { content, etag: `"${below(1e9)}"`, pace: 400_000 } };
    }
  }
}

import type { ChartArrow, ChartModel, ChartNode } from './model.ts';
import { ROOT } from './targets.ts';

/** What is drawn of a chart, before it has places: boxes within boxes, and edges with their labels. */
export interface Drawing {
  /** Outer ones before those that they hold. */
  readonly boxes: readonly DrawnBox[];
  readonly edges: readonly DrawnEdge[];
}

export interface DrawnBox {
  /** A state's path, or a name with a slash, which no path has. */
  readonly id: string;
  /** `any` stands for every state, `group` holds what one event chooses between. */
  readonly kind: ChartNode['kind'] | 'any' | 'group';
  readonly parent: string | null;
  readonly label: string;
  /** A second line: the actors that live as long as the state. */
  readonly note: string;
  /** Whether what is around it begins here: a dot with a short arrow says so. */
  readonly first: boolean;
}

/** All arrows from one box to another. */
export interface DrawnEdge {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly arrows: readonly string[];
}

export const ANY = 'any/state';

/** A state that is entered from so many others, and is no end, is entered from a box that stands for them all: lines from each would cover the picture. */
const CROWD = 7;

/** States of which an event of the machine itself chooses one are shown together, if there are that many. */
const GROUP_SIZE = 3;

export function drawingOf(model: ChartModel): Drawing {
  const drawn = [...model.arrows.values()].filter(({ kind }) => kind !== 'internal');
  const groups = groupsOf(model, drawn);
  const outer = { parent: null, note: '', first: false };
  const frames = [...new Set(groups.values())].map(
    (event): DrawnBox => ({ ...outer, id: groupId(event), kind: 'group', label: `on ${event}` }),
  );
  const any: DrawnBox = { ...outer, id: ANY, kind: 'any', label: 'any state' };
  const begun = new Set([...model.nodes.values()].map(({ initial }) => initial));
  const states = [...model.nodes.values()]
    .filter(({ path }) => path !== ROOT)
    .map(node => boxOf(node, groups, begun.has(node.path)));
  const hasAny = drawn.some(({ source }) => source === ROOT);
  // What is in a frame is told apart by that.
  const crowded = new Set([...crowdedIn(model, drawn)].filter(path => !groups.has(path)));
  const crowds = [...crowded].map((path): DrawnBox => {
    const parent = model.nodes.get(path)?.parent ?? ROOT;
    const within = parent === ROOT ? null : parent;
    return { ...outer, id: crowdId(path), kind: 'any', parent: within, label: 'several states' };
  });
  return {
    boxes: [...frames, ...(hasAny ? [any] : []), ...states, ...crowds],
    edges: merged(drawn, crowded),
  };
}

const groupId = (event: string): string => `group/${event}`;

function boxOf(
  { path, kind, parent, label, invoked }: ChartNode,
  groups: ReadonlyMap<string, string>,
  first: boolean,
): DrawnBox {
  const group = groups.get(path);
  const within = parent === ROOT ? null : parent;
  return {
    id: path,
    kind,
    parent: group === undefined ? within : groupId(group),
    label,
    note: invoked.length === 0 ? '' : `do / ${invoked.map(({ id }) => id).join(', ')}`,
    first,
  };
}

/** The event by which a group of states is entered from anywhere, by the states' paths. */
function groupsOf(model: ChartModel, drawn: readonly ChartArrow[]): ReadonlyMap<string, string> {
  const groups = new Map<string, string>();
  const ofRoot = drawn.filter(({ source }) => source === ROOT);
  for (const event of new Set(ofRoot.map(arrow => arrow.event))) {
    const chosen = new Set(ofRoot.filter(arrow => arrow.event === event).flatMap(a => a.targets));
    const free = [...chosen].filter(path => model.nodes.get(path)?.parent === ROOT);
    const open = free.filter(path => !groups.has(path));
    if (open.length >= GROUP_SIZE) for (const path of open) groups.set(path, event);
  }
  return groups;
}

const crowdId = (path: string): string => `several/${path}`;

function crowdedIn(model: ChartModel, drawn: readonly ChartArrow[]): ReadonlySet<string> {
  const sources = new Map<string, Set<string>>();
  for (const { source, targets } of drawn) {
    for (const target of targets) {
      sources.set(target, (sources.get(target) ?? new Set()).add(source));
    }
  }
  const crowded = [...sources].filter(
    ([path, { size }]) => size >= CROWD && model.nodes.get(path)?.kind === 'atomic',
  );
  return new Set(crowded.map(([path]) => path));
}

/** Arrows between the same two boxes become one edge. */
function merged(arrows: readonly ChartArrow[], crowded: ReadonlySet<string>): readonly DrawnEdge[] {
  const edges = new Map<string, DrawnEdge>();
  for (const arrow of arrows) {
    for (const target of arrow.targets) {
      const alone = arrow.source === ROOT ? ANY : arrow.source;
      const source = crowded.has(target) ? crowdId(target) : alone;
      const id = `${source}->${target}`;
      const known = edges.get(id)?.arrows ?? [];
      edges.set(id, { id, source, target, arrows: [...known, arrow.id] });
    }
  }
  return [...edges.values()];
}

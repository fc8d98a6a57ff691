import { z } from 'zod';
import { isRecord } from './document.ts';
import type { Findings, Path } from './findings.ts';
import type { DeclaredModel, GraphNode, NamedValue, NodePack } from './graph.ts';
import { noteIssues } from './issues.ts';
import { widgetName } from './loaders.ts';
import { normalisedModelName, pathProblem, urlProblem } from './safe-names.ts';

export const NO_PACK: NodePack = { registry: undefined, github: undefined, version: undefined };
/** Levels of objects in a widget's value that are looked into. */
const VALUE_DEPTH = 3;
const SHA256 = /^[0-9a-f]{64}$/i;
const GITHUB = /^[a-z\d](?:[a-z\d-]{0,38})\/[a-z\d](?:[\w.-]{0,98})$/i;

/** The texts of a widget's or input's value; some nodes keep a small object there, such as a LoRA with its strength. */
export function textsIn(
  value: unknown,
  path: Path,
  name: string | undefined,
  index?: number,
  depth = 0,
): NamedValue[] {
  if (typeof value === 'string') return [{ name, index, value, path }];
  if (depth >= VALUE_DEPTH || typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const own = Array.isArray(value);
    return textsIn(
      child,
      [...path, own ? Number(key) : key],
      own ? name : key,
      undefined,
      depth + 1,
    );
  });
}

/** The texts of `widgets_values`, with the names that the node's own inputs, or the table of loaders, give them. */
export function widgetTexts(
  type: string,
  widgets: unknown,
  inputs: readonly unknown[],
  path: Path,
): NamedValue[] {
  if (!Array.isArray(widgets)) return textsIn(widgets, path, undefined);
  const named = inputs.flatMap(input =>
    isRecord(input) && isRecord(input.widget) && typeof input.widget.name === 'string'
      ? [input.widget.name]
      : [],
  );
  const known = named.length === widgets.length ? named : [];
  return widgets.flatMap((value: unknown, index) =>
    textsIn(value, [...path, index], widgetName(type, index) ?? known[index], index),
  );
}

const declared = z.looseObject({
  name: z.string().max(500),
  url: z.string().optional(),
  directory: z.string().optional(),
  hash: z.string().optional(),
  hash_type: z.string().optional(),
});

/** `models` of a node's properties, or of the whole workflow. */
export function declaredModels(value: unknown, path: Path, findings: Findings): DeclaredModel[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    findings.add(path, 'must be an array');
    return [];
  }
  return value.flatMap((item: unknown, index) => {
    const at = [...path, index];
    const parsed = declared.safeParse(item);
    if (!parsed.success) {
      noteIssues(findings, at, parsed.error);
      return [];
    }
    const { name, url, directory, hash, hash_type: hashType } = parsed.data;
    findings.note([...at, 'name'], pathProblem(normalisedModelName(name)));
    if (url) findings.note([...at, 'url'], urlProblem(url));
    if (directory) findings.note([...at, 'directory'], pathProblem(directory));
    const sha256 = /^sha-?256$/i.test(hashType ?? '') && SHA256.test(hash ?? '') ? hash : undefined;
    return {
      name: normalisedModelName(name),
      url: url || undefined,
      folder: directory || undefined,
      sha256: sha256?.toLowerCase(),
      path: at,
    };
  });
}

/** What the properties of a node say about where it comes from. Ids that make no sense are none. */
export function packOf(properties: Readonly<Record<string, unknown>>): NodePack {
  const text = (value: unknown) =>
    typeof value === 'string' && value !== '' && value.length <= 200 ? value : undefined;
  const github = text(properties.aux_id);
  return {
    registry: text(properties.cnr_id),
    github: github !== undefined && GITHUB.test(github) ? github : undefined,
    version: text(properties.ver),
  };
}

/** `[inner node, its widget]` for each widget of a node that stands for a subgraph. */
export function proxiesOf(properties: Readonly<Record<string, unknown>>): GraphNode['proxies'] {
  const { proxyWidgets } = properties;
  if (!Array.isArray(proxyWidgets)) return [];
  return proxyWidgets.map((pair: unknown) => {
    const [id, widget] = Array.isArray(pair) ? (pair as readonly unknown[]) : [];
    return [String(id), typeof widget === 'string' ? widget : ''] as const;
  });
}

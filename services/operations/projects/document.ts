import type { Findings, Path } from './findings.ts';

/** What a JSON file may be at most. */
export interface DocumentLimits {
  /** Bytes of the file. @default 33554432 (32 MiB) */
  readonly bytes: number;
  /** Levels of arrays and objects. @default 64 */
  readonly depth: number;
  /** Arrays, objects, texts and numbers in all. @default 2000000 */
  readonly values: number;
}

export const DOCUMENT_LIMITS: DocumentLimits = {
  bytes: 32 * 1024 * 1024,
  depth: 64,
  values: 2_000_000,
};

/** Names that would reach an object's prototype where somebody copies properties carelessly. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);
const MAX_KEY = 1_000;

interface Frame {
  readonly value: object;
  readonly parent: Frame | undefined;
  readonly key: string | number;
  readonly depth: number;
}

/** Parses a file's text as JSON. What is wrong goes to `findings`, and the value is undefined then. */
export function parseDocument(
  text: string,
  findings: Findings,
  limits: DocumentLimits = DOCUMENT_LIMITS,
): unknown {
  if (Buffer.byteLength(text) > limits.bytes) {
    findings.add([], `is larger than ${limits.bytes} bytes`);
    return undefined;
  }
  let value: unknown;
  try {
    value = JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch (error) {
    findings.add([], `is not JSON: ${error instanceof Error ? shortened(error.message) : ''}`);
    return undefined;
  }
  return checkDocument(value, findings, limits) ? value : undefined;
}

/** Whether a parsed value keeps the limits and has no key that could reach a prototype. Walks without recursion, as depth is what it checks. */
export function checkDocument(
  value: unknown,
  findings: Findings,
  limits: DocumentLimits = DOCUMENT_LIMITS,
): boolean {
  const before = findings.total;
  const stack: Frame[] = [];
  if (typeof value === 'object' && value !== null) {
    stack.push({ value, parent: undefined, key: '', depth: 1 });
  }
  let values = 1;
  for (let frame = stack.pop(); frame !== undefined; frame = stack.pop()) {
    if (frame.depth > limits.depth) {
      findings.add(pathOf(frame), `is nested deeper than ${limits.depth} levels`);
      continue;
    }
    for (const [key, child] of Object.entries(frame.value)) {
      values += 1;
      if (values > limits.values) {
        findings.add([], `has more than ${limits.values} values`);
        return false;
      }
      const step = Array.isArray(frame.value) ? Number(key) : key;
      if (FORBIDDEN_KEYS.has(key)) findings.add([...pathOf(frame), key], 'has a forbidden name');
      else if (key.length > MAX_KEY) {
        findings.add(pathOf(frame), `has a name of more than ${MAX_KEY} characters`);
      }
      if (typeof child === 'object' && child !== null) {
        stack.push({ value: child, parent: frame, key: step, depth: frame.depth + 1 });
      }
    }
  }
  return findings.total === before;
}

function pathOf(frame: Frame): Path {
  const path: (string | number)[] = [];
  for (let at = frame; at.parent !== undefined; at = at.parent) path.push(at.key);
  return path.reverse();
}

/** The parser quotes the text around the place, which may be long and is somebody else's. */
function shortened(message: string): string {
  return message.length <= 120 ? message : `${message.slice(0, 120)}…`;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

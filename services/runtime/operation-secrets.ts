import type { JsonError } from '../../machines/json-error.ts';
import { errorToJson } from '../error-json.ts';
import { SecretsMissingError, ValidationError } from '../errors.ts';
import { fromJson, toStrictJson } from '../json.ts';
import type { Definition } from './definition.ts';
import type { SecretPaths } from './secret-paths.ts';

/** Shorter text is found everywhere. */
const SHORTEST = 6;
const INSTEAD = '[secret]';

/** An operation's secrets: they live in this object only, and what the operation tells goes through it. */
export class OperationSecrets {
  readonly #definition: Definition;
  readonly #paths: SecretPaths;
  readonly #id: string;
  /** The input, with secrets as far as they are known. */
  #whole: string | null;
  #missing: readonly string[] = [];
  #has = false;
  /** What must not be told, the longest first; each as it is and as it stands in JSON. */
  #needles: readonly (readonly [plain: string, inJson: string])[] = [];

  constructor(definition: Definition, paths: SecretPaths, id: string, whole: string | null) {
    this.#definition = definition;
    this.#paths = paths;
    this.#id = id;
    this.#whole = whole;
    this.#learn(whole);
  }

  get areMissing(): boolean {
    return this.#missing.length > 0;
  }

  /** Whether the input has any, known or not. Where it has none, there is nothing to keep back. */
  get any(): boolean {
    return this.#has || this.areMissing;
  }

  get whole(): string | null {
    return this.#whole;
  }

  /** Somebody has started the same operation again, and brings them. */
  offer(whole: string | null): void {
    if (this.areMissing && this.#paths.missing(whole).length === 0) this.#learn(whole);
  }

  /**
   * Asks for those that are missing.
   * @throws SecretsMissingError, and what `resolveSecrets` throws
   */
  async resolve(signal: AbortSignal): Promise<void> {
    const { options, name } = this.#definition;
    const { resolveSecrets } = options;
    if (resolveSecrets === undefined) throw new SecretsMissingError(this.#id, name, this.#missing);
    const facts = { id: this.#id, paths: this.#missing, signal };
    const given: unknown = await resolveSecrets(fromJson(this.#whole), facts);
    const text = toStrictJson(given ?? {}, 'what resolveSecrets gives');
    this.#learn(this.#paths.fill(this.#whole, fromJson(text) as Record<string, unknown>));
    if (this.areMissing) throw new SecretsMissingError(this.#id, name, this.#missing);
  }

  #learn(whole: string | null): void {
    this.#whole = whole;
    this.#missing = this.#paths.missing(whole);
    const { values } = this.#paths.hide(whole);
    this.#has = values.length > 0;
    const needles = new Set(values.flatMap(texts).flatMap(disguises));
    this.#needles = [...needles]
      .filter(text => text.length >= SHORTEST)
      .sort((one, other) => other.length - one.length)
      .map(text => [text, inJson(text)]);
  }

  /** An error as it is told, without secrets. */
  told(error: unknown): JsonError {
    return this.scrubbed(errorToJson(error));
  }

  /** The same value, or one without secrets where it has any. */
  scrubbed<T>(value: T): T {
    if (this.#needles.length === 0 || value === undefined) return value;
    if (typeof value === 'string') return this.#without(value, 0) as T;
    let text: string | undefined;
    try {
      text = JSON.stringify(value instanceof Error ? errorToJson(value) : value);
    } catch {
      return INSTEAD as T;
    }
    if (text === undefined || !this.#tells(text)) return value;
    return JSON.parse(this.#without(text, 1)) as T;
  }

  #without(text: string, form: 0 | 1): string {
    return this.#needles.reduce((left, needle) => left.replaceAll(needle[form], INSTEAD), text);
  }

  #tells(json: string): boolean {
    return this.#needles.some(([, needle]) => json.includes(needle));
  }

  /** @throws ValidationError for JSON text that would tell a secret to whoever reads the store */
  refuse(json: string | null, what: string): void {
    if (json === null || !this.#tells(json)) return;
    throw new ValidationError(
      `${what} has a secret of operation "${this.#id}" in it, and would be stored`,
      {
        details: { operationId: this.#id },
      },
    );
  }
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number') return [String(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}

/** What a secret looks like in addresses, headers and JSON within text; of `Bearer x`, the last word alone tells as much. */
function disguises(text: string): string[] {
  const forms = [text, text.trim().split(/\s+/).at(-1) ?? text];
  return forms.flatMap(form => [
    form,
    inAddress(form, encodeURIComponent),
    inAddress(form, encodeURI),
    inJson(form),
    Buffer.from(form).toString('base64'),
  ]);
}

/** Half of a pair of surrogates has no place in an address. */
function inAddress(text: string, encoded: (text: string) => string): string {
  return encoded(text.replace(/[\ud800-\udfff]/g, ''));
}

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);

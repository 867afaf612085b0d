import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { GgufNumbers, GgufValue } from './metadata.ts';
import { ggufParseError } from './parse-error.ts';

/** The metadata of a file by key, each read with its required type; a refusal names file and key. */
export class MetadataView {
  readonly path: string;
  private readonly values: ReadonlyMap<string, GgufValue>;

  constructor(path: string, values: ReadonlyMap<string, GgufValue>) {
    this.path = path;
    this.values = values;
  }

  has(key: string): boolean {
    return this.values.has(key);
  }

  /** The value of any type. */
  value(key: string): GgufValue | undefined {
    return this.values.get(key);
  }

  text(key: string): string | null {
    return this.typed(key, 'text', (value) => (typeof value === 'string' ? value : null));
  }

  requiredText(key: string): string {
    return this.required(key, this.text(key));
  }

  number(key: string): number | null {
    return this.typed(key, 'a number', (value) => (typeof value === 'number' && Number.isFinite(value) ? value : null));
  }

  /** A whole number from 0 up to `largest`. */
  count(key: string, largest = 2 ** 31 - 1): number | null {
    return this.typed(key, `a whole number up to ${largest}`, (value) =>
      typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= largest ? value : null,
    );
  }

  /** Reads a `count` of at least 1. */
  requiredCount(key: string, largest?: number): number {
    const value = this.required(key, this.count(key, largest));
    if (value === 0) throw ggufParseError(this.path, `has the value 0 in "${key}"`);
    return value;
  }

  flag(key: string): boolean | null {
    return this.typed(key, 'true or false', (value) => (typeof value === 'boolean' ? value : null));
  }

  texts(key: string): readonly string[] | null {
    return this.typed(key, 'a list of texts', (value) =>
      Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? value : null,
    );
  }

  requiredTexts(key: string): readonly string[] {
    return this.required(key, this.texts(key));
  }

  numbers(key: string): GgufNumbers | null {
    return this.typed(key, 'a list of numbers', (value) => (ArrayBuffer.isView(value) ? value : null));
  }

  /** A number, or a list of one number for each layer that must all be the same. */
  sameCount(key: string): number | null {
    const list = this.values.get(key);
    if (!ArrayBuffer.isView(list)) return this.count(key);
    const [first] = list;
    if (first === undefined || !list.every((value) => value === first))
      throw new StudioError(
        'refused',
        `${this.path} gives its layers different values in "${key}".`,
        'Models whose layers differ in shape are not supported.',
      );
    return Number.isInteger(first) && first >= 0 ? first : this.count(key);
  }

  private typed<T>(key: string, wanted: string, read: (value: GgufValue) => T | null): T | null {
    const value = this.values.get(key);
    if (value === undefined) return null;
    const found = read(value);
    if (found === null) throw ggufParseError(this.path, `has something else than ${wanted} in "${key}"`);
    return found;
  }

  private required<T>(key: string, value: T | null): T {
    if (value === null) throw ggufParseError(this.path, `lacks the key "${key}"`);
    return value;
  }
}

import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { mapOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import { compilePythonRegex, mayExplode, patternClock, tooSlow } from '../targets/python-regex.ts';

/**
 * The values that a pattern of PEFT's (rank_pattern, alpha_pattern) gives modules: keys are names, their ends or regular
 * expressions (`^(.*\\.)?(key)$`), and the first that matches wins.
 */
export class NamePattern {
  private readonly entries: readonly (readonly [key: string, value: number])[];
  private readonly field: string;
  private readonly compiled = new Map<string, RegExp>();
  private readonly found = new Map<string, number | null>();
  private readonly clock = patternClock();
  private readonly mayExplode: boolean;
  /** The key that is being matched, for messages. */
  private key = '';

  /** @param field the pattern's key, for messages. */
  constructor(pattern: Readonly<Record<string, number>>, field: string) {
    this.entries = Object.entries(pattern);
    this.field = field;
    this.mayExplode = mayExplode(...this.entries.flatMap(([key]) => (isPlain.test(key) ? [] : key)));
  }

  /**
   * @param names the module's names, today's first; older ones are tried only for a key that does not match today's.
   * @returns `fallback` without a match.
   * @throws StudioError invalid_input for a key that is no expression, or that takes too long.
   */
  valueOf(names: readonly string[], fallback: number): number {
    const known = names.join('\n');
    let value = this.found.get(known);
    if (value === undefined) {
      value =
        this.bounded(() => this.entries.find(([key]) => names.some((name) => this.matches(key, name))))?.[1] ?? null;
      this.found.set(known, value);
    }
    return value ?? fallback;
  }

  /** The entries whose keys mean one of the modules, by whatever key before them it is met too. */
  matching(names: readonly string[]): Record<string, number> {
    return Object.fromEntries(
      this.bounded(() => this.entries.filter(([key]) => names.some((name) => this.matches(key, name)))),
    );
  }

  private matches(key: string, name: string): boolean {
    if (isPlain.test(key)) return isEnd(key, name);
    this.key = key;
    let expression = this.compiled.get(key);
    if (expression === undefined) {
      // By itself first, so that a refusal shows the key as it was written.
      compilePythonRegex(key, 'start', this.field, this.clock);
      expression = compilePythonRegex(`(.*\\.)?(${key})$`, 'start', this.field, this.clock);
      this.compiled.set(key, expression);
    }
    return expression.test(name);
  }

  /** One call for all keys: to be stopped from outside costs more than to match one. */
  private bounded<Result>(run: () => Result): Result {
    return this.mayExplode ? this.clock.run((seconds) => tooSlow(this.field, this.key)(seconds), run) : run();
  }
}

/** A name, in which a dot stands for any character. */
const isPlain = /^[\w.-]+$/;

/** Matches like `(.*\\.)?(key)$`, without compiling twenty thousand expressions for as many keys. */
function isEnd(key: string, name: string): boolean {
  const start = name.length - key.length;
  if (start < 0 || (start > 0 && name[start - 1] !== '.')) return false;
  for (let at = 0; at < key.length; at++) if (key[at] !== '.' && key[at] !== name[start + at]) return false;
  return true;
}

/** By the pattern as it stands among the parameters, which live as long as the adapter. */
const kept = new WeakMap<object, NamePattern>();

/** A pattern among an adapter's parameters, read once. */
export function patternOf(parameters: ParameterValues, field: string): NamePattern {
  const given = parameters[field];
  const key = typeof given === 'object' && given !== null ? given : null;
  const known = key === null ? undefined : kept.get(key);
  if (known !== undefined) return known;
  const made = new NamePattern(mapOf(parameters, field), field);
  if (key !== null) kept.set(key, made);
  return made;
}

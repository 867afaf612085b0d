import type { Catalog } from '../../../src-shared/domain/catalog.ts';
import type { ParameterSpec, ParameterValues } from '../../../src-shared/domain/parameter.ts';
import { checkParameters, firstProblem } from '../../../src-shared/domain/parameter-check.ts';
import type { PruningConfig } from '../../../src-shared/studies/pruning.ts';

type PruneMethodEntry = Catalog['pruneMethods'][number];

export interface PatternChoice {
  /** Identity in a set of chosen patterns. */
  readonly key: string;
  readonly label: string;
  /** The method's own name, above its choices; null where the method has none. */
  readonly group: string | null;
  readonly method: string;
  readonly parameters: ParameterValues;
}

/**
 * The patterns that can be ticked: each method of the catalog that runs over no grid, once for every value of its first
 * choice (low, middle and high third are three patterns), else once with its defaults.
 */
export function patternChoices(methods: readonly PruneMethodEntry[]): PatternChoice[] {
  return methods
    .filter((method) => method.grid === null)
    .flatMap((method): PatternChoice[] => {
      const choice = firstChoice(method);
      if (!choice) return [{ key: method.id, label: method.label, group: null, method: method.id, parameters: {} }];
      return (choice.choices ?? []).map(({ value, label }) => ({
        key: `${method.id}/${value}`,
        label,
        group: method.label,
        method: method.id,
        parameters: { [choice.name]: value },
      }));
    });
}

function firstChoice(method: PruneMethodEntry): ParameterSpec | undefined {
  return method.parameters.find((parameter) => parameter.type === 'choice');
}

/** The parameters that a form has fields for: all but the one that is a grid, or that is ticked value by value. */
export function fieldsOfMethod(method: PruneMethodEntry): ParameterSpec[] {
  const placed = method.grid ?? firstChoice(method)?.name;
  return method.parameters.filter(({ name }) => name !== placed);
}

/** The parameter that the curve of a method runs over; null where it runs over none. */
export function gridOfMethod(method: PruneMethodEntry): ParameterSpec | null {
  return method.parameters.find(({ name }) => name === method.grid) ?? null;
}

/** Ticked at first: the paper's patterns, which keep even layers or one third of them. */
export function isUsual(pattern: PatternChoice): boolean {
  return pattern.key !== 'every-other-layer/odd';
}

/** What a grid holds at first: shares up to 0.9, powers of two up to the default, else the default alone. */
export function usualGrid(spec: ParameterSpec): string {
  const least = spec.minimum ?? Number.NEGATIVE_INFINITY;
  const most = spec.maximum ?? Number.POSITIVE_INFINITY;
  if (spec.type === 'number' && most <= 1) return '0.25, 0.5, 0.75, 0.9';
  const powers = spec.type === 'integer' ? [1, 2, 4, 8, 16, 32, 64] : [];
  const usual = powers.filter((power) => power >= least && power <= Math.min(most, Number(spec.default)));
  return usual.length > 0 ? usual.join(', ') : String(spec.default);
}

/** "0.25, 50 %, 0.9" → values that the parameter takes, in rising order, each once; null where one is none. */
export function gridFromText(spec: ParameterSpec, text: string): number[] | null {
  const values: number[] = [];
  for (const part of text.replaceAll(/\s*%/g, '%').split(/[\s,;]+/)) {
    if (part === '') continue;
    const value = part.endsWith('%') ? Number(part.slice(0, -1)) / 100 : Number(part);
    if (checkParameters([spec], { [spec.name]: value }).size > 0) return null;
    values.push(value);
  }
  return [...new Set(values)].sort((first, second) => first - second);
}

/** What is ticked and typed in the form of a pruning study. */
export interface PruneChoices {
  /** Keys of the patterns that are not ticked; null: as at first. */
  readonly unticked: ReadonlySet<string> | null;
  /** By method: the text of its grid, where it was changed. */
  readonly grids: Readonly<Record<string, string>>;
  /** By method: the values of its other parameters. */
  readonly parameters: Readonly<Record<string, ParameterValues>>;
}

export const firstChoices: PruneChoices = { unticked: null, grids: {}, parameters: {} };

export function isTicked(pattern: PatternChoice, { unticked }: PruneChoices): boolean {
  return unticked === null ? isUsual(pattern) : !unticked.has(pattern.key);
}

export function toggled(patterns: readonly PatternChoice[], choices: PruneChoices, key: string): PruneChoices {
  const unticked = new Set(patterns.filter((pattern) => !isTicked(pattern, choices)).map((pattern) => pattern.key));
  if (!unticked.delete(key)) unticked.add(key);
  return { ...choices, unticked };
}

/** The grid of a method as it is typed. */
export function gridText(method: PruneMethodEntry, { grids }: PruneChoices): string {
  const spec = gridOfMethod(method);
  return grids[method.id] ?? (spec ? usualGrid(spec) : '');
}

/**
 * What of the choices a pruning study is made of: its patterns and its sparsities; or the sentence that says what is wrong.
 * Its curve is that of magnitude pruning with each factor by itself: other methods with a grid, and other ways of this one,
 * are a pattern for each value.
 */
export function studyParts(
  methods: readonly PruneMethodEntry[],
  choices: PruneChoices,
): Pick<PruningConfig, 'patterns' | 'sparsities'> | string {
  const patterns = patternChoices(methods)
    .filter((pattern) => isTicked(pattern, choices))
    .map(({ method, parameters }) => ({ method, parameters: { ...choices.parameters[method], ...parameters } }));
  let sparsities: number[] = [];
  for (const method of methods) {
    const values = choices.parameters[method.id] ?? {};
    const problem = firstProblem(fieldsOfMethod(method), values);
    if (problem !== null) return `${method.label}: ${problem}`;
    const spec = gridOfMethod(method);
    if (spec === null) continue;
    const grid = gridFromText(spec, gridText(method, choices));
    if (grid === null) return `${method.label}: ${gridProblem(spec)}`;
    const changed = fieldsOfMethod(method).some(({ name, default: usual }) => (values[name] ?? usual) !== usual);
    if (method.id === 'magnitude' && !changed) sparsities = grid;
    else for (const value of grid) patterns.push({ method: method.id, parameters: { ...values, [spec.name]: value } });
  }
  return patterns.length + sparsities.length === 0 ? 'Choose a pattern or a grid value.' : { patterns, sparsities };
}

/** "Sparsity: numbers from 0 to 1, or percent." */
export function gridProblem(spec: ParameterSpec): string {
  const bounds = [
    spec.minimum === undefined ? '' : ` from ${spec.minimum}`,
    spec.maximum === undefined ? '' : ` to ${spec.maximum}`,
  ].join('');
  const kind = spec.type === 'integer' ? 'integers' : 'numbers';
  return `${spec.label}: enter ${kind}${bounds}${spec.maximum === 1 ? ', or percent' : ''}.`;
}

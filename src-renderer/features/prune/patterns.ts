import type { PruneDeclaration } from '../../../src-shared/domain/adapters/prune.ts';
import type { ParameterSpec, ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { checkParameters, firstProblem } from '../../../src-shared/domain/parameters/parameter-check.ts';
import type { PruningConfig } from '../../../src-shared/studies/adapters/pruning-schemas.ts';

export interface PatternChoice {
  /** Identity in a set of chosen patterns. */
  readonly key: string;
  readonly label: string;
  readonly method: string;
  readonly parameters: ParameterValues;
  /** Ticked at first. */
  readonly usual: boolean;
}

/** The patterns that can be ticked: those that the methods declare; a method without patterns and grid is one by itself. */
export function patternChoices(methods: readonly PruneDeclaration[]): PatternChoice[] {
  return methods.flatMap(({ id, label, patterns, grid }): PatternChoice[] => {
    if (patterns.length === 0 && grid === null) return [{ key: id, label, method: id, parameters: {}, usual: true }];
    return patterns.map((pattern, index) => ({
      key: `${id}/${index}`,
      label: pattern.label,
      method: id,
      parameters: pattern.parameters,
      usual: pattern.usual,
    }));
  });
}

/** The parameters that a form has fields for: all but the one that is a grid, and those that are ticked value by value. */
export function fieldsOfMethod({ parameters, patterns, grid }: PruneDeclaration): ParameterSpec[] {
  const placed = new Set([
    ...patterns.flatMap((one) => Object.keys(one.parameters)),
    ...(grid ? [grid.parameter] : []),
  ]);
  return parameters.filter(({ name }) => !placed.has(name));
}

/** The parameter that the curve of a method runs over; null where it runs over none. */
export function gridOfMethod({ parameters, grid }: PruneDeclaration): ParameterSpec | null {
  return parameters.find(({ name }) => name === grid?.parameter) ?? null;
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

/** Form values of a pruning study. */
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
  return unticked === null ? pattern.usual : !unticked.has(pattern.key);
}

export function toggled(patterns: readonly PatternChoice[], choices: PruneChoices, key: string): PruneChoices {
  const unticked = new Set(patterns.filter((pattern) => !isTicked(pattern, choices)).map((pattern) => pattern.key));
  if (!unticked.delete(key)) unticked.add(key);
  return { ...choices, unticked };
}

/** The grid of a method as it is typed. */
export function gridText(method: PruneDeclaration, { grids }: PruneChoices): string {
  return grids[method.id] ?? (method.grid?.values ?? []).join(', ');
}

/** Values that fit a grid, for its help: counts, percentages or shares. */
export function gridExample({ type }: ParameterSpec, grid: PruneDeclaration['grid']): string {
  if (type === 'integer') return '1, 2, 4';
  return grid?.percent ? '25 %, 50 %' : '0.25, 0.5';
}

/** Returns the patterns and grids of a pruning study, or one sentence that describes the problem. */
export function studyParts(methods: readonly PruneDeclaration[], choices: PruneChoices): StudyParts | string {
  const patterns = patternChoices(methods)
    .filter((pattern) => isTicked(pattern, choices))
    .map(({ method, parameters }) => ({ method, parameters: { ...choices.parameters[method], ...parameters } }));
  const grids: StudyParts['grids'] = [];
  for (const method of methods) {
    const parameters = choices.parameters[method.id] ?? {};
    const problem = firstProblem(fieldsOfMethod(method), parameters);
    if (problem !== null) return `${method.label}: ${problem}`;
    const spec = gridOfMethod(method);
    if (spec === null) continue;
    const values = gridFromText(spec, gridText(method, choices));
    if (values === null) return `${method.label}: ${gridProblem(spec)}`;
    if (values.length > 0) grids.push({ method: method.id, parameters, values });
  }
  return patterns.length + grids.length === 0 ? 'Choose a pattern or a grid value.' : { patterns, grids };
}

type StudyParts = { readonly [Key in 'patterns' | 'grids']: NonNullable<PruningConfig[Key]> };

/** Pruned adapters that a study evaluates for each adapter. */
export function countPruned({ patterns, grids }: StudyParts): number {
  return patterns.length + grids.flatMap(({ values }) => values).length;
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

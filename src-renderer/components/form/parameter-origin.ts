import type {
  ParameterSpec,
  ParameterValue,
  ParameterValues,
} from '../../../src-shared/domain/parameters/parameter.ts';

/** Origin of a value: the declared default; a model, a preset or the data (`detected`); or the user. */
export type Origin = 'default' | 'model' | 'preset' | 'detected' | 'yours';

/** Values that replace the defaults, by parameter. */
export type ParameterBases = Readonly<
  Record<string, { readonly value: ParameterValue; readonly from: 'model' | 'preset' | 'detected' }>
>;

export interface ShownValue {
  readonly value: ParameterValue;
  readonly origin: Origin;
  /** Value that a reset restores. */
  readonly base: ParameterValue;
}

/** The value that a field shows, and whose it is. A value of the person that equals the base counts as the base's. */
export function shownValue(spec: ParameterSpec, values: ParameterValues, bases: ParameterBases = {}): ShownValue {
  const base = bases[spec.name];
  const fallback = base === undefined ? spec.default : base.value;
  const value = values[spec.name];
  if (value !== undefined && !sameValue(value, fallback)) return { value, origin: 'yours', base: fallback };
  return { value: fallback, origin: base?.from ?? 'default', base: fallback };
}

/** Returns the number of parameters that the user has set. */
export function changedCount(specs: readonly ParameterSpec[], values: ParameterValues, bases?: ParameterBases): number {
  return specs.filter((spec) => shownValue(spec, values, bases).origin === 'yours').length;
}

function sameValue(one: ParameterValue, other: ParameterValue): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

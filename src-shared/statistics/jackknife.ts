import { type MeanInterval, mean, meanInterval, studentQuantile } from './student.ts';

/**
 * Mean of values that belong to pairs or triples of units, with its two-sided 95 % interval. If no unit occurs twice,
 * the values are independent and the interval is Student's. Else the mean is a U-statistic of the units, whose variance
 * the jackknife estimates from the means without one unit each, with Student's t of as many degrees of freedom less one
 * as there are units (Arvesen 1969, "Jackknifing U-statistics"). `halfWidth` is null where nothing can be estimated:
 * for one value, equal values, or if a unit is in all of them.
 * @param units of each value, its two or three units
 */
export function jackknifeInterval(values: readonly number[], units: readonly (readonly string[])[]): MeanInterval {
  const student = meanInterval(values);
  const names = [...new Set(units.flat())];
  if (student.halfWidth === null || names.length === units.flat().length) return student;
  const without = names.map((name) => mean(values.filter((_, at) => !units[at]?.includes(name))));
  if (!without.every(Number.isFinite)) return { ...student, halfWidth: null };
  const center = mean(without);
  const squares = without.reduce((sum, value) => sum + (value - center) ** 2, 0);
  const variance = ((names.length - 1) / names.length) * squares;
  return { ...student, halfWidth: studentQuantile(0.975, names.length - 1) * Math.sqrt(variance) };
}

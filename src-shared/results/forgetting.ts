import { type Forgetting, type ForgettingMeasure, forgettingMeasures } from '../domain/evaluation/forgetting.ts';
import { formatFixed, formatSigned } from '../format/numbers.ts';
import { accuracy as accuracyMetric } from '../metrics/accuracy.ts';
import { scoreText } from '../metrics/index.ts';
import { mean } from '../statistics/student.ts';

/** Decimals of every measure: rises of a thousandth matter. */
const decimals = 4;

export function measureOf({ measure }: Pick<Forgetting, 'measure'>): ForgettingMeasure {
  const found = forgettingMeasures.find(({ id }) => id === measure);
  if (found === undefined) throw new RangeError(`There is no measure of forgetting ${measure}.`);
  return found;
}

/** A level of a measure, or half the width of an interval: "4.3658". */
export function levelText(level: number): string {
  return formatFixed(level, decimals);
}

/** A rise as tables show it: "+0.0312", "0.0000", "−0.0041"; "–" where nothing was measured. */
export function riseText(rise: number | null | undefined): string {
  if (rise === null || rise === undefined) return '–';
  return formatSigned(rise, decimals);
}

/** Heading of a table's column, e.g. "Forgetting (nats per token)"; null where nothing was measured: no column. */
export function forgettingHeading(all: readonly (Pick<Forgetting, 'measure'> | null | undefined)[]): string | null {
  const found = all.find((one) => one != null);
  if (found == null) return null;
  const { label, unit } = measureOf(found);
  return `${label} (${unit})`;
}

/** Mean rise of several adapters, e.g. of the seeds of a row; null if none was measured. */
export function meanRise(all: readonly (Forgetting | null | undefined)[]): number | null {
  const rises = all.flatMap((one) => (one == null ? [] : [one.rise]));
  return rises.length === 0 ? null : mean(rises);
}

/** A fact of a run or an evaluation, e.g. "+0.0312 nats per token (4.3970, base 4.3658)". */
export interface ForgettingFact {
  readonly label: string;
  readonly value: string;
  readonly help: string;
}

export function forgettingFact(forgetting: Forgetting): ForgettingFact {
  const { label, unit, help } = measureOf(forgetting);
  const { rise, base, adapted, accuracy } = forgetting;
  const share = (value: number) => scoreText(accuracyMetric.id, value);
  const own = accuracy === null ? '' : `; own head ${share(accuracy.adapted)} correct, base ${share(accuracy.base)}`;
  return { label, value: `${riseText(rise)} ${unit} (${levelText(adapted)}, base ${levelText(base)}${own})`, help };
}

/** A sentence for a model card. */
export function forgettingSentence(forgetting: Forgetting): string {
  const { label, help } = measureOf(forgetting);
  return `${label}: ${forgettingFact(forgetting).value}. ${help}`;
}

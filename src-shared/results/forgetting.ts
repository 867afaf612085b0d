import { type Forgetting, type ForgettingMeasure, forgettingMeasures } from '../domain/forgetting.ts';

export function measureOf({ measure }: Pick<Forgetting, 'measure'>): ForgettingMeasure {
  const found = forgettingMeasures.find(({ id }) => id === measure);
  if (found === undefined) throw new RangeError(`There is no measure of forgetting ${measure}.`);
  return found;
}

/** A rise as tables show it: "+0.0312", "0.0000", "−0.0041"; "–" where nothing was measured. */
export function riseText(rise: number | null | undefined): string {
  if (rise === null || rise === undefined) return '–';
  const digits = Math.abs(rise).toFixed(4);
  if (Number(digits) === 0) return digits;
  return `${rise < 0 ? '−' : '+'}${digits}`;
}

/** Heading of a table's column, e.g. "Forgetting (nats a token)"; null where nothing was measured: no column. */
export function forgettingHeading(all: readonly (Pick<Forgetting, 'measure'> | null | undefined)[]): string | null {
  const found = all.find((one) => one != null);
  if (found == null) return null;
  const { label, unit } = measureOf(found);
  return `${label} (${unit})`;
}

/** Mean rise of several adapters, e.g. of the seeds of a row; null if none was measured. */
export function meanRise(all: readonly (Forgetting | null | undefined)[]): number | null {
  const rises = all.flatMap((one) => (one == null ? [] : [one.rise]));
  return rises.length === 0 ? null : rises.reduce((sum, rise) => sum + rise, 0) / rises.length;
}

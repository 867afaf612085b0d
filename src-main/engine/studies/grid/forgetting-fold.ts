import type { ForgettingMeasureId } from '../../../../src-shared/domain/evaluation/forgetting.ts';
import type { Score } from '../../../../src-shared/domain/studies/plan.ts';
import { pseudoValues } from '../../../../src-shared/statistics/pairs-of-seeds.ts';
import { meanInterval, pairedDifference } from '../../../../src-shared/statistics/student.ts';
import type { MetricInterval } from '../../../../src-shared/studies/scores/metric-interval.ts';

/** Measure of forgetting of these scores; null where none was measured. */
export function measureOfScores(scores: readonly Score[]): ForgettingMeasureId | null {
  return scores.find(({ forgetting }) => forgetting != null)?.forgetting?.measure ?? null;
}

/** Mean rise with Student's interval over seeds; null unless it was measured of all. `pairsOf` as in `estimateCells`. */
export function riseInterval(scores: readonly Score[], pairsOf: number | null): MetricInterval | null {
  const rises = risesBySeed(scores, pairsOf);
  return rises === null ? null : { ...meanInterval(rises), bootstrap: null };
}

/** Paired difference of the rises from those of a reference, with Student's interval over seeds; null unless all are measured. */
export function riseDifference(
  scores: readonly Score[],
  reference: readonly Score[],
  pairsOf: number | null,
): MetricInterval | null {
  const [own, other] = [risesBySeed(scores, pairsOf), risesBySeed(reference, pairsOf)];
  if (own === null || other === null || own.length !== other.length) return null;
  return { ...pairedDifference(own, other), bootstrap: null };
}

function risesBySeed(scores: readonly Score[], pairsOf: number | null): number[] | null {
  const rises = scores.flatMap(({ forgetting }) => (forgetting == null ? [] : [forgetting.rise]));
  if (rises.length === 0 || rises.length < scores.length) return null;
  if (pairsOf === null) return rises;
  const rows = rises.map((rise) => [rise]);
  return pseudoValues(rows, pairsOf).map((row) => row[0] ?? Number.NaN);
}

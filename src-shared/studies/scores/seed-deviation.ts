import type { StudyRecord } from '../../domain/studies/study.ts';
import { defaultMetric } from '../../metrics/index.ts';
import { interactionVariance } from '../../statistics/detectable-difference.ts';
import { studentQuantile } from '../../statistics/student.ts';
import { type SubjectChoice, scoredChoices } from '../grid/grid-schemas.ts';

/** Kind of a score; differences of one kind vary alike between seeds. */
export interface ScoreKind {
  readonly family: 'alone' | 'merge' | 'prune';
  /** Id of the merge or prune method; null: none. */
  readonly method: string | null;
}

/** Standard deviation of a true paired difference in accuracy between seeds, with its origin. */
export interface SeedDeviation {
  readonly deviation: number;
  /** Number of stored studies that it was estimated from; 0: the published studies. */
  readonly studies: number;
  /** Scores that the stored studies have in common with the planned one. */
  readonly scope: 'data and method' | 'method' | 'kind';
}

/**
 * Deviations over the ablations in docs/results/studies, root mean square weighted by degrees of freedom, to within a tenth:
 * the fallback before the home has results of its own. Language models varied more than image classifiers.
 */
export const publishedDeviations: Readonly<Record<ScoreKind['family'], number>> = {
  alone: 0.021,
  merge: 0.068,
  prune: 0.052,
};

export function scoreKindOf(choice: SubjectChoice): ScoreKind {
  if (choice === 'alone') return { family: 'alone', method: null };
  if ('merge' in choice) return { family: 'merge', method: choice.merge };
  return { family: 'prune', method: choice.prune };
}

interface Place {
  readonly model: string;
  readonly dataset: string;
}

interface Measured {
  readonly studyId: string;
  readonly kind: ScoreKind;
  readonly place: Place;
  readonly variance: number;
  readonly degrees: number;
}

/** Fewest degrees of freedom (seeds − 1, over all differences) that an estimate is made of. */
const minDegrees = 4;

/**
 * Estimates the deviation from stored studies: those of the same data, base and method if they suffice, else of the same
 * method, else of the same kind of score, else the published ones.
 */
export function seedDeviation(studies: readonly StudyRecord[], kind: ScoreKind, place: Place): SeedDeviation {
  const measured = studies.flatMap(measuredOf).filter((one) => one.kind.family === kind.family);
  const ofMethod = measured.filter((one) => one.kind.method === kind.method);
  const ofPlace = ofMethod.filter((one) => one.place.model === place.model && one.place.dataset === place.dataset);
  const scopes = [
    { scope: 'data and method', found: ofPlace },
    { scope: 'method', found: ofMethod },
    { scope: 'kind', found: measured },
  ] as const;
  for (const { scope, found } of scopes) {
    const degrees = found.reduce((sum, one) => sum + one.degrees, 0);
    if (degrees < minDegrees) continue;
    const variance = found.reduce((sum, one) => sum + one.degrees * one.variance, 0) / degrees;
    return { deviation: Math.sqrt(variance), studies: new Set(found.map(({ studyId }) => studyId)).size, scope };
  }
  return { deviation: publishedDeviations[kind.family], studies: 0, scope: 'kind' };
}

/**
 * Variances of a study's paired differences in accuracy between seeds, from the half widths of Student's intervals over
 * them, less what the test examples add.
 */
function measuredOf({ id, config, result }: StudyRecord): Measured[] {
  // Only studies over a grid of a run's fields have outcomes.
  if (result === null || !('outcomes' in result) || !('further_metrics' in config)) return [];
  const choices = scoredChoices(config);
  const metrics = 1 + config.further_metrics.length;
  const noise = interactionVariance(result.examples);
  const { model, dataset } = config.run;
  return result.outcomes.flatMap(({ metric, cells }, at) => {
    const scored = choices[Math.floor(at / metrics)];
    // A head or a strength of another cell adds that cell's spread.
    if (scored?.head !== 'trained' || scored.norm !== 'trained' || metric !== defaultMetric.id) return [];
    return cells.flatMap((cell): Measured[] => {
      const { n = 0, halfWidth = null } = cell?.difference ?? {};
      if (n < 3 || halfWidth === null) return [];
      const spread = (halfWidth * Math.sqrt(n)) ** 2 / studentQuantile(0.975, n - 1) ** 2;
      // Bounded: examples add less than assumed where both sides solve nearly all of them.
      const variance = Math.max(0, spread - noise);
      return [{ studyId: id, kind: scoreKindOf(scored.choice), place: { model, dataset }, variance, degrees: n - 1 }];
    });
  });
}

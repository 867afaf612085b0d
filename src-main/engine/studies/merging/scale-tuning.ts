import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { PlannedAdapter } from '../../../../src-shared/domain/adapters/adapter-reference.ts';
import { checkedParameters } from '../../../../src-shared/domain/parameters/parameter-check.ts';
import type { Score } from '../../../../src-shared/domain/studies/plan.ts';
import { isLowerBetter } from '../../../../src-shared/metrics/index.ts';
import { mean } from '../../../../src-shared/statistics/student.ts';
import type { MergeScales, ScaleCurve } from '../../../../src-shared/studies/merging/merge-scales.ts';
import { mergeMethod } from '../../merge/methods/index.ts';
import type { PlannedMerge, StudyAdapters } from '../define-study-work.ts';
import { judgedValue } from '../scores/study-score.ts';

/** Values of λ that a study tries, and the number of held-out examples that choose. */
export interface TriedScales {
  /** From the smallest. */
  readonly scales: readonly number[];
  readonly validation_samples: number;
}

/** Null where merges are compared at their own strength. @throws StudioError invalid_input if nothing is held out to choose by */
export function triedScales({ merge_scales, validation_samples }: MergeScales): TriedScales | null {
  if (merge_scales === undefined) return null;
  if (validation_samples === undefined)
    throw new StudioError(
      'invalid_input',
      'merge_scales: nothing is held out to choose λ by.',
      'Set validation_samples to the number of training examples to choose by, or train the adapters with validation_samples.',
    ).at('merge_scales');
  return { scales: merge_scales.toSorted((one, other) => one - other), validation_samples };
}

/** @throws StudioError refused where a method cannot merge these adapters, or λ cannot multiply what it makes */
export async function refuseUnscaled(facts: StudyAdapters, merge: PlannedMerge): Promise<void> {
  const { declaration } = mergeMethod(merge.method);
  const parameters = checkedParameters(declaration, merge.parameters);
  const refusal = await facts.refusalOf({ ...merge, parameters, isScaled: true });
  if (refusal === null) return;
  throw new StudioError('refused', `methods: ${declaration.label}: ${refusal.message}`, refusal.hint).at('methods');
}

/** The number of training examples that the run of each adapter held out; null: not known. */
export async function heldOutOf(facts: StudyAdapters, adapters: readonly PlannedAdapter[]): Promise<(number | null)[]> {
  const held: (number | null)[] = [];
  for (const adapter of adapters) held.push(await facts.heldOutOf(adapter));
  return held;
}

/**
 * The config with the examples that choose λ: by default those that the runs of all adapters held out.
 * @param held of each adapter, the training examples that its run held out; null: not known
 */
export function withHeldOut<Config extends MergeScales>(given: Config, held: readonly (number | null)[]): Config {
  if (given.merge_scales === undefined) return given;
  // A saved study has it of the adapters that it was run with.
  const config = { ...given };
  delete config.validation_trained;
  const [first, ...others] = new Set(held);
  const common = first && others.length === 0 ? first : undefined;
  const validation_samples = config.validation_samples ?? common;
  if (validation_samples === undefined) return config;
  const isUnseen = held.every((samples) => samples === validation_samples);
  return { ...config, validation_samples, ...(isUnseen ? {} : { validation_trained: true }) };
}

/** Keys of a merge's subject for λ; none for 1, so that such a merge is the same as one at its own strength. */
export function scaleField(scale: number): { scale?: number } {
  return scale === 1 ? {} : { scale };
}

/** The choice of λ of one merge; `scoresAt` gives its held-out scores at a λ, by set and task. */
export function scaleCurve(
  { scales }: TriedScales,
  metric: string,
  scoresAt: (scale: number) => readonly Score[],
): Pick<ScaleCurve, 'scale' | 'edge' | 'points'> {
  const points = scales.map((scale) => ({
    scale,
    score: mean(scoresAt(scale).map((score) => judgedValue(score, metric))),
  }));
  const scale = bestScale(points, metric);
  const edge = scale === scales[0] ? 'low' : scale === scales.at(-1) ? 'high' : null;
  return { scale, edge, points };
}

/** The chosen λ of a method by its position in the config; 1 where none is chosen yet. */
export function chosenScale(curves: readonly ScaleCurve[], group: number, index: number | null): number {
  return curves.find((curve) => curve.group === group && curve.index === index)?.scale ?? 1;
}

/** The λ of the best score; of equal scores that nearest 1, then the smaller. A score that is not a number is never the best. */
export function bestScale(points: ScaleCurve['points'], metric: string): number {
  const sign = isLowerBetter(metric) ? -1 : 1;
  const value = ({ score }: ScaleCurve['points'][number]) =>
    Number.isNaN(score) ? Number.NEGATIVE_INFINITY : sign * score;
  const [best] = points.toSorted((one, other) => {
    const [better, worse] = [value(other), value(one)];
    if (better !== worse) return better > worse ? 1 : -1;
    return Math.abs(one.scale - 1) - Math.abs(other.scale - 1) || one.scale - other.scale;
  });
  return best?.scale ?? 1;
}

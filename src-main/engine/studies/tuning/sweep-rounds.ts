import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { JobSpec } from '../../../../src-shared/domain/studies/plan.ts';
import type { Trial, TuneConfig } from '../../../../src-shared/studies/grid/tuning.ts';
import type { ScoreOf, StudyDesign } from '../define-study-work.ts';
import type { LearningRateSweep } from './tuning.ts';

/**
 * Returns the work after `finished` rounds of concurrent sweeps: their extensions, then the work at the chosen rates
 * and batch sizes, by sweep and cell; empty at the end.
 */
export function nextOfSweeps(
  sweeps: readonly LearningRateSweep[],
  scoreOf: ScoreOf,
  finished: number,
  workAt: (chosen: readonly (readonly Trial[])[]) => JobSpec[],
): JobSpec[] {
  if (sweeps.length === 0) return [];
  const more = sweeps.flatMap((sweep) => sweep.extension(scoreOf, finished) ?? []);
  if (more.length > 0) return more;
  if (finished !== roundsOfSweeps(sweeps, scoreOf)) return [];
  return workAt(sweeps.map((sweep) => sweep.chosen(scoreOf)));
}

/** Rounds that the complete sweeps take; 0 without any. */
export function roundsOfSweeps(sweeps: readonly LearningRateSweep[], scoreOf: ScoreOf): number {
  return Math.max(0, ...sweeps.map((sweep) => sweep.rounds(scoreOf)));
}

/** Counts the work after the first round, at any rates: a seed that the sweeps train is not trained again. */
export function countsAfterSweeps(
  sweeps: readonly LearningRateSweep[],
  work: readonly JobSpec[],
): Pick<StudyDesign, 'later' | 'laterScores' | 'extensions'> {
  if (sweeps.length === 0) return { later: [], laterScores: 0, extensions: 0 };
  const isTrained = (seed: number) => sweeps.some((sweep) => sweep.trains(seed));
  return {
    later: work.flatMap((spec) => (spec.kind === 'train' && !isTrained(spec.config.seed) ? spec.config : [])),
    laterScores: work.filter(({ kind }) => kind !== 'train').length,
    extensions: sweeps.reduce((sum, sweep) => sum + sweep.maxExtensions, 0),
  };
}

/** @throws StudioError invalid_input if settings say what follows from a sweep; `where` names them */
export function refuseSweptFields(settings: object, where: string, tune: TuneConfig): void {
  const swept = tune.per_device_train_batch_size === undefined ? [] : ['per_device_train_batch_size'];
  const fields = ['learning_rate', 'validation_samples', 'eval_split', ...swept];
  const said = fields.find((field) => Object.hasOwn(settings, field));
  if (said === undefined) return;
  throw new StudioError(
    'invalid_input',
    `${said} is a field of ${where} and follows from tune.`,
    `Remove ${said} from ${where}, or tune.`,
  );
}

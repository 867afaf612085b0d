import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { JobSpec } from '../../../src-shared/domain/studies/plan.ts';
import type { StudyForecast } from '../../../src-shared/domain/studies/study-forecast.ts';
import { defaultMetric, isExampleMean, isShareOfExamples } from '../../../src-shared/metrics/index.ts';
import { detectableDifference } from '../../../src-shared/statistics/detectable-difference.ts';
import { type StudyConfig, studyKind } from '../../../src-shared/studies/index.ts';
import { type StudyDesign, studyWork } from '../../engine/api/studies.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { canonicalJson } from '../library/content-keys.ts';
import { peekDataset } from '../library/datasets/datasets.ts';
import { peekModel } from '../library/models/models.ts';
import { estimateRun } from '../runs/estimate.ts';
import { measuredShare, timedStep } from '../runs/measured-step.ts';
import { plannedRun } from '../runs/planned-runs.ts';
import { checkedRun } from '../runs/run-yaml.ts';
import { testExamples } from './check-design.ts';
import { preparedStudy } from './studies.ts';

/**
 * Estimates a study's cost and detectable differences, without starting it.
 * @throws StudioError as the study itself would before its start
 */
export async function forecastStudy(services: HandlerServices, given: StudyConfig): Promise<StudyForecast> {
  const { config, specs } = await preparedStudy(services, given);
  const design = studyWork(studyKind(config.kind).kind).design(config);
  const trainings = specs.flatMap((spec) => (spec.kind === 'train' ? spec.config : []));
  const missing: RunConfig[] = [];
  for (const run of trainings)
    if ((await plannedRun(services, { config: run }))?.status !== 'completed') missing.push(run);
  const later = design?.later ?? [];
  return {
    trainings: missing.length + later.length,
    extensions: design?.extensions ?? 0,
    done: trainings.length - missing.length,
    scores: countScores(specs) + (design?.laterScores ?? 0),
    seconds: await secondsOf(services, [...missing, ...later]),
    warnings: design === null ? [] : warningsOf(design),
    power: design === null ? null : await powerOf(services, design),
  };
}

function countScores(specs: readonly JobSpec[]): number {
  return specs.filter(({ kind }) => kind !== 'train').length;
}

/** Time of the trainings by the steps of earlier runs of such settings, of the same adapter if there are any; null where one was never timed. */
async function secondsOf(services: HandlerServices, trainings: readonly RunConfig[]): Promise<number | null> {
  const runs = services.store.runs.list(false);
  const known = new Map<string, number | null>();
  let sum = 0;
  for (const training of trainings) {
    // The time of a step depends on neither.
    const key = canonicalJson({ ...training, seed: 0, learning_rate: 1 });
    let seconds = known.get(key);
    if (seconds === undefined) {
      const { totalSteps } = await estimateRun(services, training);
      const { id } = await peekModel(services, training.model);
      const config = checkedRun(training);
      const step = measuredShare(runs, id, config) ?? timedStep(services.store.jobs, id, config);
      seconds = step === null ? null : (step.milliseconds * totalSteps) / 1000;
      known.set(key, seconds);
    }
    if (seconds === null) return null;
    sum += seconds;
  }
  return sum;
}

function warningsOf({ seeds, metrics, comparisons }: StudyDesign): string[] {
  if (comparisons === null) return [];
  const warnings: string[] = [];
  if (comparisons > 0 && seeds === 1)
    warnings.push('One seed decides nothing: no interval over seeds and no test can be given. Take three or more.');
  if (comparisons > 0 && seeds === 2)
    warnings.push('Two seeds are few: an interval over them is 12.7 standard errors to each side.');
  if (comparisons > 0 && seeds > 1 && seeds < 6)
    warnings.push(
      `With ${seeds} seeds the sign-flip test over seeds cannot give p below ${Number((2 / 2 ** seeds).toPrecision(2))}, however large the difference.`,
    );
  const bySeeds = metrics.filter((metric) => !isExampleMean(metric));
  if (bySeeds.length > 0)
    warnings.push(`The intervals of ${bySeeds.join(' and ')} are over seeds only, not over test examples.`);
  return warnings;
}

async function powerOf(
  services: HandlerServices,
  { seeds, metrics, comparisons, runs }: StudyDesign,
): Promise<StudyForecast['power']> {
  const [run] = runs;
  if (run === undefined || comparisons === null) return null;
  const examples = testExamples(await peekDataset(services, run.dataset), run);
  const [metric = defaultMetric.id] = metrics;
  const difference =
    isShareOfExamples(metric) && seeds > 0 && examples > 0
      ? detectableDifference({ seeds, examples }).difference
      : null;
  return { metric, seeds, examples, comparisons, difference };
}

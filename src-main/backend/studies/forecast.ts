import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { JobSpec, ScoredTask } from '../../../src-shared/domain/studies/plan.ts';
import type { StudyForecast } from '../../../src-shared/domain/studies/study-forecast.ts';
import { defaultMetric, isExampleMean, isShareOfExamples } from '../../../src-shared/metrics/index.ts';
import { detectableDifference, usualAssumptions } from '../../../src-shared/statistics/detectable-difference.ts';
import { fixedDrawNotes } from '../../../src-shared/studies/grid/grid-schemas.ts';
import { type StudyConfig, scoredTaskOf, studyKind } from '../../../src-shared/studies/index.ts';
import { seedDeviation } from '../../../src-shared/studies/scores/seed-deviation.ts';
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
import { readScoredTask } from './scored-task.ts';
import { preparedStudy } from './studies.ts';

/**
 * Estimates a study's cost and detectable differences, without starting it.
 * @throws StudioError as the study itself would before its start
 */
export async function forecastStudy(services: HandlerServices, given: StudyConfig): Promise<StudyForecast> {
  const { config, specs } = await preparedStudy(services, given);
  const work = studyWork(studyKind(config.kind).kind);
  const design = work.design(config);
  const trainings = specs.flatMap((spec) => (spec.kind === 'train' ? spec.config : []));
  const missing: RunConfig[] = [];
  for (const run of trainings)
    if ((await plannedRun(services, { config: run }))?.status !== 'completed') missing.push(run);
  const later = design?.later ?? [];
  return {
    trainings: missing.length + later.length,
    extensions: design?.extensions ?? 0,
    done: trainings.length - missing.length,
    scores: countScores(specs) + work.laterScores(config),
    seconds: await secondsOf(services, [...missing, ...later]),
    warnings: design === null ? [] : [...warningsOf(design), ...promptWarnings(design, config)],
    power: design === null ? null : await powerOf(services, design, config),
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

function warningsOf({ seeds, metrics, comparisons, tune, runs }: StudyDesign): string[] {
  const warnings: string[] = [];
  const [run] = runs;
  if (run !== undefined && seeds > 1) warnings.push(...fixedDrawNotes(run));
  if (tune !== null && new Set(tune.learning_rate).size === 2)
    warnings.push(
      `The better of two learning rates is always at the edge of the grid${tune.extend === 0 ? ', and tune.extend is 0' : ''}. Give three rates or more.`,
    );
  if (comparisons === null) return warnings;
  if (comparisons > 0 && seeds === 1)
    warnings.push('One seed decides nothing: no interval over seeds and no test can be given. Take three or more.');
  if (comparisons > 0 && seeds === 2) warnings.push('Two seeds give very wide intervals. Use at least three.');
  if (comparisons > 0 && seeds > 1 && seeds < 6)
    warnings.push(
      `${seeds} seeds are too few for a significance test over seeds, whose lowest p is ${Number((2 / 2 ** seeds).toPrecision(2))}. Use at least six.`,
    );
  const bySeeds = metrics.filter((metric) => !isExampleMean(metric));
  if (bySeeds.length > 0)
    warnings.push(`The intervals of ${bySeeds.join(' and ')} are over seeds only, not over test examples.`);
  return warnings;
}

/** Names runs whose prompt ends otherwise than a task asks: an adapter that is perfect on its own rows can fail on the task. */
function promptWarnings({ runs }: StudyDesign, config: StudyConfig): string[] {
  const isOther = runs.some(
    ({ dataset, chat_template, prompt_template }) =>
      chat_template === 'none' && prompt_template.endsWith('\n') && scoredTaskOf(config, dataset) !== null,
  );
  return isOther
    ? [
        'prompt_template ends with a line break, which most tasks do not have between question and answer. Give prompt_template: "{prompt}".',
      ]
    : [];
}

async function powerOf(
  services: HandlerServices,
  { seeds, metrics, comparisons, runs, scores }: StudyDesign,
  config: StudyConfig,
): Promise<StudyForecast['power']> {
  const [run] = runs;
  if (run === undefined || comparisons === null) return null;
  const score = scoredTaskOf(config, run.dataset);
  const examples =
    score === null
      ? testExamples(await peekDataset(services, run.dataset), run)
      : await questionCount(services, score, run);
  const [metric = defaultMetric.id] = metrics;
  const isKnown = isShareOfExamples(metric) && seeds > 0 && examples > 0;
  const stored = isKnown ? services.store.studies.list() : [];
  const powers = (isKnown ? scores : []).map(({ label, kind }) => {
    const { deviation, studies, scope } = seedDeviation(stored, kind, run);
    const assumptions = { ...usualAssumptions, seedDeviation: deviation };
    const { difference } = detectableDifference({ seeds, examples }, assumptions);
    return { label, difference, seedDeviation: deviation, studies, scope };
  });
  return { metric, seeds, examples, comparisons, difference: powers[0]?.difference ?? null, scores: powers };
}

async function questionCount(services: HandlerServices, score: ScoredTask, run: RunConfig): Promise<number> {
  const model = await peekModel(services, run.model);
  return (await readScoredTask(services, score, { samples: run.eval_samples, model })).questions.task.questions.length;
}

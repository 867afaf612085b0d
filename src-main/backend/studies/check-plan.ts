import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetDescription } from '../../../src-shared/domain/data/dataset.ts';
import {
  checkpointsOf,
  type JobSpec,
  leavesWithHeads,
  type MasksSpec,
  type ScoredTask,
  type ScoreSpec,
  type TrainingSpec,
  tuningOf,
} from '../../../src-shared/domain/studies/plan.ts';
import { accuracy } from '../../../src-shared/metrics/accuracy.ts';
import { isLowerBetter } from '../../../src-shared/metrics/index.ts';
import { loss } from '../../../src-shared/metrics/loss.ts';
import { requireRoom } from '../../engine/api/benchmarks.ts';
import { type HeadInUse, headInUse, requireTask, suitsLabels } from '../../engine/api/tasks.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { peekDataset } from '../library/datasets/datasets.ts';
import { goneAfter, isSavedAfter } from '../runs/checkpoint-adapters.ts';
import { plannedRun } from '../runs/planned-runs.ts';
import { checkPlannedRun } from '../runs/runs.ts';
import { checkPlannedMasks } from './planned-masks.ts';
import { readScoredTask, requireQuestionMetric, requireReadable } from './scored-task.ts';
import type { AdapterSource, HomeStudyAdapters } from './study-adapters.ts';

type ScoredSpec = ScoreSpec | MasksSpec;

/**
 * Checks a plan before anything is queued: its runs, and of what it scores the bases, the dataset, its test examples,
 * the labels and the metric that the study judges by, if it names one. Only the engine checks facts that need tensors.
 * @throws StudioError naming adapter or dataset, with the way out
 */
export async function checkPlan(
  services: HandlerServices,
  facts: HomeStudyAdapters,
  specs: readonly JobSpec[],
  metric: string | null = null,
): Promise<void> {
  const checked = new Set<string>();
  const trainings = new Map(specs.flatMap((spec) => (spec.kind === 'train' ? [[spec.key, spec]] : [])));
  for (const { training, step } of checkpointsOf(specs)) {
    const spec = trainings.get(training);
    const run = spec === undefined ? null : await plannedRun(services, spec);
    if (run?.status === 'completed' && !isSavedAfter(services, run, step)) throw goneAfter(run, step);
  }
  for (const spec of specs) {
    if (spec.kind === 'train') {
      await checkPlannedRun(services, spec.config);
      continue;
    }
    if (spec.kind === 'mergeability') continue;
    const adapters = await adaptersOf(spec, facts, trainings);
    if (spec.kind === 'masks') for (const { adapter } of adapters) await checkPlannedMasks(facts, adapter, spec);
    const identified = adapters.map(({ place, head }) => `${place} ${head}`).sort();
    const tuning = tuningOf(spec.subject).map(({ dataset }) => dataset);
    const key = JSON.stringify([
      [spec.dataset, spec.validation_samples ?? null, spec.benchmark ?? null],
      [identified, tuning],
    ]);
    if (checked.has(key)) continue;
    checked.add(key);
    if (spec.benchmark !== undefined)
      await checkTask(services, facts, { ...spec, benchmark: spec.benchmark }, adapters, metric);
    else await checkScore(services, facts, spec, adapters, metric);
    for (const { dataset } of tuningOf(spec.subject)) await requireTraining(services, dataset);
  }
}

/** @throws StudioError refused for a dataset that a merge cannot be tuned on */
async function requireTraining(services: HandlerServices, dataset: string): Promise<void> {
  const { splits } = await peekDataset(services, dataset);
  if (splits.some((split) => split.name === 'train' && split.exampleCount > 0)) return;
  throw new StudioError(
    'refused',
    `The dataset ${services.store.datasets.find(dataset)?.name ?? dataset} has no training examples to tune a merge on.`,
    'Set search to none, and leave out merge methods that look at data.',
  ).at('dataset');
}

interface ScoredAdapter {
  /** Identifies it among the plan's. */
  readonly place: string;
  readonly adapter: AdapterSource;
  /** True if its own task head is in use. */
  readonly head: boolean;
}

/** The adapters of a subject: those that are there, and those that trainings of the plan will make. */
async function adaptersOf(
  { subject }: ScoredSpec,
  facts: HomeStudyAdapters,
  trainings: ReadonlyMap<string, TrainingSpec>,
): Promise<ScoredAdapter[]> {
  const adapters: ScoredAdapter[] = [];
  for (const { leaf, head } of leavesWithHeads(subject)) {
    if (leaf.kind === 'adapter') {
      const adapter = await facts.sourceOf(leaf.adapter);
      adapters.push({ place: JSON.stringify(leaf.adapter), adapter, head });
      continue;
    }
    const training = trainings.get(leaf.training);
    if (training === undefined) throw new RangeError(`The plan has no training "${leaf.training}".`);
    const adapter = await facts.sourceOf({ run: training.config, name: training.title });
    adapters.push({ place: leaf.training, adapter, head });
  }
  return adapters;
}

/** @throws StudioError refused where the questions of a task cannot be scored on these adapters */
async function checkTask(
  services: HandlerServices,
  facts: HomeStudyAdapters,
  { benchmark, eval_samples: samples }: ScoredSpec & { readonly benchmark: ScoredTask },
  scored: readonly ScoredAdapter[],
  metric: string | null,
): Promise<void> {
  if (scored.length === 0) return;
  const { id, path, description } = await facts.baseOf(scored.map(({ adapter }) => adapter));
  if (description.kind !== 'causal-lm')
    throw new StudioError(
      'refused',
      `${benchmark.task} is for language models that continue a prompt, and ${id} is none.`,
      'Leave out score to use the test examples of the dataset.',
    ).at('score');
  requireQuestionMetric(metric);
  requireReadable(services, benchmark);
  const { questions } = await readScoredTask(services, benchmark, { samples, model: { path } });
  requireRoom(questions.task, description);
}

async function checkScore(
  services: HandlerServices,
  facts: HomeStudyAdapters,
  { dataset, validation_samples }: ScoredSpec,
  scored: readonly ScoredAdapter[],
  metric: string | null,
): Promise<void> {
  const { store } = services;
  const description = await peekDataset(services, dataset);
  const name = store.datasets.find(dataset)?.name ?? dataset;
  // Validation examples come from the training split.
  if (
    validation_samples === undefined &&
    !description.splits.some((split) => split.name === 'test' && split.exampleCount > 0)
  )
    throw new StudioError(
      'refused',
      `The dataset ${name} has no test examples: nothing is held out to score on.`,
      'Choose a dataset with a test split, or hold rows out by its options: test_fraction=0.2 (Edit import… in the window).',
    ).at('dataset');
  if (validation_samples !== undefined) requireHeldOut(description, validation_samples, name);
  if (scored.length === 0) return;
  const adapters = scored.map(({ adapter }) => adapter);
  const model = await facts.baseOf(adapters);
  const settings = facts.taskOf(adapters);
  const { declaration, metrics } = requireTask(settings.task, model.description, description);
  if (metric !== null) checkMetric(metric, metrics(description, settings), description, name);
  const labels = declaration.headLabels?.(model.description, description) ?? null;
  if (labels === null) return;
  for (const { adapter, head } of scored) {
    if (!head) continue;
    const own =
      adapter.record === null
        ? headOfRun(await peekDataset(services, adapter.config.dataset))
        : headInUse(model.description, await facts.outlineOf(adapter.record, model.description));
    if (suitsLabels(own, labels)) continue;
    throw new StudioError(
      'refused',
      `"${adapter.name}" was not trained for the labels of ${name} (${labels.length}: ${labels.slice(0, 3).join(', ')} …).`,
      'Choose the dataset that the adapter was trained on.',
    ).at('dataset');
  }
}

/** @throws StudioError refused where so many training examples cannot be held out */
function requireHeldOut({ splits }: DatasetDescription, samples: number, name: string): void {
  const count = splits.find((split) => split.name === 'train')?.exampleCount ?? 0;
  if (samples < count) return;
  throw new StudioError(
    'refused',
    `validation_samples is ${samples}, and the dataset ${name} has ${count === 0 ? 'no' : count} training examples.`,
    count < 2 ? 'Choose a dataset with training examples.' : `Set validation_samples to at most ${count - 1}.`,
  ).at('validation_samples');
}

/** @throws StudioError refused where evaluations on these data do not have the metric that the study judges by, or it falls */
function checkMetric(metric: string, known: readonly string[], description: DatasetDescription, name: string): void {
  const possible = known.filter((id) => id === loss.id || !isLowerBetter(id));
  if (possible.includes(metric)) return;
  const choice = `Choose one of ${possible.join(', ')}.`;
  if (known.includes(metric))
    throw new StudioError(
      'refused',
      `metric: less ${metric} is better: a study judges by the loss or by a metric of which more is better.`,
      choice,
    ).at('metric');
  if (metric !== accuracy.id)
    throw new StudioError('refused', `metric: evaluations on ${name} have no metric "${metric}".`, choice).at('metric');
  const what =
    description.text?.columns.text_pair === null ? 'numbers to predict' : 'pairs of texts with a score to predict';
  throw new StudioError(
    'refused',
    `This study judges by accuracy, and ${name} has ${what}, for which there is none.`,
    choice,
  ).at('metric');
}

/** A run ends with a head for the labels of its dataset, whether the base has one already or it is trained. */
function headOfRun({ labels }: DatasetDescription): HeadInUse {
  return { labels, rows: labels.length };
}

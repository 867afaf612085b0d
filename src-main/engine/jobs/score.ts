import { StudioError } from '../../../src-shared/contract/errors.ts';
import { tuningSchema } from '../../../src-shared/domain/merging/merge.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { EnsembleMember } from '../adapters/model/ensemble-model.ts';
import { readAdapter } from '../adapters/peft/adapter-folder.ts';
import type { AdapterState } from '../adapters/variant/state.ts';
import { QuestionEvaluator } from '../benchmarks/question-evaluator.ts';
import { activateCompute } from '../compute/index.ts';
import type { EngineResultOf, ScoreTask } from '../contract.ts';
import { AdapterEvaluator, type ExampleEvaluator } from '../evaluation/adapter-evaluator.ts';
import { EvaluationProgress } from '../evaluation/evaluation-progress.ts';
import { ForgettingMeter, measureOrWarn } from '../evaluation/forgetting/forgetting-meter.ts';
import { PruneCalibration } from '../evaluation/prune-calibration.ts';
import { rankingSteps } from '../evaluation/ranking-steps.ts';
import { refitHead } from '../evaluation/refit-head.ts';
import {
  passesOf,
  type ScoredDataset,
  type ScoringBench,
  SubjectScorer,
  type TuningExamplesRequest,
} from '../evaluation/score-subjects.ts';
import { TuningData } from '../evaluation/tuning-data.ts';
import type { TaskContext } from '../events.ts';
import type { BaseModel } from '../models/base-model.ts';
import { loadBaseModel } from '../models/load-model.ts';
import { defineEngineJob } from './define-job.ts';
import { loadingProgress } from './loading-progress.ts';

/** Training examples of a study's merges that are tuned, where they say nothing: as many as a merge uses by default. */
const tuningSamples = tuningSchema.parse({}).tuning_samples;

/**
 * Scores subjects one after the other, each on its dataset, and reports each at once. Throws StudioError cancelled on a
 * signal, between batches.
 */
export async function runScoreTask(task: ScoreTask, context: TaskContext): Promise<EngineResultOf<'score'>> {
  await activateCompute(task.compute, task.threads);
  const base = await loadBaseModel(task.modelDirectory, loadingProgress(context));
  const evaluators = new Map<number, ExampleEvaluator>();
  const isMeasured = task.forgetting !== undefined && task.subjects.some(({ forgetting }) => forgetting !== false);
  let meter: ForgettingMeter | null = null;
  try {
    // The progress of all subjects goes on meanwhile.
    const quiet: TaskContext = { emit: () => undefined, signal: () => context.signal() };
    if (isMeasured) meter = await measureOrWarn(context, () => ForgettingMeter.open(base, task, quiet));
    for (const { dataset } of task.subjects)
      if (!evaluators.has(dataset)) evaluators.set(dataset, await openEvaluator(base, task, dataset, context));
    const isJoint = (dataset: number) => evaluators.get(dataset)?.ensembleOutputs !== undefined;
    const lengths = passesOf(task.subjects, isJoint).map((dataset) => evaluators.get(dataset)?.examples ?? 0);
    const progress = new EvaluationProgress(context, lengths);
    const forgetting: ScoringBench['forgetting'] = async (state) => {
      progress.announce('Measuring forgetting');
      return measureOrWarn(context, async () => (await meter?.of(state)) ?? null);
    };
    const opened = { base, evaluators, progress, ...(isMeasured ? { forgetting } : {}) };
    const scorer = openScorer(task, opened, context);
    for (const named of task.subjects)
      context.emit({ kind: 'score', key: named.key, score: await scorer.score(named) });
    return { kind: 'score', scored: task.subjects.length };
  } finally {
    meter?.close();
    for (const evaluator of evaluators.values()) evaluator.close();
    base.dispose();
  }
}

/** The part of a task that all evaluations of subjects have. */
type SubjectsTask = Pick<ScoreTask, 'modelDirectory' | 'datasets' | 'adapters' | 'questions'>;

interface OpenedTask {
  readonly base: BaseModel;
  /** By the index of the dataset. */
  readonly evaluators: ReadonlyMap<number, ExampleEvaluator>;
  readonly progress: EvaluationProgress;
  readonly forgetting?: ScoringBench['forgetting'];
}

/** The scorer of a task's subjects, whose adapters are read once. */
export function openScorer(task: SubjectsTask, opened: OpenedTask, context: TaskContext): SubjectScorer {
  const { base, forgetting } = opened;
  return new SubjectScorer({
    base: { description: base.description, directory: task.modelDirectory },
    adapter: adapterReader(task, base.description),
    datasets: task.datasets.map((_, index) => scoredDataset(task, { ...opened, index }, context)),
    ranking: rankingSteps(context),
    tuning: (request) => tuningData(task, base, request, context),
    ...(forgetting ? { forgetting } : {}),
  });
}

/** Opens the test examples of one of the datasets, or the questions that are scored in their place. */
export async function openEvaluator(
  base: BaseModel,
  task: SubjectsTask,
  index: number,
  context: TaskContext,
): Promise<ExampleEvaluator> {
  const questions = task.questions?.find(({ dataset }) => dataset === index);
  if (questions !== undefined) return QuestionEvaluator.open(base, task.modelDirectory, questions);
  return AdapterEvaluator.open(base, evaluated(task, index), context);
}

/** The request that opens the evaluator of one of the datasets. */
function evaluated({ modelDirectory, datasets }: SubjectsTask, index: number) {
  const dataset = datasets[index];
  if (dataset === undefined) throw new StudioError('internal', `The job has no dataset ${index}.`);
  const { source, settings, eval_samples, validation_samples } = dataset;
  const split =
    validation_samples === undefined ? {} : { split: { eval_split: 'validation', validation_samples } as const };
  return { modelDirectory, source, settings, samples: eval_samples, ...split };
}

function scoredDataset(
  task: SubjectsTask,
  { base, index, evaluators, progress }: OpenedTask & { readonly index: number },
  context: TaskContext,
): ScoredDataset {
  const evaluator = (): ExampleEvaluator => {
    const found = evaluators.get(index);
    if (found === undefined) throw new StudioError('internal', `The dataset ${index} is only tuned on.`);
    return found;
  };
  const { samples: _, ...examined } = evaluated(task, index);
  const { modelDirectory, source, settings } = examined;
  return {
    get examples() {
      return evaluator().examples;
    },
    requireFit: (state, name) => evaluator().requireFit(state, name),
    calibration: (state, sample) =>
      PruneCalibration.open(base, state, { modelDirectory, source: { ...source, settings }, ...sample }, context),
    refit: (state, examples) => refitHead(base, state, { ...examined, examples }, context),
    outputs(state, phase) {
      progress.announce(phase);
      return evaluator().outputs(state, progress, context);
    },
    get ensembleOutputs() {
      const { ensembleOutputs } = evaluator();
      if (ensembleOutputs === undefined) return undefined;
      return (members: readonly EnsembleMember[], phase: string) => {
        progress.announce(phase);
        return ensembleOutputs(members, progress, context);
      };
    },
  };
}

/** Training examples of the datasets that a merge names, or of the scored one. */
function tuningData(
  { modelDirectory, datasets }: SubjectsTask,
  base: BaseModel,
  { inputs, seed, tuning, scored, ownHeads }: TuningExamplesRequest,
  context: TaskContext,
): TuningData {
  const ids = tuning === null ? inputs.map(() => datasets[scored]?.id) : tuning.datasets;
  const adapters = inputs.map(({ state, weight }, index) => ({
    weight,
    dataset: datasets.findIndex(({ id }) => id === ids[index]),
    read: async () => state,
  }));
  const request = {
    modelDirectory,
    adapters,
    datasets: datasets.map(({ source, settings }) => ({ ...source, settings })),
    samples: tuning?.samples ?? tuningSamples,
    seed,
    ownHeads,
  };
  return new TuningData({ ...request, base: async () => base }, context);
}

export const scoreJob = defineEngineJob('score', runScoreTask);

/** Reads each folder once. */
function adapterReader(
  task: SubjectsTask,
  description: ModelDescription,
): (adapterId: string) => Promise<AdapterState> {
  const known = new Map<string, AdapterState>();
  return async (adapterId) => {
    const directory = task.adapters.find((adapter) => adapter.adapterId === adapterId)?.directory;
    if (directory === undefined) throw new StudioError('internal', `The adapter ${adapterId} has no folder.`);
    const state = known.get(adapterId) ?? (await readAdapter(directory, description));
    known.set(adapterId, state);
    return state;
  };
}

import { StudioError } from '../../../src-shared/contract/errors.ts';
import { tuningSchema } from '../../../src-shared/domain/merge.ts';
import { readAdapter } from '../adapters/peft/adapter-folder.ts';
import type { AdapterState } from '../adapters/state.ts';
import { activateCompute } from '../compute/index.ts';
import type { EngineResultOf, ScoreTask, TaskContext } from '../contract.ts';
import { AdapterEvaluator } from '../evaluation/adapter-evaluator.ts';
import { EvaluationProgress } from '../evaluation/evaluation-progress.ts';
import { PruneCalibration } from '../evaluation/prune-calibration.ts';
import { passesOf, SubjectScorer } from '../evaluation/score-subjects.ts';
import { TuningData } from '../evaluation/tuning-data.ts';
import { loadBaseModel } from '../models/load-model.ts';
import { defineEngineJob } from './define-job.ts';

/** Training examples of a study's merges that are tuned: as many as a merge uses by default. */
const tuningSamples = tuningSchema.parse({}).tuning_samples;

/**
 * Scores subjects one after the other and reports each at once. Throws StudioError cancelled on a signal, between
 * batches.
 */
export async function runScoreTask(task: ScoreTask, context: TaskContext): Promise<EngineResultOf<'score'>> {
  await activateCompute(task.compute, task.threads);
  const base = await loadBaseModel(task.modelDirectory);
  try {
    const request = { ...task, source: task.dataset, samples: task.eval_samples };
    const evaluator = await AdapterEvaluator.open(base, request, context);
    try {
      const passes = passesOf(task.subjects.map(({ subject }) => subject));
      const progress = new EvaluationProgress(context, passes, evaluator.examples);
      const scorer = new SubjectScorer({
        base: { description: evaluator.description, directory: task.modelDirectory },
        examples: evaluator.examples,
        adapter: adapterReader(task, evaluator),
        calibration: (state, sample) => {
          const { modelDirectory, dataset, settings } = task;
          return PruneCalibration.open(
            base,
            state,
            { modelDirectory, source: { ...dataset, settings }, ...sample },
            context,
          );
        },
        tuning: (inputs, seed) => {
          const { modelDirectory, dataset, settings } = task;
          const adapters = inputs.map(({ state, weight }) => ({ weight, dataset: 0, read: async () => state }));
          const request = {
            modelDirectory,
            adapters,
            datasets: [{ ...dataset, settings }],
            samples: tuningSamples,
            seed,
          };
          return new TuningData({ ...request, base: async () => base }, context);
        },
        requireFit: (state, name) => evaluator.requireFit(state, name),
        outputs(state, phase) {
          progress.announce(phase);
          return evaluator.outputs(state, progress, context);
        },
      });
      for (const named of task.subjects)
        context.emit({ kind: 'score', key: named.key, score: await scorer.score(named) });
      return { kind: 'score', scored: task.subjects.length };
    } finally {
      evaluator.close();
    }
  } finally {
    base.dispose();
  }
}

export const scoreJob = defineEngineJob('score', runScoreTask);

/** Reads each folder once. */
function adapterReader(task: ScoreTask, evaluator: AdapterEvaluator): (adapterId: string) => Promise<AdapterState> {
  const known = new Map<string, AdapterState>();
  return async (adapterId) => {
    const directory = task.adapters.find((adapter) => adapter.adapterId === adapterId)?.directory;
    if (directory === undefined) throw new StudioError('internal', `The adapter ${adapterId} has no folder.`);
    const state = known.get(adapterId) ?? (await readAdapter(directory, evaluator.description));
    known.set(adapterId, state);
    return state;
  };
}

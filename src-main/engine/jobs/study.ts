import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterReference } from '../../../src-shared/domain/study.ts';
import { readAdapter } from '../adapters/peft/adapter-folder.ts';
import type { AdapterState } from '../adapters/state.ts';
import { activateCompute } from '../compute/index.ts';
import type { EngineResultOf, StudyTask, TaskContext } from '../contract.ts';
import { AdapterEvaluator } from '../evaluation/adapter-evaluator.ts';
import { EvaluationProgress } from '../evaluation/evaluation-progress.ts';
import { loadBaseModel } from '../models/load-model.ts';
import { runStudy, studyPasses } from '../studies/index.ts';
import { defineEngineJob } from './define-job.ts';

/** Runs a study on adapters that exist. Ends with StudioError cancelled when told to, between batches. */
export async function runStudyTask(task: StudyTask, context: TaskContext): Promise<EngineResultOf<'study'>> {
  await activateCompute(task.compute, task.threads);
  const base = await loadBaseModel(task.modelDirectory);
  try {
    const bench = await AdapterEvaluator.open(
      base,
      { ...task, source: task.dataset, samples: task.config.eval_samples },
      context,
    );
    try {
      const progress = new EvaluationProgress(context, studyPasses(task.config), bench.examples);
      const read = adapterReader(task, bench);
      const result = await runStudy(task.config, {
        base: { description: bench.description, directory: task.modelDirectory },
        examples: bench.examples,
        adapter: read,
        score(state, phase) {
          progress.announce(phase);
          return bench.score(state, progress, context);
        },
        outputs(state, phase) {
          progress.announce(phase);
          return bench.outputs(state, progress, context);
        },
      });
      return { kind: 'study', result };
    } finally {
      bench.close();
    }
  } finally {
    base.dispose();
  }
}

export const studyJob = defineEngineJob('study', runStudyTask);

/** Reads each folder once and checks that its head is for the dataset. */
function adapterReader(
  task: StudyTask,
  bench: AdapterEvaluator,
): (reference: AdapterReference, name: string) => Promise<AdapterState> {
  const directories = new Map(task.adapters.map(({ reference, directory }) => [referenceKey(reference), directory]));
  const known = new Map<string, AdapterState>();
  return async (reference, name) => {
    const directory = directories.get(referenceKey(reference));
    if (directory === undefined)
      throw new StudioError('not_found', `${name} has no folder: its run made no adapter.`, 'Train it first.');
    const state = known.get(directory) ?? (await readAdapter(directory, bench.description));
    known.set(directory, state);
    bench.requireFit(state, name);
    return state;
  };
}

function referenceKey(reference: AdapterReference): string {
  return 'runId' in reference ? `run/${reference.runId}` : `adapter/${reference.adapterId}`;
}

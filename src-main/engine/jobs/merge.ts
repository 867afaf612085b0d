import type { ModelDescription } from '../../../src-shared/domain/model.ts';
import { readAdapter, writeAdapter } from '../adapters/peft/adapter-folder.ts';
import type { AdapterState } from '../adapters/state.ts';
import { checkedParameters } from '../checked-parameters.ts';
import { activateCompute } from '../compute/index.ts';
import type { EngineResultOf, MergeTask, TaskContext } from '../contract.ts';
import { AdapterEvaluator } from '../evaluation/adapter-evaluator.ts';
import { EvaluationProgress } from '../evaluation/evaluation-progress.ts';
import { scoreOutputs, type TaskOutputs } from '../evaluation/task-outputs.ts';
import { mergeMethod, refuseIllegal } from '../merge/index.ts';
import { loadBaseModel } from '../models/load-model.ts';
import { ensembleScore } from '../studies/merging.ts';
import { defineEngineJob } from './define-job.ts';

/**
 * Merges adapters, writes the result as a PEFT folder (where the method makes one), and scores every adapter alone, the
 * merge and the base on each dataset. A cell is null where the head was not made for that dataset's labels.
 */
export async function runMergeTask(task: MergeTask, context: TaskContext): Promise<EngineResultOf<'merge'>> {
  await activateCompute(task.compute, task.threads);
  const base = await loadBaseModel(task.modelDirectory);
  try {
    const states: AdapterState[] = [];
    for (const { directory } of task.adapters) states.push(await readAdapter(directory, base.description));
    const merged = await mergeAndWrite(task, states, base.description);
    const scores: (number | null)[][] = [];
    for (const source of task.datasets) {
      const { modelDirectory, eval_samples: samples } = task;
      const request = { modelDirectory, source, settings: source.settings, samples };
      const bench = await AdapterEvaluator.open(base, request, context);
      try {
        scores.push(await scoreRow(task, context, bench, states, merged, scores.length));
      } finally {
        bench.close();
      }
    }
    return { kind: 'merge', adapterDirectory: merged === null ? null : task.outputDirectory, scores };
  } finally {
    base.dispose();
  }
}

export const mergeJob = defineEngineJob('merge', runMergeTask);

/** The merged adapter, written; null where the method averages outputs only. */
async function mergeAndWrite(
  task: MergeTask,
  states: readonly AdapterState[],
  description: ModelDescription,
): Promise<AdapterState | null> {
  const method = mergeMethod(task.method);
  const weights = task.adapters.map((adapter) => adapter.weight);
  const parameters = checkedParameters(method.declaration, task.parameters);
  refuseIllegal(method.preflight(states, weights, parameters));
  if (method.makes === 'outputs') return null;
  const merged = method.merge(states, weights, parameters);
  if (task.outputDirectory !== null)
    await writeAdapter(task.outputDirectory, merged, {
      description,
      baseModelName: merged.config.base_model_name_or_path ?? description.architecture,
    });
  return merged;
}

/** Accuracies of one dataset: each adapter alone in order, the merge, the base. */
async function scoreRow(
  task: MergeTask,
  context: TaskContext,
  bench: AdapterEvaluator,
  states: readonly AdapterState[],
  merged: AdapterState | null,
  row: number,
): Promise<(number | null)[]> {
  const candidates: (AdapterState | null)[] = [...states, ...(merged === null ? [] : [merged]), null];
  const progress = new EvaluationProgress(
    context,
    candidates.filter((state) => bench.fits(state)).length,
    bench.examples,
  );
  const where = task.datasets.length > 1 ? `, dataset ${row + 1} of ${task.datasets.length}` : '';
  const outputsOf = async (state: AdapterState | null, name: string): Promise<TaskOutputs | null> => {
    if (!bench.fits(state)) return null;
    progress.announce(`Scoring ${name}${where}`);
    return bench.outputs(state, progress, context);
  };
  const own: (TaskOutputs | null)[] = [];
  for (const [index, state] of states.entries()) own.push(await outputsOf(state, `adapter ${index + 1}`));
  const mergedAccuracy =
    merged === null ? ensembleAccuracy(task, own) : accuracyOf(await outputsOf(merged, 'the merge'));
  const baseAccuracy = accuracyOf(await outputsOf(null, 'the base'));
  return [...own.map(accuracyOf), mergedAccuracy, baseAccuracy];
}

function ensembleAccuracy(task: MergeTask, own: readonly (TaskOutputs | null)[]): number | null {
  const members = own.filter((outputs) => outputs !== null);
  // A member whose head is for other labels has no say in these.
  if (members.length < own.length) return null;
  return ensembleScore(
    members,
    task.adapters.map((adapter) => adapter.weight),
  ).accuracy;
}

function accuracyOf(outputs: TaskOutputs | null): number | null {
  return outputs === null ? null : scoreOutputs(outputs).accuracy;
}

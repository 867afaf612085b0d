import { StudioError } from '../../../src-shared/contract/errors.ts';
import { describePruning } from '../../../src-shared/domain/prune.ts';
import { readAdapter, writeAdapter } from '../adapters/peft/adapter-folder.ts';
import { activateCompute } from '../compute/index.ts';
import type { EngineResultOf, PruneTask, TaskContext } from '../contract.ts';
import { PruneCalibration } from '../evaluation/prune-calibration.ts';
import type { BaseModel } from '../models/base-model.ts';
import { loadBaseModel } from '../models/load-model.ts';
import { pruneMethod } from '../prune/index.ts';
import type { PruneContext } from '../prune/prune-method.ts';
import { runPrune } from '../prune/run-prune.ts';
import { ProgressMeter } from '../training/progress-meter.ts';
import { defineEngineJob } from './define-job.ts';

/** Prunes an adapter and writes the result as a PEFT folder. The base is loaded only for methods that run the adapter. */
export async function runPruneTask(task: PruneTask, context: TaskContext): Promise<EngineResultOf<'prune'>> {
  const { description, parameters, modelDirectory, dataset: source } = task;
  const state = await readAdapter(task.adapterDirectory, description);
  const method = pruneMethod(task.method);
  const loaded: BaseModel[] = [];
  try {
    const pruned = await runPrune(
      {
        method,
        parameters,
        base: { description, directory: modelDirectory },
        progress: follow(context),
        data:
          modelDirectory === null || source === null
            ? null
            : async (adapter, sample) => {
                await activateCompute(task.compute, task.threads);
                const base = loaded[0] ?? (await loadBaseModel(modelDirectory));
                loaded[0] = base;
                return PruneCalibration.open(base, adapter, { modelDirectory, source, ...sample }, context);
              },
      },
      state,
    );
    await writeAdapter(task.outputDirectory, pruned.state, {
      description,
      baseModelName: state.config.base_model_name_or_path ?? description.architecture,
    });
    const { kept, total, note = null } = pruned;
    const counts = `${describePruning(method.declaration, parameters)}: ${kept} of ${total} entries kept.`;
    context.emit({ kind: 'log', level: 'info', text: note === null ? counts : `${counts} ${note}` });
    return { kind: 'prune', adapterDirectory: task.outputDirectory, kept, total, note };
  } finally {
    for (const base of loaded) base.dispose();
  }
}

/** Reports the progress of a method. @throws StudioError cancelled when the task is signalled */
function follow(context: TaskContext): PruneContext['progress'] {
  let meter: { readonly phase: string; readonly meter: ProgressMeter } | null = null;
  return async (phase, done, total) => {
    if (meter?.phase !== phase) meter = { phase, meter: new ProgressMeter(context, phase, total, 'modules') };
    meter.meter.at(done);
    if ((await context.signal()) !== null) throw new StudioError('cancelled', 'The pruning was cancelled.');
  };
}

export const pruneJob = defineEngineJob('prune', runPruneTask);

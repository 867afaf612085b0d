import { describePruning } from '../../../src-shared/domain/adapters/prune.ts';
import { readAdapter, writeAdapter } from '../adapters/peft/adapter-folder.ts';
import type { AdapterState } from '../adapters/variant/state.ts';
import type { EngineResultOf, PruneTask } from '../contract.ts';
import { ForgettingMeter, measureOrWarn } from '../evaluation/forgetting/forgetting-meter.ts';
import { PruneCalibration } from '../evaluation/prune-calibration.ts';
import type { TaskContext } from '../events.ts';
import { pruneMethod } from '../prune/index.ts';
import { runPrune } from '../prune/run-prune.ts';
import { defineEngineJob } from './define-job.ts';
import { followPhases } from './follow-phases.ts';
import { SharedBase } from './shared-base.ts';

/**
 * Prunes an adapter and writes the result as a PEFT folder. The base is loaded for methods that run the adapter, and to
 * measure what both cost it.
 */
export async function runPruneTask(task: PruneTask, context: TaskContext): Promise<EngineResultOf<'prune'>> {
  const { description, parameters, modelDirectory, dataset: source } = task;
  const state = await readAdapter(task.adapterDirectory, description);
  const method = pruneMethod(task.method);
  const base = new SharedBase(task);
  try {
    const pruned = await runPrune(
      {
        method,
        parameters,
        base: { description, directory: modelDirectory },
        progress: followPhases(context, 'modules', 'pruning'),
        data:
          modelDirectory === null || source === null
            ? null
            : async (adapter, sample) =>
                PruneCalibration.open(await base.load(), adapter, { modelDirectory, source, ...sample }, context),
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
    const forgetting = await forgettingOfBoth(task, state, pruned.state, base, context);
    return { kind: 'prune', adapterDirectory: task.outputDirectory, kept, total, note, forgetting };
  } finally {
    await base.dispose();
  }
}

export const pruneJob = defineEngineJob('prune', runPruneTask);

async function forgettingOfBoth(
  task: PruneTask,
  before: AdapterState,
  after: AdapterState,
  shared: SharedBase,
  context: TaskContext,
): Promise<EngineResultOf<'prune'>['forgetting']> {
  const { modelDirectory, forgetting } = task;
  if (modelDirectory === null || forgetting === undefined) return null;
  return measureOrWarn(context, async () => {
    const meter = await ForgettingMeter.open(await shared.load(), { ...task, modelDirectory }, context);
    if (meter === null) return null;
    try {
      return { unpruned: await meter.of(before), pruned: await meter.of(after) };
    } finally {
      meter.close();
    }
  });
}

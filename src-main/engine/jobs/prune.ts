import { StudioError } from '../../../src-shared/contract/errors.ts';
import { describePruning } from '../../../src-shared/domain/prune.ts';
import { readAdapter, writeAdapter } from '../adapters/peft/adapter-folder.ts';
import type { EngineResultOf, PruneTask, TaskContext } from '../contract.ts';
import { pruneMethod } from '../prune/index.ts';
import type { PruneContext } from '../prune/prune-method.ts';
import { runPrune } from '../prune/run-prune.ts';
import { ProgressMeter } from '../training/progress-meter.ts';
import { defineEngineJob } from './define-job.ts';

/** Prunes an adapter and writes the result as a PEFT folder. */
export async function runPruneTask(task: PruneTask, context: TaskContext): Promise<EngineResultOf<'prune'>> {
  const { description } = task;
  const state = await readAdapter(task.adapterDirectory, description);
  const method = pruneMethod(task.method);
  const { parameters, modelDirectory } = task;
  const base = { description, directory: modelDirectory };
  const pruned = await runPrune({ method, parameters, base, progress: follow(context) }, state);
  await writeAdapter(task.outputDirectory, pruned.state, {
    description,
    baseModelName: state.config.base_model_name_or_path ?? description.architecture,
  });
  context.emit({
    kind: 'log',
    level: 'info',
    text: `${describePruning(method.declaration, parameters)}: ${pruned.kept} of ${pruned.total} entries kept.${pruned.note ? ` ${pruned.note}` : ''}`,
  });
  return { kind: 'prune', adapterDirectory: task.outputDirectory, kept: pruned.kept, total: pruned.total };
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

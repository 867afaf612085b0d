import { describePruning } from '../../../src-shared/domain/prune.ts';
import { readAdapter, writeAdapter } from '../adapters/peft/adapter-folder.ts';
import type { EngineResultOf, PruneTask, TaskContext } from '../contract.ts';
import { pruneMethod } from '../prune/index.ts';
import { defineEngineJob } from './define-job.ts';

/** Prunes an adapter and writes the result as a PEFT folder. Needs no weights of the base and no compute backend. */
export async function runPruneTask(task: PruneTask, context: TaskContext): Promise<EngineResultOf<'prune'>> {
  const { description } = task;
  const state = await readAdapter(task.adapterDirectory, description);
  const method = pruneMethod(task.method);
  const pruned = method.prune(state, description, task.parameters);
  await writeAdapter(task.outputDirectory, pruned.state, {
    description,
    baseModelName: state.config.base_model_name_or_path ?? description.architecture,
  });
  context.emit({
    kind: 'log',
    level: 'info',
    text: `${describePruning(method.declaration, task.parameters)}: ${pruned.kept} of ${pruned.total} factor entries kept.`,
  });
  return { kind: 'prune', adapterDirectory: task.outputDirectory, kept: pruned.kept, total: pruned.total };
}

export const pruneJob = defineEngineJob('prune', runPruneTask);

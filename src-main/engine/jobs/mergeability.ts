import { pairVerdict } from '../../../src-shared/domain/merging/mergeability.ts';
import type { EngineResultOf, MergeabilityTask } from '../contract.ts';
import type { TaskContext } from '../events.ts';
import { compareFolders } from '../merge/run/merge-folders.ts';
import { defineEngineJob } from './define-job.ts';
import { followPhases } from './follow-phases.ts';

/** Compares adapters pair by pair and reports each map at once. Throws StudioError cancelled, between modules. */
export async function runMergeabilityTask(
  { description, maps }: MergeabilityTask,
  context: TaskContext,
): Promise<EngineResultOf<'mergeability'>> {
  const report = followPhases(context, 'modules', 'comparison');
  for (const { key, title, names, directories, seed } of maps) {
    const { pairs } = await compareFolders(directories, {
      description,
      names,
      weights: directories.map(() => 1),
      seed,
      onModule: (done, total) => report(title, done, total),
    });
    const judged = pairs.map((pair) => ({
      ...pair,
      ...pairVerdict(pair, [names[pair.first] ?? '', names[pair.second] ?? '']),
    }));
    context.emit({ kind: 'pairs', key, pairs: judged });
  }
  return { kind: 'mergeability', compared: maps.length };
}

export const mergeabilityJob = defineEngineJob('mergeability', runMergeabilityTask);

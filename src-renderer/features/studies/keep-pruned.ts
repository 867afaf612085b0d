import type { StudyRecord } from '../../../src-shared/domain/study.ts';
import { request } from '../../api/client.ts';
import { notifyFailure, notifySuccess } from '../../components/feedback/notify.tsx';
import { formatPercent } from '../../components/format/format.ts';
import { type KeepChoice, seriesName } from './pruning-table.tsx';

/** Queues the pruning that a point of a study stands for, so that its adapter comes onto the shelf. */
export async function keepPruned(study: StudyRecord, choice: KeepChoice): Promise<void> {
  if (study.config.kind !== 'pruning' || study.result?.kind !== 'pruning') return;
  const result = study.result.adapters[choice.adapter];
  const source = study.config.adapters[choice.adapter];
  if (!result || !source) return;
  try {
    const adapterId =
      'adapterId' in source.adapter
        ? source.adapter.adapterId
        : (await request('runs.get', { id: source.adapter.runId })).adapterId;
    if (adapterId === null) throw new Error(`The run behind ${seriesName(result)} has no adapter any more.`);
    const pattern = choice.kind === 'pattern' ? result.patterns[choice.index] : undefined;
    const sparsity = choice.kind === 'sparsity' ? result.sparsities[choice.index]?.sparsity : undefined;
    if (!pattern && sparsity === undefined) return;
    const what = pattern ? pattern.label : `${formatPercent(sparsity)} % zeroed`;
    await request('prune.start', {
      adapterId,
      name: `${seriesName(result)}: ${what}`,
      method: pattern ? pattern.method : 'magnitude',
      parameters: pattern ? pattern.parameters : { sparsity: sparsity ?? 0 },
    });
    notifySuccess('Pruning queued', `"${what}" comes onto the adapter shelf of Merge and Prune.`);
  } catch (error) {
    notifyFailure(error instanceof Error ? error : new Error(String(error)), 'The pruned adapter was not kept');
  }
}

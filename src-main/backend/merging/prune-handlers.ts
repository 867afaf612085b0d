import { describePruning } from '../../../src-shared/domain/adapters/prune.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { readAdapterOutline } from '../../engine/api/adapters.ts';
import { needsExamples, pruneMethod } from '../../engine/api/merging.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { baseOf } from '../library/adapters/adapter-base.ts';
import { requireAdapter } from '../library/adapters/adapters.ts';
import { requireDataset } from '../library/datasets/datasets.ts';
import type { Handlers, NamesOf } from '../services/handler.ts';
import { pruneJob } from './prune-job.ts';

export function pruneHandlers({ store, home, queue }: HandlerServices): Handlers<NamesOf<'prune'>> {
  return {
    'prune.start': async ({ adapterId, method, parameters, datasetId, name }) => {
      const adapter = requireAdapter(store, adapterId);
      const { description, model } = await baseOf({ store, home }, [adapter]);
      const { declaration, check } = pruneMethod(method);
      // Checks that need no tensors fail now, not when the job starts.
      checkedParameters(declaration, parameters);
      if (declaration.data && (model === null || (datasetId ?? adapter.datasetId) === null))
        throw needsExamples(declaration.label);
      if (datasetId !== null) requireDataset(store, datasetId);
      check?.(await readAdapterOutline(home.absolute(adapter.folder), description), description, parameters);
      const pattern = describePruning(declaration, parameters);
      return queue.add(
        pruneJob,
        { title: `Prune ${adapter.name}: ${pattern}`, subjectId: null },
        { name: name ?? `${adapter.name} · ${pattern}`, adapterId, method, parameters, datasetId },
      );
    },
  };
}

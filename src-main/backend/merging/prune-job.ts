import { rm } from 'node:fs/promises';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import { parameterValuesSchema } from '../../../src-shared/domain/parameters/parameter.ts';
import { formatCount } from '../../../src-shared/format/numbers.ts';
import { measureOf, riseText } from '../../../src-shared/results/forgetting.ts';
import { computeFields } from '../jobs/compute-fields.ts';
import { defineJob } from '../jobs/define-job.ts';
import { forgettingField } from '../jobs/forgetting-field.ts';
import { baseOf } from '../library/adapters/adapter-base.ts';
import { listAdapter, newAdapterFolder, requireAdapter } from '../library/adapters/adapters.ts';
import { addForgetting } from '../library/adapters/model-card.ts';
import { taskSettingsFor } from '../library/adapters/task-settings.ts';
import { requireDataset } from '../library/datasets/datasets.ts';
import { checkModelFiles } from '../library/models/model-files.ts';
import type { Services } from '../services/services.ts';

/** Creates a pruned copy of an adapter. It has no score until it is evaluated. */
export const pruneJob = defineJob({
  kind: 'prune',
  payload: z.object({
    name: z.string(),
    adapterId: z.string(),
    method: z.string(),
    parameters: parameterValuesSchema,
    datasetId: z.string().nullable().default(null),
  }),
  references: ({ adapterId }) => [{ adapterId }],
  async execute(payload, context, services) {
    const { home, store } = services;
    const adapter = requireAdapter(store, payload.adapterId);
    const base = await baseOf(services, [adapter]);
    const damage = await damageOf(services, base.model);
    const place = newAdapterFolder(services);
    try {
      const datasetId = payload.datasetId ?? adapter.datasetId;
      const { kept, total, note, forgetting } = await context.runEngine({
        kind: 'prune',
        ...computeFields(store),
        modelDirectory: damage === null ? (base.model?.path ?? null) : null,
        description: base.description,
        adapterDirectory: home.absolute(adapter.folder),
        method: payload.method,
        parameters: payload.parameters,
        dataset:
          datasetId === null
            ? null
            : { ...requireDataset(store, datasetId).source, settings: taskSettingsFor(store, [adapter]) },
        outputDirectory: place.directory,
        ...forgettingField(services),
      });
      await addForgetting(place.directory, forgetting?.pruned ?? null);
      const pruned = await listAdapter(
        services,
        place.id,
        {
          name: payload.name,
          base,
          origin: { kind: 'prune', method: payload.method, adapterId: adapter.id },
          datasetId: adapter.datasetId,
          accuracy: null,
        },
        { from: place.directory },
      );
      return {
        status: 'completed',
        result: { adapterId: pruned.id, kept, total, forgetting },
        message: [
          `Kept ${formatCount(kept)} of ${formatCount(total)} entries as "${pruned.name}".`,
          ...(note === null ? [] : [note]),
          ...(forgetting === null
            ? []
            : [
                `${measureOf(forgetting.pruned).label} ${riseText(forgetting.pruned.rise)} instead of ${riseText(forgetting.unpruned.rise)} ${measureOf(forgetting.pruned).unit}.`,
              ]),
        ].join(' '),
      };
    } catch (error) {
      await rm(place.directory, { recursive: true, force: true });
      throw damage !== null && error instanceof StudioError && error.code === 'refused' ? damage : error;
    }
  },
});

/** Returns the reason why a base is unusable: pruning continues without the base unless its method reads it. */
async function damageOf(services: Services, model: ModelRecord | null): Promise<StudioError | null> {
  if (model === null) return null;
  try {
    await checkModelFiles(services, model.path);
    return null;
  } catch (error) {
    if (error instanceof StudioError) return error;
    throw error;
  }
}

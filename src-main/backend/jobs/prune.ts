import { rm } from 'node:fs/promises';
import { z } from 'zod';
import { listAdapter, newAdapterFolder, requireAdapter } from '../library/adapters.ts';
import { requireModel } from '../library/models.ts';
import type { Services } from '../services.ts';
import { computeFields } from './compute-fields.ts';
import type { JobExecutor } from './executor.ts';

export const pruneJobResultSchema = z.object({
  adapterId: z.string(),
  kept: z.number().int(),
  total: z.number().int(),
});

/** Makes a pruned adapter of another one. Its score is not known until it is evaluated. */
export function pruneExecutor(services: Services): JobExecutor<'prune'> {
  const { home, store } = services;
  return {
    async execute(payload, context) {
      const adapter = requireAdapter(store, payload.adapterId);
      const model = requireModel(store, adapter.modelId);
      const place = newAdapterFolder(services);
      try {
        const { kept, total } = await context.runEngine({
          kind: 'prune',
          ...computeFields(store),
          modelDirectory: model.path,
          adapterDirectory: home.absolute(adapter.folder),
          method: payload.method,
          parameters: payload.parameters,
          outputDirectory: place.directory,
        });
        const pruned = await listAdapter(services, place.id, {
          name: payload.name,
          model,
          origin: { kind: 'prune', method: payload.method, adapterId: adapter.id },
          datasetId: adapter.datasetId,
          accuracy: null,
        });
        const result: z.infer<typeof pruneJobResultSchema> = { adapterId: pruned.id, kept, total };
        return { status: 'completed', result, message: `Kept ${kept} of ${total} entries as "${pruned.name}".` };
      } catch (error) {
        await rm(place.directory, { recursive: true, force: true });
        throw error;
      }
    },
    settle: () => undefined,
  };
}

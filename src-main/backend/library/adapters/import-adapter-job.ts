import { rm } from 'node:fs/promises';
import { z } from 'zod';
import { computeFields } from '../../jobs/compute-fields.ts';
import { defineJob } from '../../jobs/define-job.ts';
import { requireModel } from '../models/models.ts';
import { listAdapter, newAdapterFolder } from './adapters.ts';

/** Adds an adapter that PEFT saved on a residual base (PiSSA, OLoRA) as the equal plain LoRA: the base's weights are decomposed. */
export const importAdapterJob = defineJob({
  kind: 'import-adapter',
  payload: z.object({ path: z.string(), modelId: z.string(), name: z.string() }),
  references: () => [],
  async execute({ path, modelId, name }, context, services) {
    const model = requireModel(services.store, modelId);
    const { id, directory } = newAdapterFolder(services);
    try {
      await context.runEngine({
        kind: 'convert-adapter',
        ...computeFields(services.store),
        modelDirectory: model.path,
        description: model.description,
        adapterDirectory: path,
        to: 'portable',
        parameters: {},
        outputDirectory: directory,
      });
      const adapter = await listAdapter(
        services,
        id,
        {
          name,
          base: { model, description: model.description },
          origin: { kind: 'import', path },
          datasetId: null,
          accuracy: null,
        },
        { from: directory },
      );
      return {
        status: 'completed',
        result: { adapterId: adapter.id },
        message: `"${adapter.name}" is imported as the equal plain LoRA.`,
      };
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  },
});

import { z } from 'zod';
import { embeddingRequestSchema } from '../../../src-shared/domain/generation/text-embeddings.ts';
import { taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import { computeFields } from '../jobs/compute-fields.ts';
import { defineJob } from '../jobs/define-job.ts';
import { resolveReference } from '../library/adapters/adapters.ts';
import { columnDirectories } from '../library/adapters/column-directories.ts';
import { taskSettingsOn } from '../library/adapters/task-settings.ts';
import { resolveModel } from '../library/models/models.ts';

/** Computes the vectors of texts with a base, or with an adapter on it. */
export const embedTextsJob = defineJob({
  kind: 'embed-texts',
  // `kept` is what removeUnkept of the store looks for.
  payload: z.object({ request: embeddingRequestSchema, kept: z.literal(false).default(false) }),
  references: ({ request }) => (request.adapter === null ? [] : [request.adapter]),
  async execute({ request: { model: reference, adapter, inputs, dimensions } }, context, services) {
    const { store } = services;
    const model = await resolveModel(services, reference);
    const [adapterDirectory = null] = columnDirectories(services, model, [adapter]);
    const { pooling_mode } =
      adapter === null
        ? taskSettingsSchema.parse({})
        : await taskSettingsOn(services, [resolveReference(store, adapter)], model, null);
    const { result } = await context.runEngine({
      kind: 'embed-texts',
      ...computeFields(store),
      modelDirectory: model.path,
      adapterDirectory,
      pooling_mode,
      inputs,
      dimensions,
    });
    return { status: 'completed', result, message: null };
  },
});

import { z } from 'zod';
import { generationRequestSchema } from '../../../src-shared/domain/generation/generation.ts';
import { computeFields } from '../jobs/compute-fields.ts';
import { defineJob } from '../jobs/define-job.ts';
import { columnDirectories } from '../library/adapters/column-directories.ts';
import { resolveModel } from '../library/models/models.ts';

/** Continues a prompt with a base and its adapters; text is streamed to the subscribers. */
export const generateJob = defineJob({
  kind: 'generate',
  payload: z.object({ request: generationRequestSchema, kept: z.boolean().default(true) }),
  references: ({ request }) => request.columns.filter((column) => column !== null),
  async execute({ request }, context, services) {
    const { store, hub } = services;
    const { model: reference, columns, ...settings } = request;
    const model = await resolveModel(services, reference);
    const adapterDirectories = columnDirectories(services, model, columns);
    const { result } = await context.runEngine(
      { kind: 'generate', ...computeFields(store), ...settings, modelDirectory: model.path, adapterDirectories },
      (event) => {
        if (event.kind === 'text') hub.textAdded(context.job.id, event.pieces);
      },
    );
    const cancelled = result.columns.some((column) => column.finish === 'cancelled');
    return { status: cancelled ? 'stopped' : 'completed', result, message: null };
  },
});

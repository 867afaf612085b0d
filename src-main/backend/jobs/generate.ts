import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { generationRequestSchema } from '../../../src-shared/domain/generation.ts';
import { requireModelOf } from '../library/adapter-base.ts';
import { resolveReference } from '../library/adapters.ts';
import { resolveModel } from '../library/models.ts';
import { computeFields } from './compute-fields.ts';
import { defineJob } from './define-job.ts';

/** Continues a prompt with a base and its adapters; text is streamed to the subscribers. */
export const generateJob = defineJob({
  kind: 'generate',
  payload: z.object({ request: generationRequestSchema }),
  references: ({ request }) => request.columns.filter((column) => column !== null),
  async execute({ request }, context, services) {
    const { home, store, hub } = services;
    const { model: reference, columns, ...settings } = request;
    const model = await resolveModel(services, reference);
    const adapterDirectories = columns.map((column) => {
      if (column === null) return null;
      const record = resolveReference(store, column);
      const own = requireModelOf(store, record);
      if (own.id !== model.id)
        throw new StudioError(
          'refused',
          `The adapter "${record.name}" has the base ${own.id}, not ${model.id}.`,
          `Choose it with the model ${own.id}.`,
        );
      return home.absolute(record.folder);
    });
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

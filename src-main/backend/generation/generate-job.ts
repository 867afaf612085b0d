import { z } from 'zod';
import {
  type GenerationRequest,
  generationRequestSchema,
  maxStreams,
} from '../../../src-shared/domain/generation/generation.ts';
import { computeFields } from '../jobs/compute-fields.ts';
import { defineJob } from '../jobs/define-job.ts';
import { resolveReference } from '../library/adapters/adapters.ts';
import { columnDirectories } from '../library/adapters/column-directories.ts';
import { taskSettingsOn } from '../library/adapters/task-settings.ts';
import { resolveModel } from '../library/models/models.ts';

/** Continues a prompt with a base and its adapters; text is streamed to the subscribers. */
export const generateJob = defineJob({
  kind: 'generate',
  payload: z.object({ request: generationRequestSchema, kept: z.boolean().default(true) }),
  references: ({ request }) => request.columns.filter((column) => column !== null),
  joins: ({ request }, running) =>
    running.length < maxStreams && running.every((other) => usesSameModel(request, other.request)),
  async execute({ request }, context, services) {
    const { store, hub } = services;
    const { model: reference, columns, ...settings } = request;
    const model = await resolveModel(services, reference);
    const adapterDirectories = columnDirectories(services, model, columns);
    const pairSettings =
      request.prompt.kind === 'pair'
        ? await Promise.all(
            columns.map(async (column) =>
              column === null ? null : taskSettingsOn(services, [resolveReference(store, column)], model, null),
            ),
          )
        : undefined;
    const { result } = await context.runEngine(
      {
        kind: 'generate',
        ...computeFields(store),
        ...settings,
        modelDirectory: model.path,
        adapterDirectories,
        ...(pairSettings === undefined ? {} : { pairSettings }),
      },
      (event) => {
        if (event.kind === 'text') hub.textAdded(context.job.id, event.pieces);
      },
    );
    const cancelled = result.columns.some((column) => column.finish === 'cancelled');
    return { status: cancelled ? 'stopped' : 'completed', result, message: null };
  },
});

/** Returns true for two requests of one text each that one model writes together. */
function usesSameModel(one: GenerationRequest, other: GenerationRequest): boolean {
  const keys = [one, other].map(({ model, columns, prompt, compute_dtype }) =>
    prompt.kind === 'pair' || columns.length !== 1 ? null : JSON.stringify([model, columns, compute_dtype]),
  );
  return keys[0] !== null && keys[0] === keys[1];
}

import { z } from 'zod';
import { downloadRepository } from '../library/huggingface/download.ts';
import { addModel } from '../library/models.ts';
import { byteProgress } from './byte-progress.ts';
import { defineJob } from './define-job.ts';

/** Downloads a model from the hub into the Hugging Face cache and adds it to the studio. */
export const downloadJob = defineJob({
  kind: 'download',
  payload: z.object({ modelId: z.string(), repository: z.string(), revision: z.string() }),
  references: () => [],
  async execute({ modelId, repository, revision }, context, services) {
    const folder = await downloadRepository(
      process.env,
      { id: repository, revision },
      context.abort,
      byteProgress(`Getting ${repository}`, context.progress),
    );
    const known = services.store.models.findByPath(folder);
    const model = await addModel(services, folder, { name: known?.name ?? repository, id: modelId });
    return { status: 'completed', result: { modelId: model.id }, message: `The model "${model.name}" is ready.` };
  },
});

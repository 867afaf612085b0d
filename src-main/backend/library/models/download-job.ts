import { basename } from 'node:path';
import { z } from 'zod';
import { ggufTitle, isGguf } from '../../../../src-shared/domain/models/model.ts';
import { byteProgress } from '../../../files/byte-progress.ts';
import { defineJob } from '../../jobs/define-job.ts';
import { checkRemote } from '../huggingface/check-remote.ts';
import { downloadRepository } from '../huggingface/download.ts';
import { convertedModel } from './converted-model.ts';
import { addModel } from './models.ts';

/** Downloads a model from the hub into the Hugging Face cache and adds it to the studio; a GGUF file is converted first. */
export const downloadJob = defineJob({
  kind: 'download',
  payload: z.object({
    modelId: z.string(),
    repository: z.string(),
    revision: z.string(),
    quantization: z.string().nullable().default(null),
  }),
  references: () => [],
  async execute({ modelId, ...asked }, context, services) {
    const { repository } = asked;
    const path = await downloadRepository(
      process.env,
      asked,
      context.abort,
      byteProgress(`Getting ${repository}`, context.progress),
      (model) => checkRemote(services, model),
    );
    const known = services.store.models.findByPath(path);
    // GGUF models are named by their file: the repository's name does not contain the type.
    const model = isGguf(path)
      ? await convertedModel(
          { modelId, name: ggufTitle(basename(path)), file: path, float32: false },
          context,
          services,
        )
      : await addModel(services, path, { name: known?.name ?? repository, id: modelId, signal: context.abort });
    return { status: 'completed', result: { modelId: model.id }, message: `The model "${model.name}" is ready.` };
  },
});

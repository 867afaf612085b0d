import { z } from 'zod';
import { defineJob } from '../../jobs/define-job.ts';
import { convertedModel } from './converted-model.ts';

/** Converts a GGUF file to a Hugging Face folder below the home and adds it as a model. */
export const convertJob = defineJob({
  kind: 'convert',
  payload: z.object({ modelId: z.string(), name: z.string(), file: z.string(), float32: z.boolean().default(false) }),
  references: () => [],
  async execute(payload, context, services) {
    const model = await convertedModel(payload, context, services);
    return { status: 'completed', result: { modelId: model.id }, message: `The model "${model.name}" is ready.` };
  },
});

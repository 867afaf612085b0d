import { z } from 'zod';
import { jobRecordSchema } from '../domain/jobs/job.ts';
import { cachedModelSchema, downloadPlanSchema } from '../domain/models/hub.ts';
import { modelRecordSchema } from '../domain/models/model.ts';
import { modelMemorySchema } from '../domain/models/model-memory.ts';
import { newTokensSchema, placedTokenSchema } from '../domain/models/new-tokens.ts';
import { quantizationPlanSchema, quantizationSchema } from '../domain/models/quantization.ts';
import { byId, done, nothing, removal } from './request-shapes.ts';

const hubModel = z.strictObject({
  repository: z.string(),
  revision: z.string().default('main'),
  quantization: z.string().nullable().default(null),
});

/** Requests about base models, as `requests` lists them. */
export const modelRequests = {
  'models.list': { input: nothing, output: z.array(modelRecordSchema) },
  'models.get': { input: byId, output: modelRecordSchema },
  /**
   * Returns the reason why the model cannot be trained on any text (no usable tokenizer), and for each dataset the
   * reason why the model cannot learn it; null: it can.
   */
  'models.fits': {
    input: byId,
    output: z.object({
      problem: z.string().nullable(),
      datasets: z.array(z.object({ id: z.string(), reason: z.string().nullable() })),
    }),
  },
  /** Estimates the memory that training each model takes; models with a missing folder are left out. */
  'models.memory': { input: nothing, output: z.array(modelMemorySchema) },
  'models.add': { input: z.strictObject({ path: z.string(), name: z.string().optional() }), output: modelRecordSchema },
  /**
   * Converts a GGUF file to a model folder below the home, quantized weights as they are unless `float32`; the job's result
   * names the model.
   */
  'models.convert': {
    input: z.strictObject({ file: z.string(), name: z.string().optional(), float32: z.boolean().optional() }),
    output: jobRecordSchema,
  },
  /** Sizes of a model's weights in every quantization; refuses a model that cannot be quantized. */
  'models.quantizations': { input: byId, output: quantizationPlanSchema },
  /** Writes a quantized copy of a model below the home; the job's result names it. */
  'models.quantize': {
    input: z.strictObject({ id: z.string(), type: quantizationSchema, name: z.string().optional() }),
    output: jobRecordSchema,
  },
  /** The added tokens of a model's tokenizer, such as those of its chat template: at most 1000. */
  'models.tokens': { input: byId, output: z.array(placedTokenSchema) },
  /** Writes a copy of a model with further tokens below the home; the job's result names it, and the tokens' ids. */
  'models.addTokens': {
    input: z.strictObject({ id: z.string(), tokens: newTokensSchema, name: z.string().optional() }),
    output: jobRecordSchema,
  },
  /** Models in the Hugging Face cache of this machine. */
  'models.cached': { input: nothing, output: z.array(cachedModelSchema) },
  /**
   * Asks the hub which files a model consists of; nothing is downloaded. `quantization` asks for the GGUF file of that type;
   * the weights are safetensors by default, or the usual type where there are none.
   */
  'models.plan': { input: hubModel, output: downloadPlanSchema },
  'models.download': { input: hubModel, output: jobRecordSchema },
  'models.rename': {
    input: z.strictObject({ id: z.string(), name: z.string().trim().min(1) }),
    output: modelRecordSchema,
  },
  'models.remove': { input: removal, output: done },
} as const;

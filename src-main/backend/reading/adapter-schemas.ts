import { z } from 'zod';
import { adapterConversionSchema, adapterRecordSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { foreignBaseSchema, modelRecordSchema } from '../../../src-shared/domain/models/model.ts';

/** Facts about an adapter in its files. */
export const adapterFactsSchema = adapterRecordSchema.pick({
  variant: true,
  parameters: true,
  targetModules: true,
  layers: true,
  modulesToSave: true,
  coto: true,
  parameterCount: true,
  sizeBytes: true,
  sha256: true,
  configSha256: true,
});
export type AdapterFacts = z.infer<typeof adapterFactsSchema>;

export const importRequestSchema = z.strictObject({
  path: z.string(),
  /** All models of the home, any of which may be the base. */
  models: z.array(modelRecordSchema.pick({ id: true, name: true, path: true, description: true })),
  modelId: z.string().nullable().describe('the base, where it was named'),
  directory: z.string().describe('an empty folder, in which a new one is made'),
  rank: z.number().int().nullable().describe('the highest of a module that is converted to LoRA; null: the usual one'),
});
/** A long conversion computes on the best backend that needs no driver of a GPU. */
export const conversionRequestSchema = importRequestSchema.extend({ threads: z.number().int().optional() });
export type ImportRequest = z.infer<typeof importRequestSchema>;

/** The new folder's name. */
export const importedFolder = 'adapter';

const base = { modelId: z.string().nullable() };

/** Result of an import. */
export const readImportSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('written'),
    ...base,
    foreignBase: foreignBaseSchema.nullable(),
    facts: adapterFactsSchema,
    sha256: z.string().optional().describe("of the imported tensors' file, in another format than PEFT's"),
    note: z.string().optional().describe('what the reading changed, e.g. the error of a conversion to LoRA'),
    conversion: adapterConversionSchema.optional(),
  }),
  /** The adapter needs a residual base, which is computed from the weights of its base: nothing is written. */
  z.object({ kind: z.literal('residual'), ...base, path: z.string() }),
  /** The adapter is converted to LoRA, which takes long: nothing is written, and `convertAdapter` does it. */
  z.object({ kind: z.literal('long') }),
]);
export type ReadImport = z.infer<typeof readImportSchema>;

import { z } from 'zod';
import { adapterRecordSchema } from '../../../src-shared/domain/adapters/adapter.ts';
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
});
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
  }),
  /** The adapter needs a residual base, which is computed from the weights of its base: nothing is written. */
  z.object({ kind: z.literal('residual'), ...base, path: z.string() }),
]);
export type ReadImport = z.infer<typeof readImportSchema>;

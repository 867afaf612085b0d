import { z } from 'zod';
import { once } from '../../once.ts';
import { runtimeVerdictSchema } from '../app/runtime.ts';
import { type MergeWeight, mergeWeightSchema } from '../merging/merge.ts';
import { type ForeignBase, foreignBaseSchema } from '../models/model.ts';
import { parameterValuesSchema } from '../parameters/parameter.ts';
import { parametersOf } from '../parameters/parameters-of.ts';
import { cotoSettingsSchema } from '../runs/coto.ts';

/** Ids of tokens: a list for the input embedding, or a list for each module that the end of its name gives. */
const tokenIndicesSchema = z.union([
  z.array(z.number().int().min(0)),
  z.record(z.string(), z.array(z.number().int().min(0))),
]);
export type TokenIndices = z.infer<typeof tokenIndicesSchema>;

/**
 * The keys of `adapter_config.json` that do not depend on the kind of adapter, in PEFT's names and with PEFT's defaults
 * (PEFT
 * 0.21). The variant reads its own keys; all others are preserved on reading and written back.
 */
export const adapterConfigSchema = z.looseObject({
  peft_type: z.string().default('LORA'),
  base_model_name_or_path: z.string().nullable().default(null),
  task_type: z
    .enum(['SEQ_CLS', 'SEQ_2_SEQ_LM', 'CAUSAL_LM', 'TOKEN_CLS', 'QUESTION_ANS', 'FEATURE_EXTRACTION'])
    .nullable()
    .default(null),
  inference_mode: z.boolean().default(true),
  target_modules: z
    .union([z.string(), z.array(z.string())])
    .nullable()
    .default(null),
  exclude_modules: z
    .union([z.string(), z.array(z.string())])
    .nullable()
    .default(null),
  layers_to_transform: z
    .union([z.number().int(), z.array(z.number().int())])
    .nullable()
    .default(null),
  layers_pattern: z
    .union([z.string(), z.array(z.string())])
    .nullable()
    .default(null),
  target_parameters: z.array(z.string()).nullable().optional().describe('parameters of experts with an adapter'),
  modules_to_save: z.array(z.string()).nullable().default(null),
  trainable_token_indices: tokenIndicesSchema
    .nullable()
    .optional()
    .describe('tokens whose rows of the embedding are trained'),
  bias: z.enum(['none', 'all', 'lora_only']).default('none').describe('biases of the base that were trained too'),
  fan_in_fan_out: z.boolean().default(false),
});
export type AdapterConfig = z.infer<typeof adapterConfigSchema>;

/** A token by its id or its text. */
const tokenSchema = z.union([z.number().int().min(0), z.string().min(1)]);

/** Settings of every variant: where its tensors go. All others are in `parameters`, as the variant declares them. */
export const adapterFieldsSchema = z.strictObject({
  variant: z.string().default('lora').describe('id of an adapter variant of the catalog'),
  parameters: parameterValuesSchema
    .default({})
    .describe('parameters of the variant; omitted ones take their declared defaults'),
  target_modules: z
    .union([z.string(), z.array(z.string())])
    .default('all-linear')
    .meta({
      title: 'Target modules',
      description:
        'Linear layers that get an adapter: all except the head, layers whose name ends in one of these, or layers whose full name matches the regular expression.',
      labels: { 'all-linear': 'all-linear' },
    }),
  exclude_modules: z
    .union([z.string(), z.array(z.string())])
    .nullable()
    .default(null)
    .meta({
      title: 'Exclude modules',
      description: 'Modules that get no adapter although target_modules names them.',
      empty: 'none',
      advanced: true,
    }),
  layers_to_transform: z.array(z.number().int().min(0)).nullable().default(null).meta({
    title: 'Layers to transform',
    description: 'Only these layers get an adapter, counted from 0 at the input.',
    empty: 'all layers',
    advanced: true,
  }),
  /** Omitted where it is not used, so that keys and rows of older runs stay as they are. */
  target_parameters: z.array(z.string().min(1)).nullable().exactOptional().meta({
    title: 'Target parameters',
    description:
      'Parameters of experts that get an adapter, by the ends of their names, e.g. mlp.experts.gate_up_proj; target_modules does not reach them. LoRA only.',
    empty: 'none',
    advanced: true,
  }),
  /** Omitted where it is not used, like target_parameters. */
  trainable_token_indices: z
    .union([z.array(tokenSchema).min(1), z.record(z.string(), z.array(tokenSchema).min(1))])
    .nullable()
    .exactOptional()
    .meta({
      title: 'Trained tokens',
      description:
        'Tokens whose rows of the embedding, and of a head tied to it, are trained and saved with the adapter, by their text or id, as PEFT does. A map names an embedding or head for each list. LoRA, rsLoRA, DoRA and AdaLoRA only.',
      empty: 'none',
      advanced: true,
    }),
  init_adapter: z.string().min(1).nullable().default(null).meta({
    title: 'Seed adapter',
    description:
      'Adapter from which training starts: its id, or the id of the run that trains it. Base, variant, targets and ranks must be the same. Runs that start from one short run merge better ("Seeded LoRA").',
    empty: 'none: starts from scratch',
    advanced: true,
  }),
  modules_to_save: z.array(z.string()).nullable().default(null).meta({
    title: 'Modules to save',
    description: 'Modules that are trained in full and saved with the adapter.',
    empty: 'the classifier, if the task adds one',
    advanced: true,
  }),
});
/** Parameters of every adapter, whatever its variant, named as in a run (`adapter.target_modules`). */
export const adapterParameters = once(() => parametersOf(adapterFieldsSchema, 'adapter.'));
export type AdapterSettings = z.infer<typeof adapterFieldsSchema>;

const plainObject = z.record(z.string(), z.unknown());

/** Fields without a default, which null omits. */
const omittedFields: ReadonlySet<string> = new Set<keyof AdapterSettings>([
  'target_parameters',
  'trainable_token_indices',
]);

/** Returns true if a key of `adapter` is a variant parameter written without `parameters` around it (`adapter.r`). */
export function isFlatParameter(key: string): boolean {
  return !Object.hasOwn(adapterFieldsSchema.shape, key);
}

/**
 * Adapter settings of a run. Parameters may also be given next to the fields (`adapter: {r: 8}`, as in PEFT); they
 * are moved into `parameters`.
 */
export const adapterSettingsSchema = z.preprocess((value, context) => {
  const given = plainObject.safeParse(value);
  if (!given.success) return value;
  const entries = Object.entries(given.data).filter(([key, entry]) => !omittedFields.has(key) || entry !== null);
  // Without target modules, an adapter needs parameters of experts.
  const { target_modules: modules, target_parameters: expertParameters } = given.data;
  if (
    Array.isArray(modules) &&
    modules.length === 0 &&
    !(Array.isArray(expertParameters) && expertParameters.length > 0)
  )
    context.addIssue({
      ...{ code: 'too_small', origin: 'array', minimum: 1, inclusive: true },
      ...{ path: ['target_modules'], input: modules, message: 'Too small: expected at least one module' },
    });
  const flat = entries.filter(([key]) => isFlatParameter(key));
  const nested = plainObject.safeParse(given.data['parameters'] ?? {});
  if (!nested.success) return value;
  if (flat.length === 0) return Object.fromEntries(entries);
  for (const [key] of flat)
    if (Object.hasOwn(nested.data, key))
      context.addIssue({ code: 'custom', path: [key], message: `given twice, here and in parameters.${key}` });
  const fields = entries.filter(([key]) => !isFlatParameter(key));
  return { ...Object.fromEntries(fields), parameters: { ...nested.data, ...Object.fromEntries(flat) } };
}, adapterFieldsSchema);

const convertedModuleSchema = z.object({
  name: z.string(),
  rank: z.number().int(),
  error: z.number().describe('‖ΔW − B·A‖ / ‖ΔW‖ in the Frobenius norm'),
});
export type ConvertedModule = z.infer<typeof convertedModuleSchema>;

/** Errors of a conversion of another kind of adapter to LoRA. */
export const adapterConversionSchema = z.object({
  rank: z.number().int().describe('the highest rank that a module could have'),
  error: z.number().describe('over all modules together'),
  modules: z.array(convertedModuleSchema).describe('the largest error first'),
});
export type AdapterConversion = z.infer<typeof adapterConversionSchema>;

/** Lineage of an adapter, as reports show it. */
export const adapterOriginSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('run'),
    runId: z.string(),
    checkpoint: z.enum(['last', 'best', 'step']),
    step: z.number().int(),
  }),
  z.object({
    kind: z.literal('import'),
    path: z.string(),
    /** Digest of the imported tensor file if its format was not PEFT's. */
    sha256: z.string().optional(),
    /** Sentence on a conversion by the import, e.g. with its error. */
    note: z.string().optional(),
    conversion: adapterConversionSchema.optional(),
  }),
  z.object({
    kind: z.literal('merge'),
    method: z.string(),
    inputs: z.array(z.object({ adapterId: z.string(), weight: mergeWeightSchema })),
  }),
  z.object({ kind: z.literal('prune'), method: z.string(), adapterId: z.string() }),
]);
export type AdapterOrigin = z.infer<typeof adapterOriginSchema>;

/**
 * An adapter of the studio: a PEFT folder under its home. `folder` is relative to the home; `sha256` is of the tensors'
 * file.
 */
export const adapterRecordSchema = z.object({
  id: z.string(),
  name: z.string(),
  folder: z.string(),
  modelId: z.string().nullable().describe('its base; null if that is not in the studio'),
  foreignBase: foreignBaseSchema
    .nullable()
    .default(null)
    .describe('the base that is not in the studio, if there is no modelId'),
  variant: z.string(),
  parameters: parameterValuesSchema.describe('of the variant: r, lora_alpha'),
  targetModules: z.array(z.string()).describe("the modules' last names, e.g. q_proj"),
  layers: z.array(z.number().int()).describe('layers that have an adapter'),
  modulesToSave: z.array(z.string()),
  coto: cotoSettingsSchema.nullable(),
  origin: adapterOriginSchema,
  /** The dataset the adapter was trained on, and its score there. */
  datasetId: z.string().nullable(),
  accuracy: z.number().nullable().describe('on the test split; null: not scored there'),
  metrics: z.record(z.string(), z.number()).default({}).describe('further metrics of that evaluation, by id'),
  parameterCount: z.number().int(),
  sizeBytes: z.number().int(),
  sha256: z.string(),
  configSha256: z
    .string()
    .optional()
    .describe('of adapter_config.json; absent where an earlier version added the adapter, until it is next used'),
  createdAt: z.number().describe('milliseconds since 1970'),
  archived: z.boolean(),
  tags: z.array(z.string()).default([]),
  starred: z.boolean().default(false),
});
export type AdapterRecord = z.infer<typeof adapterRecordSchema>;

/** Returns the display name of an adapter's base. */
export function baseNameOf(adapter: {
  readonly modelId: string | null;
  readonly foreignBase: ForeignBase | null;
}): string {
  const { modelId, foreignBase } = adapter;
  return modelId ?? foreignBase?.name ?? foreignBase?.architecture ?? 'an unknown base';
}

/** The adapters that an adapter was made from, with their weights in a merge. */
export function sourcesOf(
  origin: AdapterOrigin,
): readonly { readonly adapterId: string; readonly weight: MergeWeight | null }[] {
  if (origin.kind === 'merge') return origin.inputs;
  return origin.kind === 'prune' ? [{ adapterId: origin.adapterId, weight: null }] : [];
}

/**
 * Returns true if two adapters may have the same base. Foreign bases are only compared when adapters are merged, by
 * their tensors.
 */
export function mayShareBase(
  one: { readonly modelId: string | null },
  other: { readonly modelId: string | null },
): boolean {
  return one.modelId === null || other.modelId === null || one.modelId === other.modelId;
}

/** By how much an adapter changes each weight. */
export const adapterNormsSchema = z.object({
  modules: z.array(
    z.object({
      name: z.string(),
      layer: z.number().int().nullable().describe('null: outside the layers'),
      norm: z.number().describe('Frobenius norm of ΔW'),
      /** The norm over the root of the number of entries of ΔW: comparable between modules of different sizes. */
      perEntry: z.number(),
    }),
  ),
  problem: z.string().nullable().describe('why there are none: the update is not a product B·A alone'),
});
export type AdapterNorms = z.infer<typeof adapterNormsSchema>;

/** Summary of an adapter's tensors. */
export const adapterContentsSchema = z.object({
  folder: z.string().describe('absolute'),
  linears: z.number().int().describe('adapted linears'),
  embeddings: z.array(z.string()).describe('adapted embeddings, by name'),
  parts: z
    .record(z.string(), z.number().int())
    .describe('number of modules with a tensor, by tensor name of the variant'),
  replacedBiases: z.number().int().describe("number of biases that replace the base's"),
  whole: z.array(z.string()).describe('tensors of modules_to_save, by name'),
  runtimes: z.array(runtimeVerdictSchema).describe('whether other programs load it'),
});
export type AdapterContents = z.infer<typeof adapterContentsSchema>;

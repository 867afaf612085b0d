import { z } from 'zod';
import { formatCount } from '../../format/numbers.ts';
import { quantizedFromSchema } from './quantization.ts';

/** A linear layer or an embedding of a base model that can have an adapter. */
export const linearModuleSchema = z.object({
  name: z.string().describe("the module's name in today's transformers, e.g. vit.layers.0.attention.q_proj"),
  aliases: z
    .array(z.string())
    .describe('its names in older transformers, e.g. vit.encoder.layer.0.attention.attention.query'),
  checkpointKey: z.string().describe('its key in the checkpoint, without .weight'),
  layer: z.number().int().nullable().describe('the transformer layer it belongs to; null outside the layers'),
  inFeatures: z.number().int(),
  outFeatures: z.number().int(),
  hasBias: z.boolean(),
  isHead: z.boolean().describe('the task head: left out by all-linear'),
  kind: z
    .enum(['linear', 'embedding'])
    .default('linear')
    .describe('an embedding is a table [inFeatures, outFeatures] that is indexed by row'),
  fanInFanOut: z.boolean().default(false).describe('stored as [inFeatures, outFeatures], like the Conv1D of GPT-2'),
  place: z
    .enum(['before-layers', 'before-head'])
    .optional()
    .describe(
      'of a linear outside the layers that serves every task: it brings the embeddings to the width of the layers, or comes between these and every head',
    ),
  kernel: z
    .array(z.number().int())
    .optional()
    .describe('of a convolution: [input channels, window sizes…], whose product is inFeatures'),
  expert: z
    .object({
      parameter: z.string().describe('name of the parameter that holds the weights of all experts in transformers 5'),
      index: z.number().int(),
      count: z.number().int().describe('number of experts'),
    })
    .optional()
    .describe('of an expert in a mixture: target_parameters, not target_modules, gives it an adapter'),
  isMissing: z
    .boolean()
    .default(false)
    .describe(
      'a part of the head that is missing from the checkpoint: it comes with an adapter, with one output per label',
    ),
  keepsFloat32: z
    .boolean()
    .optional()
    .describe('Transformers keeps the weight in float32 in models that bitsandbytes quantizes'),
});
/** Defaults that fit nearly every module. */
export const plainLinear = { kind: 'linear', fanInFanOut: false, isMissing: false } as const;
export type LinearModule = z.infer<typeof linearModuleSchema>;

/** Returns true if the model writes text: it continues one, or has an encoder that reads it. */
export function writesText({ kind }: Pick<ModelDescription, 'kind'>): boolean {
  return kind === 'causal-lm' || kind === 'seq2seq-lm';
}

/** Returns true if the model's texts continue the prompt; false if an encoder reads it, so that the text stands alone. */
export function continuesPrompt({ kind }: Pick<ModelDescription, 'kind'>): boolean {
  return kind !== 'seq2seq-lm';
}

/** `maxPositions` of a model without a limit, e.g. one with relative positions. */
export const anyLength = 2 ** 24;

/** Limit of a model's texts in words. */
export function textLimit(maxPositions: number): string {
  return maxPositions >= anyLength ? 'of any length' : `up to ${formatCount(maxPositions)} tokens`;
}

/** The embedding of the tokens that the model reads; undefined for a model that reads none. */
export function inputEmbedding({
  linears,
  text,
}: Pick<ModelDescription, 'linears' | 'text'>): LinearModule | undefined {
  if (text === null) return undefined;
  const tables = linears.filter(({ kind }) => kind === 'embedding');
  return tables.find(({ inFeatures }) => inFeatures === text.vocabularySize) ?? tables[0];
}

/** The linear layer whose outputs are the labels: the last part of the head. A language model's own head has no labels. */
export function labelHead({ kind, linears }: Pick<ModelDescription, 'kind' | 'linears'>): LinearModule | undefined {
  return linears.findLast(({ isHead, isMissing }) => isHead && (!writesText({ kind }) || isMissing));
}

/** A head with outputs for each token, one linear. */
interface TokenHead {
  readonly module: string;
  /** End of the names of Transformers' classes with it. */
  readonly architecture: string;
  readonly kind: 'token-classification' | 'question-answering';
  /** Meanings of the outputs, for families where they never change. */
  readonly labels?: readonly string[];
}

/** The outputs of a head that finds answers: how likely a token is their first one, and their last. */
export const answerOutputs: readonly string[] = ['start', 'end'];

/** Heads with outputs for each token, by PEFT's name of their task. */
export const tokenHeads: ReadonlyMap<string, TokenHead> = new Map<string, TokenHead>([
  ['TOKEN_CLS', { module: 'classifier', architecture: 'ForTokenClassification', kind: 'token-classification' }],
  [
    'QUESTION_ANS',
    {
      module: 'qa_outputs',
      architecture: 'ForQuestionAnswering',
      kind: 'question-answering',
      labels: answerOutputs,
    },
  ],
]);

/** Head of Transformers' *ForSequenceClassification of language models: a linear on the last token of each text. */
export const scoreHead = { task: 'SEQ_CLS', module: 'score' } as const;

/**
 * The description of a text encoder or a language model with the head of a task, by PEFT's name of it; that of other models is
 * unchanged.
 */
export function withTaskHead(description: ModelDescription, task: string | null): ModelDescription {
  const { kind, linears, hiddenSize, taskHeads } = description;
  if (kind === 'causal-lm' && task === scoreHead.task)
    return {
      ...description,
      linears: [...linears.filter(({ isHead }) => !isHead), missingHead(scoreHead.module, hiddenSize, false)],
    };
  const usual = tokenHeads.get(task ?? '')?.module;
  const name = usual && (taskHeads?.[task ?? ''] ?? usual);
  const isEncoder = kind === 'embedding' || kind === 'text-classification';
  if (name === undefined || !isEncoder) return description;
  // The pooler of the checkpoint belongs to other heads.
  const encoder = linears.filter(
    ({ layer, kind, isHead, place }) => place !== undefined || (!isHead && (layer !== null || kind !== 'linear')),
  );
  return { ...description, linears: [...encoder, missingHead(name, hiddenSize, true)] };
}

/** A head that comes with an adapter. */
function missingHead(name: string, inFeatures: number, hasBias: boolean): LinearModule {
  return {
    ...plainLinear,
    name,
    aliases: [],
    checkpointKey: name,
    layer: null,
    inFeatures,
    outFeatures: 0,
    hasBias,
    isHead: true,
    isMissing: true,
  };
}

/** A bias that belongs to no linear layer, e.g. the shift of a normalization. */
export const biasVectorSchema = z.object({
  name: z.string().describe("its name in today's transformers, e.g. vit.layers.0.layernorm_before.bias"),
  aliases: z.array(z.string()).describe('its names in older transformers'),
  checkpointKey: z.string().describe('its key in the checkpoint'),
  size: z.number().int(),
});
export type BiasVector = z.infer<typeof biasVectorSchema>;

/** A base that is not in the studio, as far as the adapter's file names it. */
export const foreignBaseSchema = z.object({
  name: z.string().nullable().default(null).describe('e.g. base_model_name_or_path, or ss_sd_model_name'),
  hash: z.string().nullable().default(null).describe('of its weights, by whatever rule the file follows'),
  architecture: z.string().nullable().default(null).describe('e.g. sdxl_base_v1-0, or the architecture of a GGUF file'),
  heads: z
    .object({ queries: z.number().int(), keyValues: z.number().int() })
    .optional()
    .describe('attention heads, where the file tells them: llama.cpp orders rows by them'),
});
export type ForeignBase = z.infer<typeof foreignBaseSchema>;

/** Description of a model, read from config.json and the safetensors header without loading weights. */
export const modelDescriptionSchema = z.object({
  family: z.string(),
  architecture: z.string(),
  kind: z.enum([
    'image-classification',
    'text-classification',
    'token-classification',
    'question-answering',
    'causal-lm',
    'seq2seq-lm',
    'embedding',
    'unknown',
  ]),
  parameterCount: z.number().int(),
  sizeBytes: z.number().int(),
  dtype: z.string(),
  layerCount: z.number().int(),
  hiddenSize: z.number().int(),
  labels: z.array(z.string()),
  image: z.object({ height: z.number().int(), width: z.number().int(), channels: z.number().int() }).nullable(),
  text: z
    .object({ vocabularySize: z.number().int(), maxPositions: z.number().int() })
    .nullable()
    .default(null)
    .describe('for models that read tokens'),
  ignoresImages: z
    .boolean()
    .optional()
    .describe('set for the text model of a checkpoint that reads images too: they are not used'),
  unusedHead: z.string().optional().describe('class of the checkpoint, e.g. BertForMaskedLM, if its head is not used'),
  linears: z.array(linearModuleSchema),
  taskHeads: z
    .record(z.string(), z.string())
    .optional()
    .describe("names of the heads' modules by PEFT's task, where the family has others than usual"),
  biases: z
    .array(biasVectorSchema)
    .optional()
    .describe('biases outside the linear layers, which adapters with bias "all" replace'),
  encodedBytes: z
    .number()
    .int()
    .optional()
    .describe(
      'of the weights in memory where a backend keeps matrices as they are encoded; absent in older descriptions',
    ),
  quantizedFrom: quantizedFromSchema.optional().describe('the base that the studio quantized it from'),
  fingerprint: z.string().describe('SHA-256 over config.json and the weights'),
  foreign: foreignBaseSchema
    .optional()
    .describe(
      'set if the base is not in the studio and was described from its adapters: only modules and shapes are known',
    ),
});
export type ModelDescription = z.infer<typeof modelDescriptionSchema>;

/** Returns true if a model classifies images by comparing them with texts of their classes, like CLIP. */
export function comparesWithTexts({ image, text }: Pick<ModelDescription, 'image' | 'text'>): boolean {
  return image !== null && text !== null;
}

const ggufEnding = /\.gguf$/i;

/** Returns true for the path of a GGUF file, which has to be converted before it can be a base. */
export function isGguf(path: string): boolean {
  return ggufEnding.test(path);
}

/** The name of a GGUF file without its ending: what the model that is made of it is called. */
export function ggufTitle(name: string): string {
  return name.replace(ggufEnding, '');
}

export const modelRecordSchema = z.object({
  id: z.string(),
  name: z.string(),
  path: z.string().describe('absolute folder'),
  bundled: z.boolean(),
  provenance: z.string().nullable().describe('the text of PROVENANCE.md, where there is one'),
  description: modelDescriptionSchema,
  createdAt: z.number(),
});
export type ModelRecord = z.infer<typeof modelRecordSchema>;

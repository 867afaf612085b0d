import * as tf from '@tensorflow/tfjs-core';
import type { ComputeBackend } from '../../../src-main/engine/compute/compute-backend.ts';
import { as2D } from '../../../src-main/engine/ops/autograd/operation.ts';
import { FrozenWeight } from '../../../src-main/engine/ops/index.ts';
import { linearCrossEntropy } from '../../../src-main/engine/ops/loss/linear-cross-entropy.ts';
import type { StoredEncoding } from '../../../src-main/engine/tensors/stored-matrix.ts';
import { tensorTypes } from '../../../src-main/engine/tensors/tensor-types/index.ts';
import { RandomStream } from '../../../src-shared/random.ts';

const ggufNames: Partial<Record<StoredEncoding, string>> = { bfloat16: 'BF16', float16: 'F16' };

export function typeOf(encoding: StoredEncoding) {
  const name = ggufNames[encoding] ?? encoding.toUpperCase();
  const found = tensorTypes.find((type) => type.name === name);
  if (!found) throw new Error(`GGUF has no type ${name}`);
  return found;
}

/** Random blocks whose scales are small numbers: the bytes of halves are between those of 2⁻¹⁴ and 2⁻¹. */
export function randomMatrix(encoding: StoredEncoding, rows: number, columns: number) {
  const { blockValues, blockBytes, dequantize } = typeOf(encoding);
  const random = RandomStream.named(7, 'study', encoding);
  const bytes = new Uint8Array(((rows * columns) / blockValues) * blockBytes);
  const small = () => 0x20 + Math.floor(random.uniform() * 8) + 0x80 * Math.round(random.uniform());
  for (let at = 0; at < bytes.length; at++) bytes[at] = Math.floor(random.uniform() * 256);
  for (let block = 0; block < bytes.length; block += blockBytes)
    for (const at of halfPlaces[encoding] ?? [0]) bytes[block + at + 1] = small();
  // Their scales are float32, whose upper half is a bfloat16.
  if (encoding === 'nf4' || encoding === 'int8')
    for (let block = 0; block < bytes.length; block += blockBytes) bytes[block + 3] = 0x3c + (block % 3);
  if (encoding === 'bfloat16')
    for (let at = 1; at < bytes.length; at += 2) bytes[at] = 0x3c + (at % 4) + (at % 8 ? 0x80 : 0);
  const values = new Float32Array(rows * columns);
  dequantize(bytes, values);
  return { shape: [rows, columns] as const, encoding, bytes, values };
}

/** Offsets of the halves of a block, where there are others than one at its start. */
const halfPlaces: Partial<Record<StoredEncoding, readonly number[]>> = {
  q4_1: [0, 2],
  q5_1: [0, 2],
  q2_k: [80, 82],
  q3_k: [108],
  q4_k: [0, 2],
  q5_k: [0, 2],
  q6_k: [208],
  nf4: [],
  int8: [],
};

type RandomMatrix = ReturnType<typeof randomMatrix>;

/** The matrix as a backend keeps it. */
export async function storedOn(backend: ComputeBackend, { shape, encoding, bytes }: RandomMatrix) {
  const stored = await backend.storage?.store({
    shape,
    encoding,
    byteLength: bytes.length,
    // In uneven pieces, as a file is read.
    pieces: () => [bytes.subarray(0, 1001), bytes.subarray(1001)],
  });
  if (!stored) throw new Error(`${backend.id} stores nothing`);
  return { ...stored, matrix: as2D(stored.matrix) };
}

export function normal(shape: readonly [number, number], seed: number): tf.Tensor2D {
  const random = RandomStream.numbered(5, 'study', seed);
  return tf.tensor2d(
    Float32Array.from({ length: shape[0] * shape[1] }, () => random.normal()),
    [...shape],
  );
}

/** The loss of a language head over each of the weights [vocabulary, hidden], and its gradient by the states, for labels all over. */
export function headLosses(weights: readonly tf.Tensor2D[], states: tf.Tensor2D): tf.Tensor[][] {
  const [vocabulary = 1] = weights[0]?.shape ?? [];
  const labels = tf.tensor1d(
    Array.from({ length: states.shape[0] }, (_, at) => (at * 7) % vocabulary),
    'int32',
  );
  const results = weights.map((weight) => {
    const frozen = new FrozenWeight(weight, null);
    const loss = (input: tf.Tensor) => linearCrossEntropy(as2D(input), frozen, labels);
    const { value, grad } = tf.valueAndGrad(loss)(states);
    return [value, grad];
  });
  labels.dispose();
  return results;
}

import type { HostTensor } from '../../tensors/host-tensor.ts';
import type { GgufFile, GgufTensor } from './gguf-file.ts';
import { ggufParseError } from './parse-error.ts';

/** About this many values are dequantized at a time: 4 MiB of float32. */
const valuesAtATime = 1 << 20;

/** A tensor as float32. Throws StudioError if the file has none of that name. */
export async function readTensor(file: GgufFile, name: string): Promise<HostTensor & { data: Float32Array }> {
  const tensor = requireTensor(file, name);
  const data = new Float32Array(valueCount(tensor));
  tensor.type.dequantize(await file.readBytes(tensor, 0, tensor.length), data);
  return { shape: tensor.shape, data };
}

export function requireTensor(file: GgufFile, name: string): GgufTensor {
  const tensor = file.tensors.get(name);
  if (tensor === undefined) throw ggufParseError(file.path, `lacks the tensor "${name}"`);
  return tensor;
}

/** Float32 values in the file's order, in chunks of whole groups of `groupValues` values. */
export async function* floatPieces(
  file: GgufFile,
  tensor: GgufTensor,
  groupValues = tensor.type.blockValues,
): AsyncGenerator<Float32Array> {
  const { blockValues, blockBytes } = tensor.type;
  const total = valueCount(tensor);
  const step = Math.max(1, Math.floor(valuesAtATime / groupValues)) * groupValues;
  for (let from = 0; from < total; from += step) {
    const values = new Float32Array(Math.min(step, total - from));
    const bytes = await file.readBytes(
      tensor,
      (from / blockValues) * blockBytes,
      (values.length / blockValues) * blockBytes,
    );
    tensor.type.dequantize(bytes, values);
    yield values;
  }
}

/** The stored bytes in the file's order, in chunks. */
export async function* bytePieces(file: GgufFile, tensor: GgufTensor, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < tensor.length; from += pieceBytes)
    yield file.readBytes(tensor, from, Math.min(pieceBytes, tensor.length - from));
}

/** Returns true if both tensors have the same type, shape and bytes, or the first is missing. */
export async function sameBytes(file: GgufFile, name: string, otherName: string): Promise<boolean> {
  const one = file.tensors.get(name);
  if (one === undefined) return true;
  const other = file.tensors.get(otherName);
  if (other === undefined || other.type !== one.type || String(other.shape) !== String(one.shape)) return false;
  const pieceBytes = 1 << 22;
  for (let from = 0; from < one.length; from += pieceBytes) {
    const length = Math.min(pieceBytes, one.length - from);
    const [first, second] = [await file.readBytes(one, from, length), await file.readBytes(other, from, length)];
    if (Buffer.compare(first, second) !== 0) return false;
  }
  return true;
}

/** Bytes of a whole tensor. */
export function readWhole(file: GgufFile, tensor: GgufTensor): Promise<Uint8Array> {
  return file.readBytes(tensor, 0, tensor.length);
}

/** The part of a tensor of all experts that belongs to one. */
export function expertOf(tensor: GgufTensor, index: number): GgufTensor {
  const [count = 1, ...shape] = tensor.shape;
  const length = tensor.length / count;
  return { ...tensor, shape, length, start: tensor.start + index * length };
}

export function valueCount({ length, type }: GgufTensor): number {
  return (length / type.blockBytes) * type.blockValues;
}

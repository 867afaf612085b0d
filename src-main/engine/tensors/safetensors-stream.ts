import type { FileHandle } from 'node:fs/promises';
import { writeFileAtomicWith } from './atomic.ts';
import { elementCount } from './host-tensor.ts';
import { elementBytes } from './safetensors-header.ts';

/** A tensor whose bytes come piece by piece, so that a model larger than the memory can be written. */
export interface StreamedTensor {
  readonly name: string;
  /** As stored: F32, F16, BF16, ... */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** The values in the order of the shape, little-endian; the bytes of a piece are written before the next is asked for. */
  pieces(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** Writes tensors one after the other, atomically. The metadata are `format: pt`, as PyTorch's readers expect, and what is given. */
export async function streamSafetensors(
  path: string,
  tensors: readonly StreamedTensor[],
  metadata: Record<string, string> = {},
): Promise<void> {
  const head = headOf(tensors, metadata);
  await writeFileAtomicWith(path, async (handle) => {
    await handle.writeFile(head);
    for (const tensor of tensors) await writePieces(handle, tensor);
  });
}

async function writePieces(handle: FileHandle, tensor: StreamedTensor): Promise<void> {
  let written = 0;
  for await (const piece of tensor.pieces()) {
    await handle.writeFile(piece);
    written += piece.length;
  }
  const expected = byteLength(tensor);
  if (written !== expected)
    throw new Error(`tensor ${tensor.name}: ${written} bytes were given, ${expected} are needed`);
}

function byteLength({ name, dtype, shape }: StreamedTensor): number {
  const bytes = elementBytes.get(dtype);
  if (bytes === undefined) throw new Error(`tensor ${name}: no such type as ${dtype}`);
  return elementCount(shape) * bytes;
}

function headOf(tensors: readonly StreamedTensor[], metadata: Record<string, string>): Uint8Array {
  const entries: [string, unknown][] = [['__metadata__', { format: 'pt', ...metadata }]];
  let offset = 0;
  for (const tensor of tensors) {
    const end = offset + byteLength(tensor);
    entries.push([tensor.name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  // The header is padded with spaces so that the values start at a multiple of eight.
  const length = Math.ceil(json.length / 8) * 8;
  const head = new Uint8Array(8 + length).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true);
  head.set(json, 8);
  return head;
}

import type { FileHandle } from 'node:fs/promises';
import { writeFileAtomicWith } from '../../../files/atomic.ts';
import { elementCount } from '../../tensors/host-tensor.ts';

/** Metadata to write: text, integers, and numbers as float32. */
export type WrittenValue =
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'uint32'; readonly value: number }
  | { readonly type: 'float32'; readonly value: number };

export interface WrittenTensor {
  readonly name: string;
  /** Rows first. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const alignment = 32;
const float32Type = 0;

/** Writes a GGUF file of version 3 with float32 tensors, atomically. */
export async function writeGguf(
  path: string,
  metadata: ReadonlyMap<string, WrittenValue>,
  tensors: readonly WrittenTensor[],
): Promise<void> {
  const head = headOf(metadata, tensors);
  await writeFileAtomicWith(path, async (handle) => {
    await handle.writeFile(head);
    for (const { data } of tensors) await writeAligned(handle, data);
  });
}

async function writeAligned(handle: FileHandle, data: Float32Array): Promise<void> {
  await handle.writeFile(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  await handle.writeFile(new Uint8Array(aligned(data.byteLength) - data.byteLength));
}

function headOf(metadata: ReadonlyMap<string, WrittenValue>, tensors: readonly WrittenTensor[]): Buffer {
  const parts = [Buffer.from('GGUF', 'latin1'), uint32(3), uint64(tensors.length), uint64(metadata.size)];
  for (const [key, value] of metadata) parts.push(text(key), ...encoded(value));
  let offset = 0;
  for (const { name, shape, data } of tensors) {
    if (elementCount(shape) !== data.length)
      throw new Error(`tensor ${name}: ${data.length} values for shape [${shape.join(', ')}]`);
    const sizes = [...shape].reverse().map(uint64);
    parts.push(text(name), uint32(shape.length), ...sizes, uint32(float32Type), uint64(offset));
    offset += aligned(data.byteLength);
  }
  const head = Buffer.concat(parts);
  return Buffer.concat([head, Buffer.alloc(aligned(head.length) - head.length)]);
}

/** Type number and value. */
function encoded(value: WrittenValue): Buffer[] {
  if (value.type === 'text') return [uint32(8), text(value.value)];
  if (value.type === 'uint32') return [uint32(4), uint32(value.value)];
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value.value);
  return [uint32(6), bytes];
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

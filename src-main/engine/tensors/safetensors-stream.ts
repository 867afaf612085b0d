import { type FileHandle, writeFile } from 'node:fs/promises';
import { writeFileAtomicWith } from '../../files/atomic.ts';
import { elementCount } from './host-tensor.ts';
import { blockTypesKey, elementBytes, headBytes, paddedLength } from './safetensors-header.ts';
import { blockTypeNamed } from './tensor-types/index.ts';

/** A tensor whose bytes are produced in chunks, so that a model larger than memory can be written. */
export interface StreamedTensor {
  readonly name: string;
  /** Stored type: F32, F16, BF16, ..., or a block type for a matrix: Q4_0, ... */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** The values in the order of the shape, little-endian; the bytes of a piece are written before the next is asked for. */
  pieces(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/**
 * Writes tensors one after the other, atomically. The metadata are `format: pt`, as PyTorch's readers expect, and those
 * given.
 */
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

/** Writes the header of a file that `streamSafetensors` would write. @returns bytes of the whole file */
export async function writeSafetensorsHead(path: string, tensors: readonly StreamedTensor[]): Promise<number> {
  const head = headOf(tensors, {});
  await writeFile(path, head, { flag: 'wx' });
  return tensors.reduce((sum, tensor) => sum + byteLength(tensor), head.length);
}

/** A tensor of a stream whose shapes are not known in advance. */
export interface ArrivingTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** The values, little-endian. */
  readonly bytes: Uint8Array;
}

/**
 * Writes tensors in the order of arrival, atomically. The header comes first in the file but is known only after the last
 * tensor: space is reserved for it and padded with spaces, as the format allows.
 *
 * @param names names of all tensors that may come, for an upper bound of the header; at most matrices.
 * @param write receives a function that writes the next tensor, and resolves when its bytes may be reused.
 */
export async function writeArrivingTensors(
  path: string,
  names: readonly string[],
  write: (put: (tensor: ArrivingTensor) => Promise<void>) => Promise<void>,
): Promise<void> {
  const largest = Number.MAX_SAFE_INTEGER;
  const room = headerText(
    names.map((name) => ({ name, dtype: 'BF16', shape: [largest, largest], start: largest, end: largest })),
  );
  const length = paddedLength(room);
  await writeFileAtomicWith(path, async (handle) => {
    const entries: HeaderEntry[] = [];
    let offset = 0;
    await write(async ({ bytes, ...tensor }) => {
      if (bytes.length !== byteLength(tensor))
        throw new Error(`tensor ${tensor.name}: ${bytes.length} bytes for shape [${tensor.shape.join(', ')}]`);
      const start = offset;
      offset += bytes.length;
      entries.push({ ...tensor, start, end: offset });
      await writeFully(handle, bytes, 8 + length + start);
    });
    const header = headerText(entries);
    if (header.length > length) throw new Error('more tensors came than were named');
    await writeFully(handle, headBytes(header, length), 0);
  });
}

async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; )
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
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

/** Bytes of a tensor. */
export function byteLength({ name, dtype, shape }: Omit<ArrivingTensor, 'bytes'>): number {
  const blocks = blockTypeNamed(dtype);
  if (blocks) return (elementCount(shape) / blocks.blockValues) * blocks.blockBytes;
  const bytes = elementBytes.get(dtype);
  if (bytes === undefined) throw new Error(`tensor ${name}: no such type as ${dtype}`);
  return elementCount(shape) * bytes;
}

function headOf(tensors: readonly StreamedTensor[], metadata: Record<string, string>): Uint8Array {
  let offset = 0;
  const entries = tensors.map((tensor) => {
    const start = offset;
    offset += byteLength(tensor);
    return { ...tensor, start, end: offset };
  });
  const header = headerText(entries, metadata);
  return headBytes(header);
}

interface HeaderEntry extends Omit<ArrivingTensor, 'bytes'> {
  /** Bytes from the end of the header. */
  readonly start: number;
  readonly end: number;
}

function headerText(entries: readonly HeaderEntry[], metadata: Record<string, string> = {}): Uint8Array {
  const tensors = entries.map(({ name, dtype, shape, start, end }) => {
    const stored = blockTypeNamed(dtype)
      ? { dtype: 'U8', shape: [shape[0] ?? 1, (end - start) / (shape[0] ?? 1)] }
      : { dtype, shape };
    return [name, { ...stored, data_offsets: [start, end] }] as const;
  });
  const blocks = entries.flatMap(({ name, dtype }) => (blockTypeNamed(dtype) ? [[name, dtype] as const] : []));
  const types = blocks.length > 0 ? { [blockTypesKey]: JSON.stringify(Object.fromEntries(blocks)) } : {};
  const header = { __metadata__: { format: 'pt', ...types, ...metadata }, ...Object.fromEntries(tensors) };
  return new TextEncoder().encode(JSON.stringify(header));
}

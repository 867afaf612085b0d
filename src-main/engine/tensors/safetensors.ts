import type { FileHandle } from 'node:fs/promises';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { openRegularFile } from '../../files/foreign-file.ts';
import { elementCount, type HostTensor } from './host-tensor.ts';
import { corrupt, headerLength, parseHeader, type SafetensorsHeader, type TensorInfo } from './safetensors-header.ts';
import { streamSafetensors } from './safetensors-stream.ts';
import { decodeValues, storedType } from './safetensors-values.ts';
import { type FloatArena, isStagedType, stageFloats } from './staging.ts';
import { type StoredMatrix, storedEncodingOf } from './stored-matrix.ts';
import { blockTypeNamed } from './tensor-types/index.ts';

export type { TensorInfo } from './safetensors-header.ts';

export interface LentTensor extends HostTensor {
  /** True if no value is NaN or infinite. */
  readonly finite: boolean;
}

/** Named tensors that are read one at a time, from one file or from shards. */
export interface TensorSource {
  /** Name for error messages: a file, or the folder of shards. */
  readonly path: string;
  readonly names: readonly string[];
  has(name: string): boolean;
  /** Called with the shape of each tensor that a model will read, for sources that generate tensors. */
  plan?(name: string, shape: readonly number[]): void;
  /** Throws StudioError('invalid_file') naming file and tensor where there is no such tensor. */
  info(name: string): TensorInfo;
  /** Reads only this tensor's bytes. Floats of any width are returned as float32. */
  read(name: string): Promise<HostTensor>;
  /** A matrix as it is encoded; null for another tensor, or one of float32. Omitted by sources that have no files. */
  stored?(name: string): StoredMatrix | null;
  /**
   * Counterpart of `read` with memory that is reused for the next tensor: `use` must copy what it keeps. Several times
   * as fast.
   */
  lend<Result>(name: string, use: (tensor: LentTensor) => Result): Promise<Result>;
  close(): Promise<void>;
}

/** Tensors of files. */
export interface TensorFiles extends TensorSource {
  /** The bytes of a tensor as its file has them, in pieces that are each in the memory of the one before. */
  bytes(name: string): AsyncIterable<Uint8Array>;
  /** Reads `count` rows of a matrix from row `first` on; absent where rows of the file are not those of the matrix. */
  rows?(name: string, first: number, count: number): Promise<HostTensor>;
}

export interface SafetensorsFile extends TensorFiles {
  readonly metadata: ReadonlyMap<string, string>;
  /** Reads like `read`, but floats go into an arena's memory: valid until its next `reserve`. */
  stage(name: string, arena: FloatArena): Promise<LentTensor>;
}

/**
 * Opens a safetensors file and checks its header; tensors are read on demand.
 * @param wholeBytes size of the whole file, where only its header is there yet
 * @param arrange replaces the checked places of the tensors, e.g. by places of their parts
 */
export async function openSafetensors(
  path: string,
  wholeBytes?: number,
  arrange: (tensors: SafetensorsHeader['tensors']) => SafetensorsHeader['tensors'] = (tensors) => tensors,
): Promise<SafetensorsFile> {
  const handle = await openForReading(path);
  try {
    const header = await readHeader(path, handle, wholeBytes);
    return safetensorsFile(path, handle, { ...header, tensors: arrange(header.tensors) });
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** All tensors of a file. */
export async function readSafetensors(path: string): Promise<Map<string, HostTensor>> {
  const file = await openSafetensors(path);
  try {
    const tensors = new Map<string, HostTensor>();
    for (const name of file.names) tensors.set(name, await file.read(name));
    return tensors;
  } finally {
    await file.close();
  }
}

/**
 * Writes tensors in the order of the map, atomically: Float32Array as F32, Int32Array as I32, Uint8Array as U8. The
 * metadata are `format: pt`, as PyTorch's readers expect, and those given.
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, HostTensor>,
  metadata: Record<string, string> = {},
): Promise<void> {
  await streamSafetensors(
    path,
    [...tensors].map(([name, { shape, data }]) => {
      if (elementCount(shape) !== data.length)
        throw new Error(`tensor ${name}: ${data.length} values for shape [${shape.join(', ')}]`);
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      return { name, dtype: storedType(data), shape, pieces: () => [bytes] };
    }),
    metadata,
  );
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await openRegularFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new StudioError('invalid_file', `${path} does not exist.`, 'Check the folder: a weights file is missing.');
    throw error;
  }
}

async function readHeader(path: string, handle: FileHandle, wholeBytes?: number): Promise<SafetensorsHeader> {
  const size = wholeBytes ?? (await handle.stat()).size;
  const prefix = await readBytes(handle, 0, Math.min(8, size));
  const length = headerLength(path, prefix, size);
  return parseHeader(path, await readBytes(handle, 8, length), size);
}

function safetensorsFile(path: string, handle: FileHandle, header: SafetensorsHeader): SafetensorsFile {
  const place = (name: string) => {
    const found = header.tensors.get(name);
    if (found === undefined)
      throw new StudioError(
        'invalid_file',
        `${path} lacks the tensor "${name}".`,
        'It is incomplete, or of another kind of model than the config beside it says.',
      );
    return found;
  };
  const stage = (name: string, arena?: FloatArena) => {
    const { dtype, shape, start } = place(name);
    const stored = { descriptor: handle.fd, dtype, start, count: elementCount(shape) };
    const staged = arena ? arena.stage(stored) : stageFloats(stored);
    if (staged === null) throw corrupt(path, `ended while tensor "${name}" was being read`);
    return { shape, data: staged.values, finite: staged.finite };
  };
  const read = async (name: string): Promise<HostTensor> => {
    const { dtype, shape, start, length } = place(name);
    if (dtype !== 'F32' && isStagedType(dtype)) return { shape, data: stage(name).data.slice() };
    const bytes = await readBytes(handle, start, length);
    if (bytes.length < length) throw corrupt(path, `ended while tensor "${name}" was being read`);
    const blocks = blockTypeNamed(dtype);
    if (blocks) {
      const data = new Float32Array(elementCount(shape));
      blocks.dequantize(bytes, data);
      return { shape, data };
    }
    return { shape, data: decodeValues(dtype, bytes, () => `${path}: tensor "${name}"`) };
  };
  const rows = async (name: string, first: number, count: number): Promise<HostTensor> => {
    const { dtype, shape, start, length } = place(name);
    const each = length / (shape[0] ?? 1);
    const made = [count, ...shape.slice(1)];
    if (isStagedType(dtype)) {
      const stored = { descriptor: handle.fd, dtype, start: start + first * each, count: elementCount(made) };
      const staged = stageFloats(stored);
      if (staged === null) throw corrupt(path, `ended while tensor "${name}" was being read`);
      return { shape: made, data: staged.values.slice() };
    }
    const bytes = await readBytes(handle, start + first * each, count * each);
    if (bytes.length < count * each) throw corrupt(path, `ended while tensor "${name}" was being read`);
    const blocks = blockTypeNamed(dtype);
    if (!blocks) return { shape: made, data: decodeValues(dtype, bytes, () => `${path}: tensor "${name}"`) };
    const data = new Float32Array(elementCount(made));
    blocks.dequantize(bytes, data);
    return { shape: made, data };
  };
  const bytesOf = (name: string) => {
    const { start, length } = place(name);
    return filePieces(handle, start, length, () => corrupt(path, `ended while tensor "${name}" was being read`));
  };
  const whole = async (name: string): Promise<LentTensor> => {
    const tensor = await read(name);
    return { ...tensor, finite: tensor.data.every(Number.isFinite) };
  };
  return {
    path,
    names: [...header.tensors.keys()],
    metadata: header.metadata,
    has: (name) => header.tensors.has(name),
    info: (name) => {
      const { dtype, shape } = place(name);
      return { dtype, shape };
    },
    read,
    stored: (name) => {
      const { dtype, shape, start, length } = place(name);
      const encoding = storedEncodingOf(dtype);
      const [rows, columns] = shape;
      if (encoding === null || rows === undefined || columns === undefined || shape.length !== 2) return null;
      const pieces = () => bytesOf(name);
      return { shape: [rows, columns], encoding, byteLength: length, place: { descriptor: handle.fd, start }, pieces };
    },
    bytes: bytesOf,
    rows,
    lend: async (name, use) => use(isStagedType(place(name).dtype) ? stage(name) : await whole(name)),
    stage: async (name, arena) => (isStagedType(place(name).dtype) ? stage(name, arena) : await whole(name)),
    close: () => handle.close(),
  };
}

const pieceBytes = 2 ** 20;

/** Reads `length` bytes in pieces of `pieceBytes` and a rest, each in the memory of the one before. */
async function* filePieces(
  handle: FileHandle,
  start: number,
  length: number,
  ended: () => StudioError,
): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(Math.min(pieceBytes, length));
  for (let done = 0; done < length; ) {
    const wanted = Math.min(buffer.length, length - done);
    for (let filled = 0; filled < wanted; ) {
      const { bytesRead } = await handle.read(buffer, filled, wanted - filled, start + done + filled);
      if (bytesRead === 0) throw ended();
      filled += bytesRead;
    }
    yield buffer.subarray(0, wanted);
    done += wanted;
  }
}

/** Reads up to `length` bytes from `position`; fewer only at the end of the file. */
async function readBytes(handle: FileHandle, position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) return bytes.subarray(0, filled);
    filled += bytesRead;
  }
  return bytes;
}

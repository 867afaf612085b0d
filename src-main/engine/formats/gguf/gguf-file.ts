import type { FileHandle } from 'node:fs/promises';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { openRegularFile } from '../../../files/foreign-file.ts';
import { elementCount } from '../../tensors/host-tensor.ts';
import { ggufTypes, tensorTypeName } from '../../tensors/tensor-types/index.ts';
import type { TensorType } from '../../tensors/tensor-types/tensor-type.ts';
import { Cursor } from './cursor.ts';
import { type GgufValue, readMetadata } from './metadata.ts';
import { MetadataView } from './metadata-view.ts';
import { GgufEndError, ggufParseError, unsupportedGguf } from './parse-error.ts';

export interface GgufTensor {
  readonly name: string;
  readonly type: TensorType;
  /** Rows first, as everywhere in the studio: [outFeatures, inFeatures]. (Reversed in the file.) */
  readonly shape: readonly number[];
  /** Offset from the start of the file, and length, in bytes. */
  readonly start: number;
  readonly length: number;
}

export interface GgufFile {
  readonly path: string;
  readonly version: number;
  readonly metadata: MetadataView;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** Bytes `from` up to `from + length` of a tensor, copied. */
  readBytes(tensor: GgufTensor, from: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

const magic = 'GGUF';
const defaultAlignment = 32;
const limits = { nameBytes: 1024, dimensions: 4, alignment: 1 << 20 };
/** Length and one byte of the name, number of dimensions, type, offset. */
const smallestTensorBytes = 8 + 1 + 4 + 4 + 8;

/**
 * Opens a GGUF file (version 2 or 3, little-endian) and checks its metadata and the offsets of its tensors; values are read
 * on demand.
 *
 * @param wholeBytes size of the whole file, where only its start is there yet
 * @throws StudioError invalid_file (damaged, truncated) or refused (another version, byte order or tensor type), naming the
 * file and the key or tensor.
 */
export async function openGguf(path: string, wholeBytes?: number): Promise<GgufFile> {
  const handle = await openForReading(path);
  try {
    return readHead(path, handle, wholeBytes ?? (await handle.stat()).size);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await openRegularFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new StudioError('invalid_input', `${path} does not exist.`, 'Check the path.');
    throw error;
  }
}

function readHead(path: string, handle: FileHandle, size: number): GgufFile {
  const cursor = new Cursor(path, handle.fd, size);
  const version = readVersion(cursor);
  const tensorCount = cursor.size64('the number of tensors');
  const keyCount = cursor.size64('the number of metadata keys');
  cursor.requireItems(tensorCount, smallestTensorBytes, 'its list of tensors');
  const values = readMetadata(cursor, keyCount);
  const metadata = new MetadataView(path, values);
  const places = Array.from({ length: tensorCount }, (_, index) => readPlace(cursor, index));
  const tensors = placeTensors(cursor, places, alignmentOf(metadata, values));
  return {
    path,
    version,
    metadata,
    tensors,
    readBytes: (tensor, from, length) => readBytes(path, handle, tensor, from, length),
    close: () => handle.close(),
  };
}

function readVersion(cursor: Cursor): number {
  const { path } = cursor;
  if (cursor.left < 24) throw ggufParseError(path, `has only ${cursor.left} bytes, too few for a GGUF file`);
  const start = cursor.bytes(4, 'its first bytes').toString('latin1');
  if (start !== magic) throw ggufParseError(path, 'is not a GGUF file: it does not begin with "GGUF"');
  const version = cursor.uint32('its version');
  if (version === 2 || version === 3) return version;
  if (version !== 0 && (version & 0xffff) === 0)
    throw unsupportedGguf(
      path,
      'is a GGUF file for big-endian machines',
      'Take the usual (little-endian) file of the model.',
    );
  throw unsupportedGguf(
    path,
    `is a GGUF file of version ${version}; 2 and 3 can be read`,
    'Convert it with a current llama.cpp, or get a newer file of the model.',
  );
}

interface Place {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: TensorType;
  readonly offset: number;
}

function readPlace(cursor: Cursor, index: number): Place {
  const { path } = cursor;
  const name = cursor.text(`the name of tensor ${index}`, limits.nameBytes);
  const what = `tensor "${name}"`;
  const dimensions = cursor.uint32(`the dimensions of ${what}`);
  if (dimensions > limits.dimensions)
    throw ggufParseError(path, `gives ${what} ${dimensions} dimensions; at most ${limits.dimensions} are possible`);
  const sizes: number[] = [];
  for (let axis = 0; axis < dimensions; axis++) sizes.push(cursor.size64(`axis ${axis} of ${what}`));
  const typeId = cursor.uint32(`the type of ${what}`);
  const offset = cursor.size64(`the place of ${what}`);
  const type = ggufTypes.find((candidate) => candidate.id === typeId);
  if (type === undefined)
    throw unsupportedGguf(
      path,
      `stores ${what} as ${tensorTypeName(typeId)}, which is not supported`,
      `Take a file of the model in one of ${ggufTypes.map((candidate) => candidate.name).join(', ')} (Q4_K_M, for instance).`,
    );
  if ((sizes[0] ?? 1) % type.blockValues !== 0)
    throw ggufParseError(
      path,
      `gives ${what} rows of ${sizes[0]} values, which ${type.name} (blocks of ${type.blockValues}) cannot store`,
    );
  return { name, shape: sizes.reverse(), type, offset };
}

function alignmentOf(metadata: MetadataView, values: ReadonlyMap<string, GgufValue>): number {
  const key = 'general.alignment';
  if (!values.has(key)) return defaultAlignment;
  const alignment = metadata.requiredCount(key, limits.alignment);
  if ((alignment & (alignment - 1)) !== 0)
    throw ggufParseError(metadata.path, `has the alignment ${alignment} in "${key}", which is no power of two`);
  return alignment;
}

/** Checks offsets: each tensor within the file, without overlaps. */
function placeTensors(cursor: Cursor, places: readonly Place[], alignment: number): ReadonlyMap<string, GgufTensor> {
  const { path, size } = cursor;
  const dataStart = Math.ceil(cursor.position / alignment) * alignment;
  const tensors = new Map<string, GgufTensor>();
  for (const { name, shape, type, offset } of places) {
    if (tensors.has(name)) throw ggufParseError(path, `has the tensor "${name}" twice`);
    if (offset % alignment !== 0)
      throw ggufParseError(path, `places tensor "${name}" at ${offset}, which is no multiple of ${alignment}`);
    const length = (elementCount(shape) / type.blockValues) * type.blockBytes;
    const start = dataStart + offset;
    if (!(start + length <= size))
      throw ggufParseError(path, `is truncated: tensor "${name}" ends at byte ${start + length}, the file has ${size}`);
    tensors.set(name, { name, type, shape, start, length });
  }
  let end = 0;
  let previous = '';
  for (const tensor of [...tensors.values()].sort((one, other) => one.start - other.start)) {
    if (tensor.length === 0) continue;
    if (tensor.start < end) throw ggufParseError(path, `has tensors that overlap: "${previous}" and "${tensor.name}"`);
    end = tensor.start + tensor.length;
    previous = tensor.name;
  }
  return tensors;
}

async function readBytes(
  path: string,
  handle: FileHandle,
  tensor: GgufTensor,
  from: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (from + length > tensor.length) throw new Error(`tensor ${tensor.name}: ${from} + ${length} > ${tensor.length}`);
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, tensor.start + from + filled);
    if (bytesRead === 0) throw new GgufEndError(path, `tensor "${tensor.name}"`);
    filled += bytesRead;
  }
  return bytes;
}

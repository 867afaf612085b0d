import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { lfsPointer } from '../../files/foreign-file.ts';
import { elementCount } from './host-tensor.ts';
import { blockTypeNamed } from './tensor-types/index.ts';

/** Bytes of one element of each stored type that can be read. */
export const elementBytes: ReadonlyMap<string, number> = new Map([
  ['F64', 8],
  ['F32', 4],
  ['F16', 2],
  ['BF16', 2],
  ['I64', 8],
  ['I32', 4],
  ['I16', 2],
  ['I8', 1],
  ['U8', 1],
  ['BOOL', 1],
  ['F8_E4M3', 1],
  ['F8_E5M2', 1],
]);

/**
 * Key of the metadata that names the matrices whose rows are blocks of one of GGUF's types, as JSON: tensor → type. The file
 * has their bytes as U8 [rows, bytes of a row].
 */
export const blockTypesKey = 'coto.block_types';

/** safetensors refuses larger headers as well: no real file comes near it. */
const maximumHeaderBytes = 100 * 1024 * 1024;

export interface TensorInfo {
  /** Stored type: F32, F16, BF16, ..., or one of GGUF's block types: Q4_0, ... */
  readonly dtype: string;
  /** Shape of the values, regardless of their encoding. */
  readonly shape: readonly number[];
}

export interface TensorPlace extends TensorInfo {
  /** Bytes from the start of the file. */
  readonly start: number;
  readonly length: number;
}

export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, TensorPlace>;
  readonly metadata: ReadonlyMap<string, string>;
}

const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)),
  data_offsets: z.tuple([z.number().int().min(0), z.number().int().min(0)]),
});
const metadataSchema = z.record(z.string(), z.string());

/** Length of the JSON header out of the first eight bytes; refuses what cannot be one. */
export function headerLength(filePath: string, prefix: Uint8Array, fileSize: number): number {
  if (new TextDecoder('latin1').decode(prefix.subarray(0, 8)) === 'version ') throw lfsPointer(filePath);
  if (prefix.length < 8) throw corrupt(filePath, `has only ${prefix.length} bytes, too few for a safetensors file`);
  const length = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(maximumHeaderBytes) || length < 2n)
    throw corrupt(filePath, `is not a safetensors file: its header would be ${length} bytes long`);
  if (8n + length > BigInt(fileSize))
    throw corrupt(filePath, `is truncated: its header needs ${8n + length} bytes, the file has ${fileSize}`);
  return Number(length);
}

/** Checks the JSON header against the file's size: known types, sizes that fit the shapes, places that do not overlap. */
export function parseHeader(filePath: string, json: Uint8Array, fileSize: number): SafetensorsHeader {
  const parsed = parseJson(filePath, json);
  const dataStart = 8 + json.length;
  const tensors = new Map<string, TensorPlace>();
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of Object.entries(parsed)) {
    if (name === '__metadata__') {
      const checked = metadataSchema.safeParse(value);
      if (!checked.success) throw corrupt(filePath, 'has metadata that are not plain text');
      metadata = new Map(Object.entries(checked.data));
      continue;
    }
    tensors.set(name, placeOf(filePath, name, value, dataStart, fileSize));
  }
  refuseOverlaps(filePath, tensors);
  for (const [name, type] of blockTypes(filePath, metadata))
    tensors.set(name, inBlocks(filePath, name, type, tensors.get(name)));
  return { tensors, metadata };
}

/** The header is padded with spaces so that the values start at a multiple of eight. */
export function paddedLength(header: Uint8Array): number {
  return Math.ceil(header.length / 8) * 8;
}

/** Builds the bytes before the values: the length, and the JSON header padded to it. */
export function headBytes(header: Uint8Array, length = paddedLength(header)): Uint8Array {
  const head = new Uint8Array(8 + length).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true);
  head.set(header, 8);
  return head;
}

export function corrupt(filePath: string, what: string): StudioError {
  return new StudioError(
    'invalid_file',
    `${filePath} ${what}.`,
    'Copy or download the file again: it seems damaged or incomplete.',
  );
}

function parseJson(filePath: string, json: Uint8Array): object {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch {
    throw corrupt(filePath, 'has a header that is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw corrupt(filePath, 'has a header that is not a JSON object');
  // Duplicate names are ambiguous between readers: the reference reader rejects them too.
  if (keysWritten(json) !== Object.keys(parsed).length)
    throw corrupt(filePath, 'has a header that names a tensor twice');
  return parsed;
}

const [quote, backslash, colon, opens, closes] = [0x22, 0x5c, 0x3a, [0x7b, 0x5b], [0x7d, 0x5d]] as const;

/** Keys of the outermost object of valid JSON: its colons outside of texts and inner objects. */
function keysWritten(json: Uint8Array): number {
  let keys = 0;
  let depth = 0;
  let isText = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] ?? 0;
    if (isText) {
      if (byte === backslash) at++;
      else if (byte === quote) isText = false;
    } else if (byte === quote) isText = true;
    else if (byte === colon) keys += depth === 1 ? 1 : 0;
    else if (byte === opens[0] || byte === opens[1]) depth++;
    else if (byte === closes[0] || byte === closes[1]) depth--;
  }
  return keys;
}

function placeOf(filePath: string, name: string, value: unknown, dataStart: number, fileSize: number): TensorPlace {
  const checked = entrySchema.safeParse(value);
  if (!checked.success) throw corrupt(filePath, `describes tensor "${name}" wrongly`);
  const { dtype, shape, data_offsets: offsets } = checked.data;
  const bytes = elementBytes.get(dtype);
  if (bytes === undefined)
    throw new StudioError(
      'invalid_file',
      `${filePath} stores tensor "${name}" as ${dtype}, which is not supported.`,
      `Supported are ${[...elementBytes.keys()].join(', ')}.`,
    );
  const length = offsets[1] - offsets[0];
  const expected = elementCount(shape) * bytes;
  if (length !== expected)
    throw corrupt(
      filePath,
      `gives tensor "${name}" ${length} bytes where its shape [${shape.join(', ')}] in ${dtype} needs ${expected}`,
    );
  if (dataStart + offsets[1] > fileSize)
    throw corrupt(
      filePath,
      `is truncated: tensor "${name}" ends at byte ${dataStart + offsets[1]}, the file has ${fileSize}`,
    );
  return { dtype, shape, start: dataStart + offsets[0], length };
}

function blockTypes(filePath: string, metadata: ReadonlyMap<string, string>): [string, string][] {
  const text = metadata.get(blockTypesKey);
  if (text === undefined) return [];
  try {
    return Object.entries(metadataSchema.parse(JSON.parse(text)));
  } catch {
    throw corrupt(filePath, `has metadata "${blockTypesKey}" that are no list of tensors and types`);
  }
}

/** The matrix that the bytes of a tensor encode. */
function inBlocks(filePath: string, name: string, type: string, bytes: TensorPlace | undefined): TensorPlace {
  const found = blockTypeNamed(type);
  const [rows, rowBytes] = bytes?.shape ?? [];
  if (found === null)
    throw new StudioError('invalid_file', `${filePath} stores tensor "${name}" as ${type}, which is not supported.`);
  if (
    bytes?.dtype !== 'U8' ||
    rows === undefined ||
    rowBytes === undefined ||
    bytes.shape.length !== 2 ||
    rowBytes % found.blockBytes !== 0
  )
    throw corrupt(filePath, `does not have tensor "${name}" in rows of whole ${type} blocks`);
  return { ...bytes, dtype: found.name, shape: [rows, (rowBytes / found.blockBytes) * found.blockValues] };
}

function refuseOverlaps(filePath: string, tensors: ReadonlyMap<string, TensorPlace>): void {
  const ordered = [...tensors].filter(([, place]) => place.length > 0).sort(([, a], [, b]) => a.start - b.start);
  let end = 0;
  let previous = '';
  for (const [name, place] of ordered) {
    if (place.start < end) throw corrupt(filePath, `has tensors that overlap: "${previous}" and "${name}"`);
    end = place.start + place.length;
    previous = name;
  }
}

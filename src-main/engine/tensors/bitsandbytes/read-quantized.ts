import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { elementCount, type HostTensor } from '../host-tensor.ts';
import type { TensorFiles } from '../safetensors.ts';
import { corrupt } from '../safetensors-header.ts';
import { storedEncodingOf } from '../stored-matrix.ts';
import { int8 } from '../tensor-types/int8.ts';
import { nf4, normalFloats } from '../tensor-types/nf4.ts';
import type { TensorType } from '../tensor-types/tensor-type.ts';
import { scaleAt } from './nested-scales.ts';
import { formatEnding, fp4Ending, type QuantState, quantStateSchema, rowsEnding, stateEnding } from './quant-state.ts';

/** A matrix that several tensors of the file make up together. */
interface QuantizedMatrix {
  readonly type: TensorType;
  readonly shape: readonly number[];
  /** The tensors of the file, which are not read by themselves. */
  readonly parts: readonly string[];
  /** Number of value ranges that start at a block each: the rows, or 1 if blocks continue from row to row. */
  readonly stretches: number;
  /**
   * Its values in blocks of the type, piece by piece in memory that is used again: a matrix of a large base takes tens of megabytes,
   * and what is dropped stays with the process for a while. The last block of a stretch is filled up with zeros.
   */
  blocks(): AsyncIterable<Uint8Array>;
}

/** @throws StudioError refused for a source with matrices of FP4 */
export function refuseFp4({ path, names }: Pick<TensorFiles, 'path' | 'names'>): void {
  const name = names.find((candidate) => candidate.endsWith(fp4Ending));
  if (name !== undefined)
    throw new StudioError(
      'refused',
      `${path} stores the tensor "${name.slice(0, -fp4Ending.length)}" as FP4, which is not supported.`,
      'Quantize the base again as NF4 (bnb_4bit_quant_type: nf4), or take the unquantized one.',
    );
}

/** Returns whether tensors of these names make up matrices that bitsandbytes has quantized. */
export function hasQuantized(names: readonly string[]): boolean {
  return names.some((name) => name.endsWith(stateEnding) || name.endsWith(rowsEnding));
}

/** A source with the weights that bitsandbytes has quantized as matrices of NF4 and INT8; the source itself without such. */
export async function withQuantized<Source extends TensorFiles>(source: Source): Promise<Source> {
  const matrices = new Map<string, QuantizedMatrix>();
  refuseFp4(source);
  for (const name of source.names) {
    if (name.endsWith(stateEnding)) {
      const weight = name.slice(0, -stateEnding.length);
      matrices.set(weight, normalMatrix(source, weight, await readState(source, name)));
    } else if (name.endsWith(rowsEnding)) {
      const weight = `${name.slice(0, -rowsEnding.length)}.weight`;
      if (source.has(weight) && source.info(weight).dtype === 'I8')
        matrices.set(weight, await byteMatrix(source, weight));
    }
  }
  if (matrices.size === 0) return source;
  const hidden = new Set([...matrices].flatMap(([name, { parts }]) => parts.filter((part) => part !== name)));
  return {
    ...source,
    names: source.names.filter((name) => !hidden.has(name)),
    has: (name) => source.has(name) && !hidden.has(name),
    info(name) {
      const found = matrices.get(name);
      return found ? { dtype: found.type.name, shape: found.shape } : source.info(name);
    },
    read(name) {
      const found = matrices.get(name);
      return found ? decoded(found) : source.read(name);
    },
    async lend(name, use) {
      const found = matrices.get(name);
      if (!found) return source.lend(name, use);
      const tensor = await decoded(found);
      return use({ ...tensor, finite: tensor.data.every(Number.isFinite) });
    },
    stored(name) {
      const found = matrices.get(name);
      if (!found) return source.stored?.(name) ?? null;
      const { type, shape, blocks } = found;
      const [rows, columns] = shape;
      const encoding = storedEncodingOf(type.name);
      if (encoding === null || rows === undefined || columns === undefined || shape.length !== 2) return null;
      // Blocks that run on from row to row make no matrix whose rows begin at one.
      if (columns % type.blockValues !== 0) return null;
      const byteLength = ((rows * columns) / type.blockValues) * type.blockBytes;
      return {
        shape: [rows, columns],
        encoding,
        byteLength,
        pieces: blocks,
      };
    },
  };
}

async function decoded({ type, shape, stretches, blocks }: QuantizedMatrix): Promise<HostTensor> {
  const count = elementCount(shape);
  const wanted = count / stretches;
  const padded = Math.ceil(wanted / type.blockValues) * type.blockValues;
  const values = new Float32Array(stretches * padded);
  let done = 0;
  for await (const piece of blocks()) {
    const end = done + (piece.length / type.blockBytes) * type.blockValues;
    type.dequantize(piece, values.subarray(done, end));
    done = end;
  }
  for (let at = 1; padded !== wanted && at < stretches; at++)
    values.copyWithin(at * wanted, at * padded, at * padded + wanted);
  return { shape, data: values.subarray(0, count) };
}

async function readState(source: TensorFiles, name: string): Promise<QuantState> {
  const { data } = await source.read(name);
  try {
    return quantStateSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(data))));
  } catch {
    throw corrupt(source.path, `describes in "${name}" no weight of 4 bits`);
  }
}

/** A weight of 4 bits: its blocks run on from row to row. */
function normalMatrix(source: TensorFiles, name: string, state: QuantState): QuantizedMatrix {
  const { shape, blocksize, nested_blocksize: nestedBlocksize, nested_offset: offset } = state;
  const count = elementCount(shape);
  const scaleCount = Math.ceil(count / blocksize);
  if (blocksize % nf4.blockValues !== 0)
    throw new StudioError(
      'refused',
      `${source.path} has tensor "${name}" in NF4 with blocks of ${blocksize} values, which are not supported.`,
      'Quantize the base again with a blocksize of 64, as bitsandbytes does by default.',
    );
  const read = (ending: string, values: number) => readPart(source, `${name}${ending}`, values);
  const readScales = async (): Promise<(block: number) => number> => {
    if (nestedBlocksize === undefined) {
      const scales = floats(await read('.absmax', scaleCount));
      return (block) => scales[block] ?? 0;
    }
    const nested = {
      codes: bytes(await read('.absmax', scaleCount)),
      map: floats(await read('.nested_quant_map', 256)),
      largest: floats(await read('.nested_absmax', Math.ceil(scaleCount / nestedBlocksize))),
      blocksize: nestedBlocksize,
      offset: offset ?? 0,
    };
    return (block) => scaleAt(nested, block);
  };
  return {
    type: nf4,
    shape,
    stretches: 1,
    parts: [
      name,
      ...['.absmax', '.quant_map', '.nested_absmax', '.nested_quant_map', stateEnding].map((end) => name + end),
    ],
    async *blocks() {
      const levels = floats(await read('.quant_map', normalFloats.length));
      if (levels.some((level, index) => level !== normalFloats[index]))
        throw corrupt(source.path, `gives tensor "${name}" other levels than NF4's`);
      const length = Math.ceil(count / 2);
      const scaleOf = await readScales();
      const perScale = blocksize / nf4.blockValues;
      yield* inBlocks(nf4, codesOf(source, name, length), length, (block) => scaleOf(Math.floor(block / perScale)));
    },
  };
}

/** A weight of signed bytes with a scale for each row. */
async function byteMatrix(source: TensorFiles, name: string): Promise<QuantizedMatrix> {
  const { shape } = source.info(name);
  const prefix = name.slice(0, -'.weight'.length);
  const [rows = 0, columns = 0] = shape;
  const format = source.has(prefix + formatEnding) ? (await source.read(prefix + formatEnding)).data[0] : 0;
  if (shape.length !== 2 || format !== 0)
    throw new StudioError(
      'refused',
      `${source.path} has tensor "${name}" as int8 in the layout of a GPU, which is not supported.`,
      'Save the model again with a bitsandbytes of 2024 or later.',
    );
  return {
    type: int8,
    shape,
    stretches: rows,
    parts: [name, prefix + rowsEnding, prefix + formatEnding],
    async *blocks() {
      const scales = floats(await readPart(source, prefix + rowsEnding, rows));
      const codes = codesOf(source, name, rows * columns);
      const perRow = Math.ceil(columns / int8.blockValues);
      yield* inBlocks(int8, codes, columns, (block) => scales[Math.floor(block / perRow)] ?? 0);
    },
  };
}

/** Blocks that a piece has at most. */
const pieceBlocks = 2 ** 13;

/**
 * Blocks of a scale in float32 and the codes of their values, of stretches of `length` codes. Each piece is in the memory of the
 * one before.
 */
async function* inBlocks(
  { blockBytes }: TensorType,
  codes: AsyncIterable<Uint8Array>,
  length: number,
  scaleOf: (block: number) => number,
): AsyncGenerator<Uint8Array> {
  const codeBytes = blockBytes - 4;
  const blocks = new Uint8Array(pieceBlocks * blockBytes);
  const view = new DataView(blocks.buffer);
  let [block, used, at] = [0, 0, 0];
  for await (const piece of codes)
    for (let done = 0; done < piece.length; ) {
      const inBlock = at % codeBytes;
      if (inBlock === 0) {
        if (used === pieceBlocks) {
          yield blocks;
          used = 0;
        }
        blocks.fill(0, used * blockBytes, (used + 1) * blockBytes);
        view.setFloat32(used * blockBytes, scaleOf(block), true);
        block++;
        used++;
      }
      const count = Math.min(codeBytes - inBlock, length - at, piece.length - done);
      blocks.set(piece.subarray(done, done + count), (used - 1) * blockBytes + 4 + inBlock);
      done += count;
      at = (at + count) % length;
    }
  if (used > 0) yield blocks.subarray(0, used * blockBytes);
}

/** The bytes of a weight's codes. */
function codesOf(source: TensorFiles, name: string, count: number): AsyncIterable<Uint8Array> {
  const { dtype, shape } = source.info(name);
  if ((dtype !== 'U8' && dtype !== 'I8') || elementCount(shape) !== count)
    throw corrupt(source.path, `gives tensor "${name}" other codes than the ${count} bytes that its weight needs`);
  return source.bytes(name);
}

async function readPart(source: TensorFiles, name: string, count: number): Promise<HostTensor['data']> {
  const { data } = await source.read(name);
  if (data.length !== count)
    throw corrupt(source.path, `gives tensor "${name}" ${data.length} values where its weight needs ${count}`);
  return data;
}

function floats(data: HostTensor['data']): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data);
}

function bytes(data: HostTensor['data']): Uint8Array {
  return data instanceof Uint8Array ? data : Uint8Array.from(data);
}

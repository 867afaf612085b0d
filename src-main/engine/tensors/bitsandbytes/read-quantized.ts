import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { elementCount, type HostTensor } from '../host-tensor.ts';
import type { TensorSource } from '../safetensors.ts';
import { corrupt } from '../safetensors-header.ts';
import { storedEncodingOf } from '../stored-matrix.ts';
import { int8 } from '../tensor-types/int8.ts';
import { nf4, normalFloats } from '../tensor-types/nf4.ts';
import type { TensorType } from '../tensor-types/tensor-type.ts';
import { scalesOf } from './nested-scales.ts';
import { formatEnding, fp4Ending, type QuantState, quantStateSchema, rowsEnding, stateEnding } from './quant-state.ts';

/** A matrix that several tensors of the file make up together. */
interface QuantizedMatrix {
  readonly type: TensorType;
  readonly shape: readonly number[];
  /** The tensors of the file, which are not read by themselves. */
  readonly parts: readonly string[];
  /** How many stretches of its values begin at a block each: its rows, or 1 where blocks run on from row to row. */
  readonly stretches: number;
  /** Its values in blocks of the type; the last of a stretch is filled up with zeros. */
  blocks(): Promise<Uint8Array>;
}

/** A source with the weights that bitsandbytes has quantized as matrices of NF4 and INT8; the source itself without such. */
export async function withQuantized<Source extends TensorSource>(source: Source): Promise<Source> {
  const matrices = new Map<string, QuantizedMatrix>();
  for (const name of source.names) {
    if (name.endsWith(fp4Ending))
      throw new StudioError(
        'refused',
        `${source.path} stores the tensor "${name.slice(0, -fp4Ending.length)}" as FP4, which is not supported.`,
        'Quantize the base again as NF4 (bnb_4bit_quant_type: nf4), or take the unquantized one.',
      );
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
        async *pieces() {
          yield await blocks();
        },
      };
    },
  };
}

async function decoded({ type, shape, stretches, blocks }: QuantizedMatrix): Promise<HostTensor> {
  const encoded = await blocks();
  const values = new Float32Array((encoded.length / type.blockBytes) * type.blockValues);
  type.dequantize(encoded, values);
  const count = elementCount(shape);
  const [padded, wanted] = [values.length / stretches, count / stretches];
  for (let at = 1; padded !== wanted && at < stretches; at++)
    values.copyWithin(at * wanted, at * padded, at * padded + wanted);
  return { shape, data: values.subarray(0, count) };
}

async function readState(source: TensorSource, name: string): Promise<QuantState> {
  const { data } = await source.read(name);
  try {
    return quantStateSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(data))));
  } catch {
    throw corrupt(source.path, `describes in "${name}" no weight of 4 bits`);
  }
}

/** A weight of 4 bits: its blocks run on from row to row. */
function normalMatrix(source: TensorSource, name: string, state: QuantState): QuantizedMatrix {
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
  const readScales = async () => {
    if (nestedBlocksize === undefined) return floats(await read('.absmax', scaleCount));
    return scalesOf({
      codes: bytes(await read('.absmax', scaleCount)),
      map: floats(await read('.nested_quant_map', 256)),
      largest: floats(await read('.nested_absmax', Math.ceil(scaleCount / nestedBlocksize))),
      blocksize: nestedBlocksize,
      offset: offset ?? 0,
    });
  };
  return {
    type: nf4,
    shape,
    stretches: 1,
    parts: [
      name,
      ...['.absmax', '.quant_map', '.nested_absmax', '.nested_quant_map', stateEnding].map((end) => name + end),
    ],
    async blocks() {
      const levels = floats(await read('.quant_map', normalFloats.length));
      if (levels.some((level, index) => level !== normalFloats[index]))
        throw corrupt(source.path, `gives tensor "${name}" other levels than NF4's`);
      const codes = bytes(await read('', Math.ceil(count / 2)));
      const scales = await readScales();
      const perScale = blocksize / nf4.blockValues;
      return inBlocks(nf4, codes, 1, (block) => scales[Math.floor(block / perScale)]);
    },
  };
}

/** A weight of signed bytes with a scale for each row. */
async function byteMatrix(source: TensorSource, name: string): Promise<QuantizedMatrix> {
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
    async blocks() {
      const scales = floats(await readPart(source, prefix + rowsEnding, rows));
      const codes = Uint8Array.from(await readPart(source, name, rows * columns));
      const perRow = Math.ceil(columns / int8.blockValues);
      return inBlocks(int8, codes, rows, (block) => scales[Math.floor(block / perRow)]);
    },
  };
}

/** Blocks of a scale in float32 and the codes of their values, of equal stretches of codes. */
function inBlocks(
  { blockBytes }: TensorType,
  codes: Uint8Array,
  stretches: number,
  scaleOf: (block: number) => number | undefined,
): Uint8Array {
  const codeBytes = blockBytes - 4;
  const length = codes.length / stretches;
  const perStretch = Math.ceil(length / codeBytes);
  const blocks = new Uint8Array(stretches * perStretch * blockBytes);
  const view = new DataView(blocks.buffer);
  for (let stretch = 0; stretch < stretches; stretch++)
    for (let index = 0; index < perStretch; index++) {
      const block = stretch * perStretch + index;
      const end = Math.min(length, (index + 1) * codeBytes);
      view.setFloat32(block * blockBytes, scaleOf(block) ?? 0, true);
      blocks.set(codes.subarray(stretch * length + index * codeBytes, stretch * length + end), block * blockBytes + 4);
    }
  return blocks;
}

async function readPart(source: TensorSource, name: string, count: number): Promise<HostTensor['data']> {
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

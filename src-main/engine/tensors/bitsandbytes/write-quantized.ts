import type { StreamedTensor } from '../safetensors-stream.ts';
import { nf4, normalFloats } from '../tensor-types/nf4.ts';
import { type NestedScales, nestedBlock, nestScales } from './nested-scales.ts';
import { formatEnding, rowsEnding, stateBytes, stateEnding, stateText } from './quant-state.ts';

/** Exponents of bitsandbytes' dynamic type of 8 bits with a sign. */
const exponents = 7;

/**
 * The 256 values −1 to 1, ascending, to which bitsandbytes rounds the scales of blocks (create_dynamic_map, arXiv:2110.02861),
 * to the bit. Its quantization on the CPU has the lowest at −1, as here; on a GPU that stays −0.993. A file says which it has.
 */
function dynamicMap(): Float32Array {
  const values = [0, 1];
  for (let exponent = 0; exponent < exponents; exponent++) {
    const edges = linspace(2 ** exponent + 1);
    const power = 10 ** (exponent - exponents + 1);
    for (let index = 0; index + 1 < edges.length; index++) {
      const middle = Math.fround(Math.fround((edges[index] ?? 0) + (edges[index + 1] ?? 0)) / 2);
      const value = Math.fround(Math.fround(power) * middle);
      values.push(value, -value);
    }
  }
  const map = Float32Array.from(values).sort();
  map[0] = -1;
  return map;
}

/** torch.linspace(0.1, 1, count) in float32: the second half is counted from the end. */
function linspace(count: number): Float32Array {
  const [first, last] = [Math.fround(0.1), 1];
  const step = Math.fround((last - first) / (count - 1));
  return Float32Array.from({ length: count }, (_, index) =>
    index < count / 2 ? Math.fround(first + step * index) : Math.fround(last - step * (count - 1 - index)),
  );
}

/** A matrix to quantize, read when its turn comes. */
export interface PlainMatrix {
  /** Ends in `.weight`. */
  readonly name: string;
  readonly shape: readonly [rows: number, columns: number];
  read(): Promise<Float32Array>;
}

/**
 * The tensors that bitsandbytes saves for a Linear4bit with NF4, blocks of 64 and double quantization; `dtype` is what its
 * products compute in, as config.json names it. Columns are whole blocks.
 */
export function normalFloatTensors({ name, shape, read }: PlainMatrix, dtype: string): StreamedTensor[] {
  const [rows, columns] = shape;
  const blockCount = (rows * columns) / nf4.blockValues;
  const quantized = once(async () => quantizeNormal(await read()));
  const part = (
    ending: string,
    stored: string,
    sizes: number[],
    of: (made: NormalMatrix) => Float32Array | Uint8Array,
  ) => ({
    name: `${name}${ending}`,
    dtype: stored,
    shape: sizes,
    async *pieces() {
      yield bytesOf(of(await quantized.get()));
    },
  });
  return [
    part('', 'U8', [blockCount * 32, 1], ({ codes }) => codes),
    part('.absmax', 'U8', [blockCount], ({ scales }) => scales.codes),
    part('.nested_absmax', 'F32', [Math.ceil(blockCount / nestedBlock)], ({ scales }) => scales.largest),
    part('.nested_quant_map', 'F32', [256], ({ scales }) => scales.map),
    part('.quant_map', 'F32', [normalFloats.length], () => normalFloats),
    {
      name: `${name}${stateEnding}`,
      dtype: 'U8',
      shape: [stateBytes],
      async *pieces() {
        yield stateText(shape, dtype, (await quantized.get()).scales);
        quantized.forget();
      },
    },
  ];
}

/** The tensors that bitsandbytes saves for a Linear8bitLt: each row's signed bytes and largest magnitude. */
export function byteTensors({ name, shape, read }: PlainMatrix): StreamedTensor[] {
  const [rows, columns] = shape;
  const prefix = name.slice(0, -'.weight'.length);
  const quantized = once(async () => quantizeRows(await read(), rows));
  return [
    {
      name,
      dtype: 'I8',
      shape: [rows, columns],
      async *pieces() {
        yield (await quantized.get()).codes;
      },
    },
    {
      name: prefix + rowsEnding,
      dtype: 'F32',
      shape: [rows],
      async *pieces() {
        yield bytesOf((await quantized.get()).largest);
        quantized.forget();
      },
    },
    { name: prefix + formatEnding, dtype: 'U8', shape: [], pieces: () => [Uint8Array.of(0)] },
  ];
}

interface NormalMatrix {
  readonly codes: Uint8Array;
  readonly scales: NestedScales;
}

function quantizeNormal(values: Float32Array): NormalMatrix {
  const blockCount = values.length / nf4.blockValues;
  const blocks = new Uint8Array(blockCount * nf4.blockBytes);
  nf4.quantize?.(values, blocks);
  const view = new DataView(blocks.buffer);
  const codes = new Uint8Array(blockCount * 32);
  const scales = new Float32Array(blockCount);
  for (let block = 0; block < blockCount; block++) {
    scales[block] = view.getFloat32(block * nf4.blockBytes, true);
    codes.set(blocks.subarray(block * nf4.blockBytes + 4, (block + 1) * nf4.blockBytes), block * 32);
  }
  return { codes, scales: nestScales(scales, dynamicMap()) };
}

/** int8_vectorwise_quant: to the nearest of 255 levels of the row's largest magnitude, ties to even. */
function quantizeRows(values: Float32Array, rows: number): { codes: Uint8Array; largest: Float32Array } {
  const columns = values.length / rows;
  const codes = new Uint8Array(values.length);
  const largest = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const [start, end] = [row * columns, (row + 1) * columns];
    let most = 0;
    for (let at = start; at < end; at++) most = Math.max(most, Math.abs(values[at] ?? 0));
    largest[row] = most;
    const inverse = most === 0 ? 0 : Math.fround(127 / most);
    for (let at = start; at < end; at++) codes[at] = roundedToEven(Math.fround((values[at] ?? 0) * inverse));
  }
  return { codes, largest };
}

function roundedToEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** Shares a value among the tensors of a matrix: created for the first, released after the last. */
function once<Value>(make: () => Promise<Value>) {
  let made: Promise<Value> | null = null;
  return {
    get: () => {
      made ??= make();
      return made;
    },
    forget: () => {
      made = null;
    },
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

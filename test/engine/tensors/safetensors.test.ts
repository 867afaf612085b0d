import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openModelWeights } from '../../../src-main/engine/models/huggingface/model-weights.ts';
import { openSafetensors, readSafetensors, writeSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { writeArrivingTensors } from '../../../src-main/engine/tensors/safetensors-stream.ts';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { goldenPath, relativeDifference } from '../golden.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'coto-safetensors-'));
  file = path.join(folder, 'tensors.safetensors');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A file made by hand: header as given, then `data`. */
async function write(header: unknown, data: Uint8Array = new Uint8Array(0)): Promise<void> {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  await writeFile(file, bytes);
}

const bytesOf = (values: ArrayBufferView) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

async function refusal(run: () => Promise<unknown>): Promise<StudioError> {
  const thrown: unknown = await run().then(
    () => null,
    (error) => error,
  );
  if (!(thrown instanceof StudioError)) throw new Error(`expected a refusal, got ${String(thrown)}`);
  return thrown;
}

describe('values', () => {
  it('come back as they were written, with shapes and metadata', async () => {
    const tensors = new Map([
      ['floats', { shape: [2, 3], data: new Float32Array([1, -2.5, 3e-40, Number.NaN, Number.POSITIVE_INFINITY, 0]) }],
      ['__proto__', { shape: [1], data: new Float32Array([7]) }],
      ['whole', { shape: [2], data: new Int32Array([-2147483648, 2147483647]) }],
      ['bytes', { shape: [3], data: new Uint8Array([0, 128, 255]) }],
      ['scalar', { shape: [], data: new Float32Array([4]) }],
      ['empty', { shape: [0, 5], data: new Float32Array(0) }],
    ]);
    await writeSafetensors(file, tensors, { origin: 'test' });
    expect(await readSafetensors(file)).toEqual(tensors);
    const opened = await openSafetensors(file);
    expect(Object.fromEntries(opened.metadata)).toEqual({ format: 'pt', origin: 'test' });
    expect(opened.info('floats')).toEqual({ dtype: 'F32', shape: [2, 3] });
    await opened.close();
    const raw = await readFile(file);
    expect(Number(raw.readBigUInt64LE(0)) % 8).toBe(0);
    expect(await readdir(folder)).toEqual(['tensors.safetensors']);
  });

  it.each([
    // 1, −2, the smallest subnormal 2^−24, the largest 65504, infinity.
    [
      'F16',
      new Uint16Array([0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00]),
      [1, -2, 2 ** -24, 65504, Number.POSITIVE_INFINITY],
    ],
    // The upper half of float32's bits.
    ['BF16', new Uint16Array([0x3f80, 0xc000, 0x4049]), [1, -2, 3.140625]],
    ['F64', new Float64Array([0.5, -1e300]), [0.5, Number.NEGATIVE_INFINITY]],
    ['I64', new BigInt64Array([-5n, 2147483647n]), [-5, 2147483647]],
    ['I16', new Int16Array([-7, 300]), [-7, 300]],
    ['I8', new Int8Array([-7, 127]), [-7, 127]],
    ['BOOL', new Uint8Array([1, 0]), [1, 0]],
    // 1, −1, the smallest subnormal 2^−9, the smallest normal 2^−6, the largest 448, not a number.
    ['F8_E4M3', new Uint8Array([0x38, 0xb8, 0x01, 0x08, 0x7e, 0xff]), [1, -1, 2 ** -9, 2 ** -6, 448, Number.NaN]],
    // 1, −1.75, the smallest subnormal 2^−16, the largest 57344, −infinity, not a number.
    [
      'F8_E5M2',
      new Uint8Array([0x3c, 0xbf, 0x01, 0x7b, 0xfc, 0x7d]),
      [1, -1.75, 2 ** -16, 57344, Number.NEGATIVE_INFINITY, Number.NaN],
    ],
  ])('of type %s are widened', async (dtype, stored, expected) => {
    const data = bytesOf(stored);
    await write({ t: { dtype, shape: [expected.length], data_offsets: [0, data.length] } }, data);
    expect(Array.from((await readSafetensors(file)).get('t')?.data ?? [])).toEqual(expected);
  });

  it('reads values at unaligned positions', async () => {
    const data = new Uint8Array(9);
    data.set(bytesOf(new Float32Array([1.5, -3])), 1);
    const entries = {
      byte: { dtype: 'U8', shape: [1], data_offsets: [0, 1] },
      floats: { dtype: 'F32', shape: [2], data_offsets: [1, 9] },
    };
    await write(entries, data);
    expect(Array.from((await readSafetensors(file)).get('floats')?.data ?? [])).toEqual([1.5, -3]);
  });
});

describe('a damaged file is refused in one sentence', () => {
  const good = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
  const eight = new Uint8Array(8);
  it.each<[string, unknown, Uint8Array, RegExp]>([
    [
      'truncated',
      { weight: { ...good, shape: [3], data_offsets: [0, 12] } },
      eight,
      /is truncated: tensor "weight" ends/,
    ],
    [
      'wrong size',
      { weight: { ...good, shape: [3] } },
      eight,
      /"weight" 8 bytes where its shape \[3\] in F32 needs 12/,
    ],
    ['backwards', { weight: { ...good, data_offsets: [8, 0] } }, eight, /"weight" -8 bytes/],
    ['overlap', { a: good, b: { ...good, data_offsets: [4, 12] } }, new Uint8Array(12), /overlap: "a" and "b"/],
    ['unknown type', { weight: { ...good, dtype: 'F8_E8M0' } }, eight, /"weight" as F8_E8M0, which is not supported/],
    ['negative shape', { weight: { ...good, shape: [-2] } }, eight, /describes tensor "weight" wrongly/],
    ['no JSON', '{"weight": ', eight, /header that is not JSON/],
    [
      'a name twice',
      `{"weight": ${JSON.stringify(good)}, "w\\u0065ight": ${JSON.stringify(good)}}`,
      eight,
      /header that names a tensor twice/,
    ],
    ['a list', [1], eight, /not a JSON object/],
  ])('%s', async (_, header, data, message) => {
    await write(header, data);
    const error = await refusal(() => openSafetensors(file));
    expect(error.code).toBe('invalid_file');
    expect(error.message).toContain(file);
    expect(error.message).toMatch(message);
  });

  it('too short for a header, a header beyond the file, a header beyond all reason', async () => {
    await writeFile(file, new Uint8Array(5));
    expect((await refusal(() => openSafetensors(file))).message).toMatch(/only 5 bytes/);
    const bytes = Buffer.alloc(16);
    bytes.writeBigUInt64LE(100n);
    await writeFile(file, bytes);
    expect((await refusal(() => openSafetensors(file))).message).toMatch(/is truncated: its header needs 108 bytes/);
    bytes.writeBigUInt64LE(2n ** 60n);
    await writeFile(file, bytes);
    expect((await refusal(() => openSafetensors(file))).message).toMatch(/not a safetensors file/);
  });

  it('missing file, missing tensor, whole numbers beyond 32 bits', async () => {
    expect((await refusal(() => openSafetensors(file))).message).toBe(`${file} does not exist.`);
    const data = bytesOf(new BigInt64Array([2n ** 40n]));
    await write({ big: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } }, data);
    const opened = await openSafetensors(file);
    expect((await refusal(() => opened.read('other'))).message).toMatch(/lacks the tensor "other"/);
    expect((await refusal(() => opened.read('big'))).message).toMatch(/"big".*1099511627776, beyond 32 bits/);
    await opened.close();
  });
});

describe('a model folder', () => {
  it('in shards reads as one, and half precision agrees with it', async () => {
    const sharded = await openModelWeights(goldenPath('llama-sharded', 'base'));
    expect(sharded.files).toHaveLength(2);
    const narrow = { 'llama-bf16': 2 ** -8, 'llama-f16': 2 ** -11 };
    for (const [name, precision] of Object.entries(narrow)) {
      const stored = await openModelWeights(goldenPath(name, 'base'));
      expect([...stored.names].sort()).toEqual([...sharded.names].sort());
      for (const tensor of stored.names) {
        const [actual, expected] = [await stored.read(tensor), await sharded.read(tensor)];
        expect(actual.shape).toEqual(expected.shape);
        const difference = relativeDifference(actual.data, expected.data);
        expect(difference).toBeLessThan(precision);
      }
      await stored.close();
    }
    await sharded.close();
  });

  it('rejects an index that points outside, and a folder without weights', async () => {
    expect((await refusal(() => openModelWeights(folder))).message).toMatch(/has no model\.safetensors/);
    const index = { weight_map: { weight: '../elsewhere.safetensors' } };
    await writeFile(path.join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
    expect((await refusal(() => openModelWeights(folder))).message).toMatch(/points outside its folder/);
  });

  it('rejects a shard that lacks a tensor of the index', async () => {
    await writeSafetensors(
      path.join(folder, 'one.safetensors'),
      new Map([['a', { shape: [1], data: new Float32Array(1) }]]),
    );
    const index = { weight_map: { a: 'one.safetensors', b: 'one.safetensors' } };
    await writeFile(path.join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
    expect((await refusal(() => openModelWeights(folder))).message).toMatch(/one\.safetensors lacks the tensor "b"/);
  });
});

describe('tensors whose shapes are known only as they come', () => {
  const arriving = (name: string, shape: number[]) => {
    const data = Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, at) => at - 1.5);
    return { name, dtype: 'F32', shape, bytes: bytesOf(data), data };
  };

  it('come back as they were written, in the order of writing', async () => {
    const tensors = [arriving('second', [3, 2]), arriving('first', [5])];
    await writeArrivingTensors(file, ['first', 'second', 'never'], async (put) => {
      for (const { data: _, ...tensor } of tensors) await put(tensor);
    });
    expect([...(await readSafetensors(file))]).toEqual(tensors.map(({ name, shape, data }) => [name, { shape, data }]));
    const start = 8 + Number((await readFile(file)).readBigUInt64LE());
    expect(start % 8).toBe(0);
  });

  it('are refused where the bytes do not fit the shape, or more come than were named; no file is left', async () => {
    const { data: _, ...tensor } = arriving('first', [5]);
    await expect(writeArrivingTensors(file, ['first'], (put) => put({ ...tensor, shape: [6] }))).rejects.toThrow(
      /20 bytes for shape \[6\]/,
    );
    const names = Array.from({ length: 50 }, (_, index) => `tensor ${index}`);
    await expect(
      writeArrivingTensors(file, ['one'], async (put) => {
        for (const name of names) await put({ ...tensor, name });
      }),
    ).rejects.toThrow(/more tensors came than were named/);
    expect(await readdir(folder)).toEqual([]);
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withQuantized } from '../../../src-main/engine/tensors/bitsandbytes/read-quantized.ts';
import { byteTensors, normalFloatTensors } from '../../../src-main/engine/tensors/bitsandbytes/write-quantized.ts';
import type { HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';
import { openSafetensors, readSafetensors, writeSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { streamSafetensors } from '../../../src-main/engine/tensors/safetensors-stream.ts';
import { blockTypeNamed } from '../../../src-main/engine/tensors/tensor-types/index.ts';
import { goldenPath } from '../golden.ts';

const file = goldenPath('bitsandbytes', 'blocks.safetensors');
const golden = await readSafetensors(file);

function tensor(name: string): HostTensor {
  const found = golden.get(name);
  if (!found) throw new Error(`no golden ${name}`);
  return found;
}

function plain(rows: number, columns = 128): Float32Array {
  const values = Float32Array.from(tensor('plain').data);
  return Float32Array.from(
    { length: rows * columns },
    (_, at) => values[Math.floor(at / columns) * 128 + (at % columns)] ?? 0,
  );
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bitsandbytes-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('weights that bitsandbytes has quantized', () => {
  it.each([
    ['nf4', 'NF4', [140, 128]],
    ['single', 'NF4', [6, 128]],
    ['int8', 'INT8', [12, 128]],
    ['narrow', 'INT8', [3, 40]],
  ])('have the values of bitsandbytes, to the bit: %s', async (name, dtype, shape) => {
    const source = await withQuantized(await openSafetensors(file));
    expect(source.info(`${name}.weight`)).toEqual({ dtype, shape });
    expect(source.names.filter((other) => other.startsWith(`${name}.`))).toEqual(
      [`${name}.weight`, `${name}.values`].sort(),
    );
    const { data } = await source.read(`${name}.weight`);
    expect(data).toEqual(tensor(`${name}.values`).data);
    expect(await source.lend(`${name}.weight`, ({ finite, data: lent }) => finite && lent.length)).toBe(data.length);
    const stored = source.stored?.(`${name}.weight`) ?? null;
    if (name === 'narrow') expect(stored).toBeNull();
    else {
      const pieces: Uint8Array[] = [];
      for await (const piece of stored?.pieces() ?? []) pieces.push(piece);
      const blocks = Uint8Array.from(Buffer.concat(pieces));
      expect(blocks.length).toBe(stored?.byteLength);
      const values = new Float32Array(data.length);
      blockTypeNamed(dtype)?.dequantize(blocks, values);
      expect(values).toEqual(data);
    }
    await source.close();
  });

  it('are written as bitsandbytes writes them, byte for byte', async () => {
    const path = join(folder, 'written.safetensors');
    const reads: string[] = [];
    const read = (name: string, values: Float32Array) => async () => {
      reads.push(name);
      return values;
    };
    await streamSafetensors(path, [
      ...normalFloatTensors({ name: 'nf4.weight', shape: [140, 128], read: read('nf4', plain(140)) }, 'float32'),
      ...byteTensors({ name: 'int8.weight', shape: [12, 128], read: read('int8', plain(12)) }),
    ]);
    expect(reads).toEqual(['nf4', 'int8']);
    const written = await readSafetensors(path);
    for (const [name, { shape, data }] of written) {
      if (name.includes('quant_state')) continue;
      expect({ name, shape, data }).toEqual({ name, ...tensor(name) });
    }
    const state = (from: ReadonlyMap<string, HostTensor>) =>
      JSON.parse(Buffer.from(from.get('nf4.weight.quant_state.bitsandbytes__nf4')?.data ?? []).toString());
    expect(state(written)).toEqual(state(golden));
  });

  it('come in pieces of a bounded size, all in the same memory', async () => {
    const path = join(folder, 'pieces.safetensors');
    const [rows, columns] = [300, 2048];
    const values = Float32Array.from({ length: rows * columns }, (_, at) => Math.sin(at) * (1 + (at % 7)));
    const read = async () => values;
    await streamSafetensors(path, [
      ...normalFloatTensors({ name: 'nf4.weight', shape: [rows, columns], read }, 'float32'),
      ...byteTensors({ name: 'int8.weight', shape: [rows, columns], read }),
    ]);
    const source = await withQuantized(await openSafetensors(path));
    for (const name of ['nf4.weight', 'int8.weight']) {
      const type = blockTypeNamed(source.info(name).dtype);
      const stored = source.stored?.(name);
      if (!type || !stored) throw new Error(`${name} is not stored`);
      const [memory, decoded] = [new Set<ArrayBufferLike>(), new Float32Array(rows * columns)];
      let done = 0;
      for await (const piece of stored.pieces()) {
        memory.add(piece.buffer);
        const count = (piece.length / type.blockBytes) * type.blockValues;
        type.dequantize(Uint8Array.from(piece), decoded.subarray(done, done + count));
        done += count;
      }
      expect(done).toBe(rows * columns);
      expect([...memory].map(({ byteLength }) => byteLength)).toEqual([2 ** 13 * type.blockBytes]);
      const { data } = await source.read(name);
      expect(Buffer.compare(Buffer.from(decoded.buffer), Buffer.from(data.buffer, 0, decoded.byteLength))).toBe(0);
    }
    await source.close();
  });

  it('are refused where a part is missing, of another size, or of another type', async () => {
    const parts = new Map([...golden].filter(([name]) => name.startsWith('single.')));
    const path = join(folder, 'broken.safetensors');
    const opened = async (changed: Map<string, HostTensor>) => {
      await writeSafetensors(path, changed);
      const source = await openSafetensors(path);
      try {
        return await (await withQuantized(source)).read('single.weight');
      } finally {
        await source.close();
      }
    };
    await expect(opened(parts)).resolves.toMatchObject({ shape: [6, 128] });
    const without = (name: string) => new Map([...parts].filter(([key]) => key !== name));
    await expect(opened(without('single.weight.absmax'))).rejects.toThrow('lacks the tensor "single.weight.absmax"');
    const short = new Map(parts).set('single.weight.absmax', { shape: [3], data: new Float32Array(3) });
    await expect(opened(short)).rejects.toThrow('3 values where its weight needs 12');
    const text = new TextEncoder().encode('{"quant_type":"nf4"}');
    const untold = new Map(parts).set('single.weight.quant_state.bitsandbytes__nf4', {
      shape: [text.length],
      data: text,
    });
    await expect(opened(untold)).rejects.toThrow('describes in "single.weight.quant_state.bitsandbytes__nf4"');
    const fp4 = without('single.weight.quant_state.bitsandbytes__nf4').set(
      'single.weight.quant_state.bitsandbytes__fp4',
      { shape: [text.length], data: text },
    );
    await expect(opened(fp4)).rejects.toThrow('FP4');
  });
});

describe.each(['Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0'])('quantized to %s', (name) => {
  it("has the bytes of the package gguf's", () => {
    const type = blockTypeNamed(name);
    if (!type?.quantize) throw new Error(`${name} is only read`);
    const values = plain(12);
    const blocks = new Uint8Array((values.length / type.blockValues) * type.blockBytes);
    type.quantize(values, blocks);
    expect(blocks).toEqual(tensor(name).data);
  });
});

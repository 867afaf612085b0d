import { mkdtempSync, rmSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { describeModel } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { openModelWeights } from '../../../../src-main/engine/models/huggingface/model-weights.ts';
import { untrainedRows } from '../../../../src-main/engine/models/huggingface/untrained-rows.ts';
import { writeModelWeights } from '../../../../src-main/engine/models/huggingface/write-model.ts';
import type { FloatType } from '../../../../src-main/engine/tensors/encode-floats.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { goldenPath } from '../../golden.ts';

const scratch = mkdtempSync(join(tmpdir(), 'coto-untrained-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const width = 24;
const table = 'model.embed_tokens.weight';

/** A base whose tables of tokens are drawn, with some rows replaced by `edit`. */
async function baseOf(
  family: string,
  dtype: FloatType,
  edit: (rows: Map<string, Float32Array>) => void,
): Promise<string> {
  const folder = mkdtempSync(join(scratch, `${family}-`));
  await cp(goldenPath(family, 'base'), folder, { recursive: true });
  const tensors = await readSafetensors(join(folder, 'model.safetensors'));
  const random = RandomStream.seeded(7, 'initialization');
  const tables = new Map<string, Float32Array>();
  for (const name of [table, 'lm_head.weight'])
    if (tensors.has(name))
      tables.set(
        name,
        Float32Array.from({ length: 64 * width }, () => 0.02 * random.normal()),
      );
  edit(tables);
  await writeModelWeights(
    folder,
    [...tensors].map(([name, tensor]) => ({
      name,
      dtype,
      shape: tensor.shape,
      make: async () => ({ shape: tensor.shape, data: tables.get(name) ?? tensor.data }),
    })),
  );
  return folder;
}

const setRow = (rows: Float32Array | undefined, id: number, values: ArrayLike<number>) => rows?.set(values, id * width);
const rowOf = (rows: Float32Array | undefined, id: number) => rows?.slice(id * width, (id + 1) * width) ?? [];

async function untrained(folder: string, read: number[], learned: number[], unused: number[]) {
  const weights = await openModelWeights(folder);
  try {
    return await untrainedRows(weights, await describeModel(folder), { read, learned, unused });
  } finally {
    await weights.close();
  }
}

describe.each(['F32', 'BF16', 'F16'] as const)('tables of tokens in %s', (dtype) => {
  it('have rows that are near zero, the mean of all rows, or those of unused tokens', async () => {
    const folder = await baseOf('llama3', dtype, (rows) => {
      const own = rows.get(table);
      setRow(own, 5, new Float32Array(width).fill(1e-6));
      setRow(own, 6, rowOf(own, 60));
      const mean = Float32Array.from({ length: width }, (_, at) => {
        let sum = 0;
        for (let id = 0; id < 64; id++) sum += own?.[id * width + at] ?? 0;
        return sum / 64;
      });
      setRow(own, 7, mean);
    });
    const both = (id: number) => ({ id, inEmbedding: true, inHead: true });
    expect(await untrained(folder, [5, 6, 7, 8], [5, 6, 7, 8], [60, 61])).toEqual([both(5), both(6), both(7)]);
    expect(await untrained(folder, [6, 8], [8], [60])).toEqual([{ id: 6, inEmbedding: true, inHead: false }]);
  });

  it('of a head of its own count for the tokens in the loss', async () => {
    const folder = await baseOf('llama', dtype, (rows) => {
      setRow(rows.get('lm_head.weight'), 5, rowOf(rows.get('lm_head.weight'), 60));
      setRow(rows.get('lm_head.weight'), 6, new Float32Array(width));
    });
    expect(await untrained(folder, [5, 6, 8], [5, 8], [60])).toEqual([{ id: 5, inEmbedding: false, inHead: true }]);
  });
});

it('finds nothing in a base whose rows are all trained', async () => {
  const folder = await baseOf('llama', 'F32', () => undefined);
  const all = Array.from({ length: 60 }, (_, id) => id);
  expect(await untrained(folder, all, all, [62, 63])).toEqual([]);
});

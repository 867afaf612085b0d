import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LongConversion } from '../../../../src-main/engine/formats/adapters/read-foreign.ts';
import {
  isModelFolder,
  readTunedModel,
  type TunedBase,
} from '../../../../src-main/engine/formats/adapters/tuned-model.ts';
import { describeModel } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import type { HostTensor } from '../../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors, writeSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { goldenPath } from '../../golden.ts';

const scratch = mkdtempSync(join(tmpdir(), 'coto-tuned-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const folder = goldenPath('llama', 'base');
let base: TunedBase;
beforeAll(async () => {
  base = { name: 'tiny', path: folder, description: await describeModel(folder) };
});

/** Writes the base with changed tensors as a model of its own. */
async function tunedModel(name: string, change: (name: string, tensor: HostTensor) => HostTensor): Promise<string> {
  const made = join(scratch, name);
  cpSync(folder, made, { recursive: true });
  const file = join(made, 'model.safetensors');
  const tensors = await readSafetensors(file);
  await writeSafetensors(file, new Map([...tensors].map(([key, tensor]) => [key, change(key, tensor)])));
  return made;
}

const query = 'model.layers.0.self_attn.q_proj';
const down = 'model.layers.1.mlp.down_proj';

/** Adds values ⋅ (unit vector of a row) ⊗ (unit vector of a column): their singular values. */
function plus(tensor: HostTensor, values: readonly number[]): HostTensor {
  const data = Float32Array.from(tensor.data);
  const columns = tensor.shape[1] ?? 0;
  for (const [index, value] of values.entries())
    data[index * columns + index + 1] = (data[index * columns + index + 1] ?? 0) + value;
  return { ...tensor, data };
}

const twoLayers = (key: string, tensor: HostTensor) => {
  if (key === `${query}.weight`) return plus(tensor, [4, 3]);
  if (key === `${down}.weight`) return plus(tensor, [2]);
  return tensor;
};

describe('the LoRA of a fine-tuned model', () => {
  it('has the difference to its base, in the linears that changed alone', async () => {
    const { state, note, conversion } = await readTunedModel(await tunedModel('two', twoLayers), [base], { rank: 4 });
    expect([...state.modules].map(([name, { rank }]) => [name, rank])).toEqual([
      [query, 2],
      [down, 1],
    ]);
    const { a, b } = Object.fromEntries(state.modules.get(query)?.tensors ?? []);
    const inputs = a?.shape[1] ?? 0;
    const entry = (row: number, column: number) =>
      [0, 1].reduce((sum, rank) => sum + Number(b?.data[row * 2 + rank]) * Number(a?.data[rank * inputs + column]), 0);
    expect([entry(0, 1), entry(1, 2), entry(0, 2), entry(2, 3)].map((value) => value.toFixed(4))).toEqual([
      '4.0000',
      '3.0000',
      ...['0.0000', '0.0000'].map((zero) => expect.stringMatching(`^-?${zero}$`)),
    ]);
    expect(conversion?.error).toBeLessThan(1e-5);
    expect(note).toMatch(/^Extracted from a fine-tuned model\. Plain LoRA of ranks 1 to 2; .*$/);
    expect(note).not.toContain('Not in it');
  });

  it('cut to a lower rank loses what the singular values say', async () => {
    const { conversion } = await readTunedModel(await tunedModel('cut', twoLayers), [base], { rank: 1 });
    // ‖ΔW‖² is 16 + 9 and 4, of which 9 are lost.
    expect(conversion?.error).toBeCloseTo(Math.sqrt(9 / 29), 5);
    const [first] = conversion?.modules ?? [];
    expect([first?.name, first?.error.toFixed(5)]).toEqual([query, (3 / 5).toFixed(5)]);
  });

  it('names what else differs', async () => {
    const made = await tunedModel('norms', (key, tensor) =>
      key.endsWith('norm.weight') ? { ...tensor, data: tensor.data.map((value) => value + 1) } : twoLayers(key, tensor),
    );
    const { note } = await readTunedModel(made, [base], { rank: 4 });
    expect(note).toMatch(/Not in it, though they differ from the base: \S+norm\S*, \S+, \S+ and 4 more$/);
  });

  it('is refused where no linear changed, no base or several fit, or it would take long', async () => {
    const same = await tunedModel('same', (_, tensor) => tensor);
    await expect(readTunedModel(same, [base])).rejects.toThrow('has the linear layers of its base "tiny" unchanged');
    const made = await tunedModel('changed', twoLayers);
    await expect(readTunedModel(made, [])).rejects.toThrow('no model in the studio has its linear layers');
    const twin = { ...base, name: 'twin', path: `${folder}/.` };
    await expect(readTunedModel(made, [base, twin])).rejects.toThrow(
      'several models have its linear layers (tiny, twin)',
    );
    const other = goldenPath('gpt2', 'base');
    const gpt2 = { name: 'gpt2', path: other, description: await describeModel(other) };
    await expect(readTunedModel(made, [gpt2])).rejects.toThrow('"gpt2" does not have its linear layers');
    await expect(readTunedModel(made, [base], { entries: 10 })).rejects.toBeInstanceOf(LongConversion);
  });

  it('is told from an adapter by its files', async () => {
    expect(await isModelFolder(folder)).toBe(true);
    expect(await isModelFolder(goldenPath('llama', 'adapters', 'lora'))).toBe(false);
    expect(await isModelFolder(scratch)).toBe(false);
  });
});

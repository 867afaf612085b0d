import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findLinear } from '../../../../src-main/engine/adapters/targets/target-modules.ts';
import type { KnownBase, ReadAdapter } from '../../../../src-main/engine/formats/adapters/format.ts';
import { recognizeAdapter } from '../../../../src-main/engine/formats/adapters/index.ts';
import { matmul } from '../../../../src-main/engine/linalg/index.ts';
import { BaseWeights } from '../../../../src-main/engine/merge/run/base-weights.ts';
import { describeModel } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { goldenPath, relativeDifference, taken } from '../../golden.ts';

let description: ModelDescription;
let weights: BaseWeights;
beforeAll(async () => {
  description = await describeModel(goldenPath('llama', 'base'));
  weights = new BaseWeights({ description, directory: goldenPath('llama', 'base') });
});
afterAll(() => weights.close());

async function read(name: string, isBaseKnown = true): Promise<ReadAdapter> {
  const { format, source } = await recognizeAdapter(goldenPath('lycoris', `${name}.safetensors`));
  const base: KnownBase = { description, config: null, weight: (module) => weights.read(module) };
  return format.read(source, isBaseKnown ? [base] : []);
}

/** ΔW of a module of a LoRA. */
function updateOf({ state }: ReadAdapter, name: string): Float64Array {
  const { scaling, tensors } = state.modules.get(name) ?? { scaling: 0, tensors: new Map() };
  return matmul(taken(tensors, 'b'), taken(tensors, 'a')).data.map((value) => scaling * value);
}

async function expectUpdates(adapter: ReadAdapter, name: string): Promise<void> {
  const expected = await readSafetensors(goldenPath('lycoris', `${name}.expected.safetensors`));
  const modules = [...expected].filter(([key]) => !key.endsWith(':bias'));
  expect([...adapter.state.modules.keys()].sort()).toEqual(modules.map(([key]) => key).sort());
  for (const [key, { data }] of modules)
    expect(relativeDifference(updateOf(adapter, key), data), key).toBeLessThan(2e-5);
}

describe('a file of LyCORIS', () => {
  it.each([
    ['glora', 'GLoRA'],
    ['full', 'full (diff)'],
    ['diag-oft', 'diag-OFT'],
    ['diag-oft-constrained', 'diag-OFT'],
    ['boft', 'BOFT'],
    ['tlora', 'T-LoRA'],
    ['loha-dora', 'LoHa with DoRA'],
    ['lokr-dora', 'LoKr with DoRA'],
    ['lokr-unbalanced', 'LoKr'],
    ['dora-of-inputs', 'DoRA'],
  ])('of the kind %s becomes the equal LoRA, with a note on its error', async (name, label) => {
    const adapter = await read(name);
    expect(adapter.state.variant.declaration.id).toBe('lora');
    expect(adapter.note).toMatch(
      new RegExp(`^Converted from ${label.replaceAll(/[()]/g, '\\$&')}\\. Plain LoRA of ranks? \\d`),
    );
    expect(Number(/error of ΔW ([\d.e-]+) %/.exec(adapter.note ?? '')?.[1])).toBeLessThan(1e-3);
    await expectUpdates(adapter, name);
  });

  it('goes by the names of the base that has its modules', async () => {
    const adapter = await read('locon');
    expect([...adapter.state.modules.keys()].every((name) => findLinear(description, name) !== null)).toBe(true);
    expect(adapter.note).toBeUndefined();
    await expectUpdates(adapter, 'locon');
  });

  it('goes by the same names where no base has its modules', async () => {
    const known = await read('locon');
    expect([...(await read('locon', false)).state.modules.keys()]).toEqual([...known.state.modules.keys()]);
  });

  it.each(['locon-e4m3', 'locon-e5m2'])('in float8 is decoded exactly (%s)', async (name) => {
    await expectUpdates(await read(name), name);
  });

  it('of (IA)³ stays one where no bias would be scaled', async () => {
    const adapter = await read('ia3');
    expect(adapter.state.variant.declaration.id).toBe('ia3');
    const expected = await readSafetensors(goldenPath('lycoris', 'ia3.expected.safetensors'));
    for (const [name, { tensors }] of adapter.state.modules) {
      const { shape, data } = await weights.read(name);
      const l = taken(tensors, 'l').data;
      const update = Float64Array.from(data, (value, at) => value * ((l[Math.floor(at / (shape[1] ?? 1))] ?? 0) - 1));
      expect(relativeDifference(update, taken(expected, name).data), name).toBeLessThan(1e-5);
    }
  });

  it.each(['loha-tucker', 'full-convolution'])(
    'of convolutions becomes the equal LoRA of convolutions (%s)',
    async (name) => {
      const adapter = await read(name, false);
      await expectUpdates(adapter, name);
      const convolution = adapter.description.linears.find(({ name: own }) => own.endsWith('conv1'));
      expect(convolution?.kernel).toEqual([8, 3, 3]);
    },
  );

  it('keeps the biases that were trained beside the weights', async () => {
    const adapter = await read('full-convolution', false);
    const expected = await readSafetensors(goldenPath('lycoris', 'full-convolution.expected.safetensors'));
    const biases = [...expected].filter(([key]) => key.endsWith(':bias'));
    expect(biases.length).toBeGreaterThan(0);
    for (const [key, { data }] of biases) {
      const { tensors } = adapter.state.modules.get(key.slice(0, -':bias'.length)) ?? { tensors: new Map() };
      expect(relativeDifference(taken(tensors, 'bias').data, data), key).toBeLessThan(1e-6);
    }
  });

  it('whose change is a function of the weight is refused by its kind where the base is not in the studio', async () => {
    await expect(read('boft', false)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(
        /is of the kind BOFT, which changes a weight by a function of the weight, and no base in the studio has its modules\.$/,
      ),
      hint: expect.stringContaining('Add its base model to the studio first'),
    });
  });

  it('with trained normalizations is refused by that name, not as incomplete', async () => {
    await expect(read('norms')).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(
        /[wb]_norm: the scales of normalizations \(train_norm\), which no adapter of the studio changes\.$/,
      ),
      hint: expect.stringContaining('The file is complete'),
    });
  });
});

it('reads Flux LoRAs of XLabs under the names of Black Forest Labs', async () => {
  const adapter = await read('xlabs', false);
  await expectUpdates(adapter, 'xlabs');
  const keys = await readFile(goldenPath('lycoris', 'xlabs.safetensors'), 'latin1');
  expect(keys).toContain('double_blocks.0.processor.qkv_lora1.down.weight');
});

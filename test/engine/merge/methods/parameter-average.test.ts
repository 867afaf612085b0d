import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter, writeAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import type { AdapterState } from '../../../../src-main/engine/adapters/variant/state.ts';
import { adapterVariants } from '../../../../src-main/engine/adapters/variants/index.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import type { MergeWeight } from '../../../../src-main/engine/merge/merge-method.ts';
import { mergeMethod } from '../../../../src-main/engine/merge/methods/index.ts';
import { mergeFolders } from '../../../../src-main/engine/merge/run/merge-folders.ts';
import { mergeStates } from '../../../../src-main/engine/merge/run/merge-states.ts';
import type { BaseModel } from '../../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import type { HostTensor } from '../../../../src-main/engine/tensors/host-tensor.ts';
import { adapterSettingsSchema } from '../../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { goldenPath } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';

const modelDirectory = goldenPath('vit-28', 'base');
let base: BaseModel;
let scratch: string;
beforeAll(async () => {
  await activateCompute(testCompute);
  base = await loadBaseModel(modelDirectory);
  scratch = await mkdtemp(path.join(tmpdir(), 'coto-average-'));
});
afterAll(async () => {
  base.dispose();
  await rm(scratch, { recursive: true, force: true });
});

/** An adapter of the variant with every trained tensor drawn by the seed. */
async function adapter(variant: string, seed: number, parameters: object = {}): Promise<AdapterState> {
  const model = new AdaptedModel(base);
  const random = RandomStream.seeded(seed, 'initialization');
  try {
    await model.createAdapter(
      adapterSettingsSchema.parse({
        variant,
        target_modules: ['q_proj', 'v_proj'],
        modules_to_save: [],
        ...parameters,
      }),
      { random, labels: null },
    );
    const state = await model.exportState();
    const modules = new Map(
      [...state.modules].map(([name, { tensors, rank, scaling }]) => {
        const module = base.description.linears.find((linear) => linear.name === name);
        const trained = new Set(
          (module ? state.variant.parts(module, { rank, parameters: state.parameters }) : []).flatMap((part) =>
            part.trainable ? part.name : [],
          ),
        );
        const drawn = [...tensors].map(([part, tensor]) => {
          const data = trained.has(part) ? Float32Array.from(tensor.data, () => 0.1 * random.normal()) : tensor.data;
          return [part, { ...tensor, data }] as const;
        });
        return [name, { rank, scaling, tensors: new Map(drawn) }] as const;
      }),
    );
    return { ...state, modules };
  } finally {
    model.dispose();
  }
}

function merge(method: string, states: AdapterState[], weights: MergeWeight[], parameters = {}) {
  const request = { weights, parameters, base: { description: base.description, directory: modelDirectory } };
  return mergeStates({ ...request, method: mergeMethod(method) }, states);
}

function product(state: AdapterState, name: string): Float64Array {
  const { tensors, scaling = 1 } = state.modules.get(name) ?? {};
  const [a, b] = [tensors?.get('a'), tensors?.get('b')];
  if (!a || !b) throw new Error('no factors');
  const [rank = 0, inputs = 0] = a.shape;
  return Float64Array.from({ length: (b.shape[0] ?? 0) * inputs }, (_, at) => {
    const [row, column] = [Math.floor(at / inputs), at % inputs];
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += (b.data[row * rank + k] ?? 0) * (a.data[k * inputs + column] ?? 0);
    return scaling * sum;
  });
}

const name = 'vit.layers.1.attention.v_proj';

test('equals the factor average for LoRA, to the bit, also by layer', async () => {
  const states = [await adapter('lora', 1, { r: 4 }), await adapter('lora', 2, { r: 4 })];
  for (const weights of [
    [1, 1],
    [0.3, 0.9],
    [[1, 0.25], 0.5],
  ]) {
    const [one, other] = [
      await merge('parameter-average', states, weights),
      await merge('factor-average', states, weights),
    ];
    expect([...one.modules]).toEqual([...other.modules]);
  }
});

test("DoRA's magnitudes are averaged beside its factors, worked by hand, and the folder is DoRA", async () => {
  const [first, second] = [await adapter('dora', 1, { r: 2 }), await adapter('dora', 2, { r: 2 })];
  const merged = await merge('parameter-average', [first, second], [3, 1]);
  expect(merged.variant.declaration.id).toBe('dora');
  for (const part of ['a', 'b', 'magnitude']) {
    const [one, two, mean] = [first, second, merged].map((state) => state.modules.get(name)?.tensors.get(part));
    expect(mean?.data.length).toBeGreaterThan(0);
    for (const [at, value] of (mean?.data ?? []).entries())
      expect(value).toBeCloseTo(0.75 * (one?.data[at] ?? Number.NaN) + 0.25 * (two?.data[at] ?? Number.NaN), 6);
  }
  const folders: string[] = [];
  for (const [at, state] of [first, second].entries()) {
    folders.push(path.join(scratch, `dora-${at}`));
    await writeAdapter(folders[at] ?? '', state, { description: base.description, baseModelName: 'vit' });
  }
  const output = path.join(scratch, 'dora-merged');
  const request = { weights: [3, 1], parameters: {}, base: { description: base.description, directory: null } };
  await mergeFolders({ ...request, method: mergeMethod('parameter-average') }, folders, output);
  const read = await readAdapter(output, base.description);
  expect(read.variant.declaration.id).toBe('dora');
  expect([...(read.modules.get(name)?.tensors ?? [])]).toEqual([...(merged.modules.get(name)?.tensors ?? [])]);
});

test('HiRA: parameters are averaged, and ΔW = W ∘ B·A by its products, exactly', async () => {
  const [first, second] = [await adapter('hira', 1, { r: 2 }), await adapter('hira', 2, { r: 3 })];
  const averaged = await merge('weight-average', [first, second], [1, 3]);
  expect(averaged.variant.declaration.id).toBe('hira');
  expect(averaged.parameters['r']).toBe(5);
  const [one, two, mean] = [first, second, averaged].map((state) => product(state, name));
  for (const [at, value] of (mean ?? []).entries())
    expect(value).toBeCloseTo(0.25 * (one?.[at] ?? Number.NaN) + 0.75 * (two?.[at] ?? Number.NaN), 7);
  const output = path.join(scratch, 'hira-merged');
  await writeAdapter(output, averaged, { description: base.description, baseModelName: 'vit' });
  expect((await readAdapter(output, base.description)).modules.get(name)?.rank).toBe(5);
  await expect(merge('parameter-average', [first, second], [1, 1])).rejects.toThrow(
    /has rank 2 on .*, adapter 2 has 3/,
  );
  const alike = await adapter('hira', 3, { r: 2 });
  const parameters = await merge('parameter-average', [first, alike], [1, 1]);
  expect(parameters.modules.get(name)?.tensors.get('a')?.data[5]).toBeCloseTo(
    ((first.modules.get(name)?.tensors.get('a')?.data[5] ?? 0) +
      (alike.modules.get(name)?.tensors.get('a')?.data[5] ?? 0)) /
      2,
    7,
  );
  await expect(merge('factor-average', [first, alike], [1, 1])).rejects.toThrow(/HiRA adapter, whose change/);
  await expect(merge('weight-average', [await adapter('dora', 1), await adapter('dora', 2)], [1, 1])).rejects.toThrow(
    /its magnitudes also scale the rows/,
  );
});

test('rejects inputs without an average: other variants, other projections, other scalings', async () => {
  const lora = await adapter('lora', 1, { r: 2 });
  await expect(merge('parameter-average', [lora, await adapter('hira', 1, { r: 2 })], [1, 1])).rejects.toThrow(
    'adapter 1 is LoRA, adapter 2 is HiRA: tensors of different variants have no average.',
  );
  const strong = await adapter('lora', 2, { r: 2, lora_alpha: 32 });
  await expect(merge('parameter-average', [lora, strong], [1, 1])).rejects.toThrow(/different scalings/);
  const [vera, other] = [
    await adapter('vera', 1, { r: 4 }),
    await adapter('vera', 2, { r: 4, projection_prng_key: 7 }),
  ];
  await expect(merge('parameter-average', [vera, other], [1, 1])).rejects.toThrow(/is not trained and differs/);
});

/** Settings that fit 32 × 32 weights. */
const small: Readonly<Record<string, object>> = {
  shira: { r: 4 },
  c3a: { block_size: 8 },
  miss: { r: 8 },
  bat: { r: 8 },
};

describe.each(adapterVariants.map(({ declaration }) => declaration.id))('%s', (variant) => {
  test('averages with itself to itself, and lies between two others where they have an average', async () => {
    const state = await adapter(variant, 1, small[variant]);
    const itself = await merge('parameter-average', [state, state], [1, 1]);
    const tensors = ({ modules }: AdapterState) =>
      [...modules].map(([, own]) => [...own.tensors].map(([, { data }]) => data));
    expect(tensors(itself)).toEqual(tensors(state));
    const second = await adapter(variant, 2, small[variant]);
    const between = await merge('parameter-average', [state, second], [1, 1]).catch((error: unknown) => {
      expect(String(error)).toMatch(/is not trained and differs|has rank/);
      return null;
    });
    if (between === null) return;
    const of = ({ modules }: AdapterState): HostTensor | undefined =>
      [...(modules.values().next().value?.tensors.values() ?? [])][0];
    const [one, two, mean] = [of(state), of(second), of(between)].map((tensor) => tensor?.data[0] ?? Number.NaN);
    expect(mean).toBeCloseTo(((one ?? 0) + (two ?? 0)) / 2, 6);
  });
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readAdapter, writeAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { RankAllocator } from '../../../src-main/engine/adapters/ranks/rank-allocator.ts';
import type { AdapterState, ModuleState } from '../../../src-main/engine/adapters/variant/state.ts';
import type { TrainedModule } from '../../../src-main/engine/adapters/variant/variant-training.ts';
import { checkTraining } from '../../../src-main/engine/adapters/variant/variant-training.ts';
import { adapterVariant } from '../../../src-main/engine/adapters/variants/index.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { describeModel } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import { toHost } from '../../../src-main/engine/ops/to-host.ts';
import type { HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { adapterConfigSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import type { LinearModule } from '../../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { goldenPath } from '../golden.ts';
import { testCompute } from '../test-compute.ts';

const adalora = adapterVariant('adalora');
const parametersOf = (values: ParameterValues) => checkedParameters(adalora.declaration, values);
const planOf = (totalSteps: number) => ({
  totalSteps,
  optim: 'adamw' as const,
  learningRate: 1,
  weightDecay: 0,
  unit: null,
});

beforeAll(() => activateCompute(testCompute));
afterEach(() => tf.disposeVariables());

/** A module of rank 2 on 2 × 2 with A = B = I and these singular values. */
function moduleOf(name: string, e: [number, number]): TrainedModule {
  const variable = (values: number[][]) => tf.variable(tf.tensor2d(values));
  const identity = [
    [1, 0],
    [0, 1],
  ];
  const [first, second] = e;
  const tensors = new Map([
    ['a', variable(identity)],
    ['b', variable(identity)],
    ['e', variable([[first], [second]])],
  ]);
  const module: LinearModule = {
    name,
    aliases: [],
    kind: 'linear',
    layer: 0,
    inFeatures: 2,
    outFeatures: 2,
    hasBias: false,
    isHead: false,
    isMissing: false,
    fanInFanOut: false,
    checkpointKey: name,
  };
  return {
    module,
    rank: 2,
    scaling: 1,
    parameters: {},
    tensors,
    trainedNames: new Map([...tensors.keys()].map((part) => [part, `${name}.${part}`])),
  };
}
/** The adapter of these modules on the host. */
async function stateOf(modules: readonly TrainedModule[]): Promise<AdapterState> {
  const onHost = new Map<string, ModuleState>();
  for (const { module, rank, scaling, tensors } of modules) {
    const copied = new Map<string, HostTensor>();
    for (const [part, tensor] of tensors) copied.set(part, await toHost(tensor));
    onHost.set(module.name, { rank, scaling, tensors: copied });
  }
  const nothing = { shared: new Map(), saved: new Map(), biases: new Map(), coto: null, labels: null };
  const config = adapterConfigSchema.parse({ peft_type: 'ADALORA' });
  return { variant: adalora, parameters: parametersOf({}), config, modules: onHost, ...nothing };
}

const valuesOf = ({ tensors }: TrainedModule, part = 'e') => [...(tensors.get(part)?.dataSync() ?? [])];

describe('the allocator of AdaLoRA', () => {
  const parameters = parametersOf({ init_r: 2, target_r: 1, tinit: 0, tfinal: 1, orth_reg_weight: 0.5 });
  /** Gradients of 1 of the singular values alone: the importance of a triplet is that of its singular value. */
  const update = (step: number, modules: readonly TrainedModule[]) => ({
    step,
    gradients: new Map(modules.map(({ module }) => [`${module.name}.e`, tf.ones([2, 1])])),
    gradientScale: 1,
  });

  it('takes the least important triplets of all modules together, and lets them come back until the ranks are fixed', async () => {
    const modules = [moduleOf('one', [3, 4]), moduleOf('two', [1, 2])];
    const allocator = new RankAllocator(planOf(4), parameters, () => modules);
    await allocator.afterStep(update(0, modules));
    expect(modules.map((module) => valuesOf(module))).toEqual([
      [3, 4],
      [1, 2],
    ]);
    // Budget (4 − 2) · (2 / 3)³ + 2 = 2.6: two of four are left.
    await allocator.afterStep(update(1, modules));
    expect(modules.map((module) => valuesOf(module))).toEqual([
      [3, 4],
      [0, 0],
    ]);
    modules[1]?.tensors.get('e')?.assign(tf.tensor2d([[50], [60]]));
    await allocator.afterStep(update(2, modules));
    expect(modules.map((module) => valuesOf(module))).toEqual([
      [0, 0],
      [50, 60],
    ]);
    // From the third step on the pattern stays, whatever the values become.
    await allocator.afterStep(update(3, modules));
    modules[0]?.tensors.get('e')?.assign(tf.tensor2d([[500], [600]]));
    const { config, modules: left } = allocator.exported(await stateOf(modules));
    expect(config['rank_pattern']).toEqual({ 'one.lora_E': [false, false], 'two.lora_E': [true, true] });
    expect([...left.values()].map(({ rank }) => rank)).toEqual([0, 2]);
    expect(left.get('one')?.tensors.get('b')?.shape).toEqual([2, 0]);
    allocator.dispose();
  });

  it('leaves the importance of a module that is off as it was', async () => {
    const modules = [moduleOf('one', [3, 4]), moduleOf('two', [1, 2])];
    const allocator = new RankAllocator(planOf(10), parameters, () => modules);
    await allocator.afterStep(update(0, modules));
    const before = (await allocator.state()).get('two.e.exp_avg_ipt');
    await allocator.afterStep(update(0, modules.slice(0, 1)));
    expect((await allocator.state()).get('two.e.exp_avg_ipt')).toEqual(before);
    allocator.dispose();
  });

  it('penalizes the distance from orthogonality, of modules that are on, by the share of all', () => {
    const modules = [moduleOf('one', [1, 1]), moduleOf('two', [1, 1])];
    modules[0]?.tensors.get('a')?.assign(
      tf.tensor2d([
        [2, 0],
        [0, 1],
      ]),
    );
    const allocator = new RankAllocator(planOf(10), parameters, () => modules);
    // ‖A·Aᵀ − I‖ = 3; four factors in all.
    expect(allocator.penalty(modules).dataSync()[0]).toBeCloseTo((0.5 * 3) / 4, 6);
    expect(allocator.penalty(modules.slice(1)).dataSync()[0]).toBe(0);
    expect(allocator.penalty([]).dataSync()[0]).toBe(0);
  });
});

it.each([
  { values: { init_r: 4, target_r: 6 }, words: 'adapter.target_r is 6, but AdaLoRA only takes ranks away' },
  { values: { tinit: 50, tfinal: 50 }, words: 'leave none of the 100 steps' },
  { values: { tinit: 0.5, tfinal: 0.5 }, words: 'leave none of the 100 steps' },
])('refuses $values for a run of 100 steps', ({ values, words }) => {
  expect(() => checkTraining(adalora, planOf(100), parametersOf(values))).toThrow(words);
});

it('names total_step where a folder lacks it, as PEFT refuses it', () => {
  expect(() => adalora.files.fromConfig(adapterConfigSchema.parse({ peft_type: 'ADALORA' }))).toThrow('total_step');
});

it('writes the folder of a trained adapter, some modules without a rank left, as PEFT wrote it', async () => {
  const description = await describeModel(goldenPath('llama', 'base'));
  const golden = goldenPath('llama', 'train', 'adalora', 'end');
  const state = await readAdapter(golden, description);
  expect([...state.modules.values()].map(({ rank }) => rank)).toEqual([4, 3, 0, 3, 0, 2]);
  const folder = mkdtempSync(join(tmpdir(), 'coto-adalora-'));
  try {
    await writeAdapter(folder, state, { description, baseModelName: 'golden/llama' });
    const readJson = (directory: string) => JSON.parse(readFileSync(join(directory, 'adapter_config.json'), 'utf8'));
    expect(readJson(folder)).toMatchObject({ ...readJson(golden), target_modules: expect.anything() });
    const tensors = await readSafetensors(join(golden, 'adapter_model.safetensors'));
    expect(await readSafetensors(join(folder, 'adapter_model.safetensors'))).toEqual(tensors);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

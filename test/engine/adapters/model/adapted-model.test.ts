import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { differentiated } from '../../../../src-main/bench/conformance/differentiated.ts';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import type { AdapterState } from '../../../../src-main/engine/adapters/variant/state.ts';
import { withShared } from '../../../../src-main/engine/adapters/variant/variant.ts';
import { adapterVariants } from '../../../../src-main/engine/adapters/variants/index.ts';
import { scaleAdapter } from '../../../../src-main/engine/adapters/weights/scale-adapter.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import type { BaseModel } from '../../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import { softmaxCrossEntropy } from '../../../../src-main/engine/ops/index.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { adapterConfigSchema, adapterSettingsSchema } from '../../../../src-shared/domain/adapters/adapter.ts';
import { checkedParameters } from '../../../../src-shared/domain/parameters/parameter-check.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { floats, goldenPath, relativeDifference } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';
import { smallParameters } from '../small-parameters.ts';

const cases: [string, string, string][] = [
  ...[
    'lora',
    'lora-all-linear',
    'lora-exclude',
    'lora-layers',
    'lora-one-layer',
    'lora-patterns',
    'rslora',
    'rslora-patterns',
  ].map((name): [string, string, string] => ['vit', 'adapters', name]),
  ['vit', 'adapters-transformers4', 'lora'],
  ['vit', 'adapters-transformers4', 'lora-patterns'],
  ['vit-28', 'adapters', 'lora'],
  ['vit-28', 'adapters-transformers4', 'lora'],
];
const bases = new Map<string, { base: BaseModel; model: AdaptedModel; inputs: { pixel_values: tf.Tensor } }>();

beforeAll(async () => {
  await activateCompute(testCompute);
  for (const family of ['vit', 'vit-28']) {
    const base = await loadBaseModel(goldenPath(family, 'base'));
    const pixels = (await readSafetensors(goldenPath(family, 'inputs.safetensors'))).get('pixel_values');
    if (!pixels) throw new Error('no inputs');
    const inputs = { pixel_values: tf.tensor(floats(pixels), [...pixels.shape]) };
    bases.set(family, { base, model: new AdaptedModel(base), inputs });
  }
});
afterEach(() => {
  for (const { model } of bases.values()) {
    model.setTraining(false);
    model.clear();
  }
});
afterAll(() => {
  for (const { base, inputs } of bases.values()) {
    base.dispose();
    inputs.pixel_values.dispose();
  }
});

describe.each(cases)('%s/%s/%s', (family, dialect, name) => {
  it("gives PEFT's logits, also with the adapter merged into the base, and the base's own bits after", async () => {
    const { model } = at(family);
    const expected = await logitsFile(goldenPath(family, 'adapters', name, 'expected.safetensors'));
    const plain = run(family);
    expect(relativeDifference(plain, await logitsFile(goldenPath(family, 'base-outputs.safetensors')))).toBeLessThan(
      1e-4,
    );
    model.loadState(await readAdapter(goldenPath(family, dialect, name), model.base.description));
    expect(relativeDifference(run(family), expected)).toBeLessThan(1e-4);
    expect(relativeDifference(plain, expected)).toBeGreaterThan(1e-2);
    await model.mergeIntoBase();
    expect(relativeDifference(run(family), expected)).toBeLessThan(1e-4);
    model.unmerge();
    expect(relativeDifference(run(family), expected)).toBeLessThan(1e-4);
    model.clear();
    expect(run(family)).toEqual(plain);
  });
});

/** Every variant must keep these promises. */
describe.each(adapterVariants.map((variant) => [variant.declaration.id, variant] as const))(
  'variant %s',
  (id, variant) => {
    const parameters = smallParameters(variant.declaration);
    const targets = { target_modules: ['q_proj', 'fc1', 'fc2'], parameters };

    it('starts as the base, differently for another seed, alike for the same', async () => {
      const { model } = at('vit');
      const plain = run('vit');
      await create({ variant: id, ...targets }, null);
      expect(relativeDifference(run('vit'), plain)).toBeLessThan(2e-6);
      const first = await model.exportState();
      await create({ variant: id, ...targets }, null);
      expect(await model.exportState()).toEqual(first);
      await create({ variant: id, ...targets }, null, 8);
      const { modules } = await model.exportState();
      const tensors = [...first.modules.values()].flatMap((module) => [...module.tensors.values()]);
      const isDrawn = tensors.some(
        ({ data }) => data instanceof Float32Array && data.some((value) => value !== data[0]),
      );
      if (isDrawn) expect(modules).not.toEqual(first.modules);
      else expect(modules).toEqual(first.modules);
    });

    it('goes out and comes in with the same bits and logits', async () => {
      const { model } = at('vit');
      model.loadState(await trainedState({ variant: id, ...targets }));
      const logits = run('vit');
      const state = await model.exportState();
      model.clear();
      model.loadState(state);
      expect(await model.exportState()).toEqual(state);
      expect(run('vit')).toEqual(logits);
    });

    it('merges once, comes out exactly, and scales with its weight', async () => {
      const { model } = at('vit');
      const state = await trainedState({ variant: id, ...targets });
      model.loadState(state);
      const logits = run('vit');
      await model.mergeIntoBase();
      const merged = run('vit');
      expect(relativeDifference(merged, logits)).toBeLessThan(1e-5);
      await model.mergeIntoBase();
      expect(run('vit')).toEqual(merged);
      model.unmerge();
      expect(run('vit')).toEqual(logits);
      model.loadState(scaleAdapter(state, 0));
      const { saved } = state;
      const withoutFactors = run('vit');
      model.loadState({ ...state, modules: new Map(), saved });
      expect(relativeDifference(withoutFactors, run('vit'))).toBeLessThan(1e-6);
    });

    it('runs the plain base where all of its groups are off, and gives it no gradient', async () => {
      const { model } = at('vit');
      const state = await trainedState({ variant: id, ...targets });
      model.loadState({ ...state, modules: new Map() });
      const plain = run('vit');
      model.loadState(state);
      const groups = model.groups('layer');
      expect(run('vit')).not.toEqual(plain);
      model.setActive(groups, Uint8Array.of(0, 0, 0));
      expect(run('vit')).toEqual(plain);
      expect(model.lowestActiveLayer()).toBe(3);
      model.setActive(groups, null);
      const switched = groups.flatMap(({ variableNames }) => variableNames);
      expect([...switched, 'classifier.weight', 'classifier.bias']).toEqual([...model.trainable().keys()]);
    });

    it('gives gradients that agree with finite differences', async () => {
      const { model, inputs } = at('vit');
      model.loadState(await trainedState({ variant: id, ...targets }));
      const labels = tf.tensor1d([0, 1, 2, 3], 'int32');
      const loss = () => softmaxCrossEntropy(model.head(model.statesFrom(below)), labels);
      const start = await model.exportState();
      const below = model.forwardBelow(inputs);
      const { value, gradients } = differentiated(loss, [...model.trainable().values()]);
      const tried = [...model.trainable()].filter(([name]) =>
        /^(vit\.layers\.1\.mlp|vit\.layers\.0\.attention|classifier)\./.test(name),
      );
      expect(tried.length).toBeGreaterThanOrEqual(5);
      for (const [name, variable] of tried) {
        const gradient = gradients[[...model.trainable().keys()].indexOf(name)];
        if (!gradient) throw new Error(`${name} has no gradient`);
        const values = Float32Array.from(gradient.dataSync());
        const step = 1e-2 / Math.hypot(...values);
        // Along the gradient itself: the slope is its squared norm.
        const held = () => {
          holdNorms(model, start, name);
          return loss();
        };
        const slope = (moved(variable, values, step, held) - moved(variable, values, -step, held)) / (2 * step);
        const squared = values.reduce((sum, entry) => sum + entry * entry, 0);
        expect(Math.abs(slope / squared - 1), name).toBeLessThan(2e-2);
      }
      tf.dispose([labels, below.hidden, value, gradients]);
    });

    const dropouts = variant.declaration.parameters.filter(({ name }) => name.endsWith('dropout'));
    it('names a dropout of its input that it declares, where it has one', () => {
      expect([null, ...dropouts.map(({ name }) => name)]).toContain(variant.inputDropout);
    });

    it.runIf(dropouts.length > 0).each(dropouts)(
      '$name is off in evaluation, and in training comes from its stream alone',
      async ({ name }) => {
        const { model } = at('vit');
        const settings = { ...targets, parameters: { ...parameters, [name]: 0.5 } };
        model.loadState(await trainedState({ variant: id, ...settings }));
        const clean = run('vit');
        const stream = RandomStream.seeded(3, 'dropout');
        model.setTraining(true, stream);
        const state = stream.state();
        const first = run('vit');
        const second = run('vit');
        expect(first).not.toEqual(clean);
        expect(second).not.toEqual(first);
        model.setTraining(true, RandomStream.restored(state));
        expect(run('vit')).toEqual(first);
        expect(run('vit')).toEqual(second);
        model.setTraining(false);
        expect(run('vit')).toEqual(clean);
      },
    );

    const { lowRank } = variant.product;
    it.runIf(lowRank)('is the product that lowRank gives, of the size that it says', async () => {
      const { base } = at('vit');
      const state = await trainedState({ variant: id, ...targets });
      for (const [name, own] of state.modules) {
        const module = base.description.linears.find((linear) => linear.name === name) ?? fail();
        const adapted = withShared(module, own, state);
        const { a, b, scaling } = lowRank?.(adapted) ?? fail();
        expect(a.shape[0]).toBe(variant.product.size?.(own) ?? own.rank);
        const [merged, sum] = tf.tidy(() => {
          const { weight } = base.frozenWeight(module);
          const tensors = new Map(
            [...adapted.tensors].map(([part, { shape, data }]) => [part, tf.tensor(data, [...shape], 'float32')]),
          );
          const product = tf.matMul(tf.tensor(b.data, [...b.shape]), tf.tensor(a.data, [...a.shape]));
          return [
            variant.mergedWeight(weight, { ...adapted, tensors }, false).dataSync(),
            tf.add(weight, tf.mul(product, scaling)).dataSync(),
          ];
        });
        expect(relativeDifference(merged, sum)).toBeLessThan(1e-6);
      }
    });

    it("says a module's strength in PEFT's config and reads it back", () => {
      const settings = checkedParameters(variant.declaration, targets.parameters);
      const usual = variant.strength(settings, ['q_proj']);
      const hasAlpha = 'alpha' in parameters || 'lora_alpha' in parameters;
      const other = { ...usual, scaling: hasAlpha ? 0.7 : usual.scaling };
      const config = variant.files.toConfig(
        settings,
        new Map([['layers.0.q_proj', other]]),
        adapterConfigSchema.parse({}),
      );
      const back = variant.files.fromConfig(adapterConfigSchema.parse(config));
      const { rank, scaling } = variant.strength(back, ['layers.0.q_proj']);
      expect(rank).toBe(other.rank);
      expect(scaling).toBeCloseTo(other.scaling, 10);
    });
  },
);

describe('switching groups', () => {
  const settings = { target_modules: ['q_proj', 'v_proj'] };

  it('groups by layer or by module, from the input up', async () => {
    const { model } = at('vit');
    await create(settings, null);
    expect(model.groups('layer').map((group) => group.layer)).toEqual([0, 1, 2]);
    expect(model.groups('module').map((group) => group.name)).toEqual(
      [0, 1, 2].flatMap((layer) => ['q_proj', 'v_proj'].map((part) => `vit.layers.${layer}.attention.${part}`)),
    );
    expect(model.groups('layer').flatMap((group) => group.variableNames)).toEqual(
      [...model.trainable().keys()].filter((name) => !name.startsWith('classifier')),
    );
  });

  it('runs the plain base where a group is off, and gives no gradient to it', async () => {
    const { model, inputs } = at('vit');
    const state = await trainedState(settings);
    model.loadState(state);
    const groups = model.groups('layer');
    model.setActive(groups, Uint8Array.of(0, 1, 0));
    expect(model.lowestActiveLayer()).toBe(1);
    const below = model.forwardBelow(inputs);
    const labels = tf.tensor1d([0, 1, 2, 3], 'int32');
    const names = [...model.trainable()].filter(
      ([name]) => name.includes('layers.1.') || name.startsWith('classifier'),
    );
    const { value, gradients } = differentiated(
      () => softmaxCrossEntropy(model.head(model.statesFrom(below)), labels),
      names.map(([, variable]) => variable),
    );
    expect(gradients).toHaveLength(6);
    const logits = run('vit');
    const onlyMiddle = new Map([...state.modules].filter(([name]) => name.includes('layers.1.')));
    model.loadState({ ...state, modules: onlyMiddle });
    expect(run('vit')).toEqual(logits);
    tf.dispose([below.hidden, labels, value, gradients]);
  });

  it('knows how far down the tape must reach', async () => {
    const { model, inputs } = at('vit');
    expect(model.lowestActiveLayer()).toBe(3);
    model.loadState(await trainedState(settings));
    const whole = run('vit');
    for (const lowest of [0, 1, 2, 3]) {
      const mask = Uint8Array.from([0, 1, 2], (layer) => (layer >= lowest ? 1 : 0));
      model.setActive(model.groups('layer'), mask);
      expect(model.lowestActiveLayer()).toBe(lowest);
      const below = model.forwardBelow(inputs);
      const logits = tf.tidy(() => model.head(model.statesFrom(below)));
      expect(logits.dataSync()).toEqual(run('vit'));
      tf.dispose([below.hidden, logits]);
    }
    model.setActive(model.groups('layer'), null);
    expect(run('vit')).toEqual(whole);
  });
});

describe('the head', () => {
  it("starts with the base's values for the base's labels, and anew for others", async () => {
    const { base, model } = at('vit');
    const head = base.description.linears.find((module) => module.isHead);
    if (!head) throw new Error('no head');
    await create({ target_modules: ['q_proj'] }, base.description.labels);
    expect((await model.exportState()).saved.get('classifier.weight')?.data).toEqual(
      base.frozen(head).weight.dataSync(),
    );
    await create(
      { target_modules: ['q_proj'] },
      Array.from({ length: 400 }, (_, label) => `class ${label}`),
    );
    const { saved, labels } = await model.exportState();
    const weight = saved.get('classifier.weight');
    expect(weight?.shape).toEqual([400, 32]);
    const deviation = Math.sqrt(floats(weight ?? fail()).reduce((sum, value) => sum + value * value, 0) / (400 * 32));
    expect(deviation).toBeCloseTo(0.02, 3);
    expect(saved.get('classifier.bias')?.data.every((value) => value === 0)).toBe(true);
    expect(labels).toHaveLength(400);
    expect(run('vit')).toHaveLength(4 * 400);
  });

  it('must be trained where the labels are new', async () => {
    await expect(create({ target_modules: ['q_proj'], modules_to_save: [] }, ['one', 'two'])).rejects.toThrow(
      'modules_to_save leaves out the head',
    );
    await expect(create({ target_modules: ['q_proj'], modules_to_save: ['score'] }, null)).rejects.toThrow(
      'no linear "score"',
    );
  });
});

it('loads a hundred states, forward, merged and out again, without a tensor more', async () => {
  const { model } = at('vit');
  const one = await readAdapter(goldenPath('vit', 'adapters', 'lora'), model.base.description);
  const other = await trainedState({ target_modules: ['k_proj'], r: 2 });
  model.loadState(one);
  run('vit');
  const [variable] = model.trainable().values();
  const before = tf.memory().numTensors;
  for (let round = 0; round < 100; round++) {
    model.loadState(scaleAdapter(one, round / 100));
    run('vit');
  }
  expect([...model.trainable().values()][0]).toBe(variable);
  for (let round = 0; round < 5; round++) {
    model.loadState(other);
    await model.mergeIntoBase();
    run('vit');
    model.loadState(one);
  }
  expect(tf.memory().numTensors).toBe(before);
  model.clear();
  expect(tf.memory().numTensors).toBe(before - one.modules.size * 2 - one.saved.size);
});

it('refuses an adapter for another base and keeps the one it has', async () => {
  const { model } = at('vit');
  const state = await trainedState({ target_modules: ['q_proj'] });
  model.loadState(state);
  const other = new Map([...state.modules].map(([name, factors]) => [name.replace('layers.0', 'layers.7'), factors]));
  expect(() => model.loadState({ ...state, modules: other })).toThrow('no linear layer vit.layers.7.attention.q_proj');
  expect(await model.exportState()).toEqual(state);
});

function at(family: string) {
  return bases.get(family) ?? fail();
}

function fail(): never {
  throw new Error('missing');
}

function run(family: string): Float32Array {
  const { model, inputs } = at(family);
  const logits = model.forward(inputs);
  const values = Float32Array.from(logits.dataSync());
  logits.dispose();
  return values;
}

async function create(settings: Record<string, unknown>, labels: readonly string[] | null, seed = 7): Promise<void> {
  const random = RandomStream.seeded(seed, 'initialization');
  await at('vit').model.createAdapter(adapterSettingsSchema.parse(settings), { random, labels });
}

/** A fresh adapter with what starts as one constant (LoRA's B at zero) moved off it. */
async function trainedState(settings: Record<string, unknown>): Promise<AdapterState> {
  const { model } = at('vit');
  await create(settings, null);
  const state = await model.exportState();
  const random = RandomStream.seeded(5, 'study');
  for (const { data } of [...state.modules.values()].flatMap(({ tensors }) => [...tensors.values()]))
    if (data.every((value) => value === data[0]))
      for (const index of data.keys()) data[index] = (data[index] ?? 0) + random.normal() * 0.2;
  model.clear();
  return state;
}

/**
 * DoRA's gradient holds the norms fixed. So must a finite difference: the magnitudes of the moved module are changed as its norms
 * were, so that their quotient stays.
 */
function holdNorms(model: AdaptedModel, start: AdapterState, variableName: string): void {
  const name = variableName.replace(/\.lora_.*$/, '');
  const factors = start.modules.get(name);
  const [a, b, trained] = ['a', 'b', 'magnitude'].map((part) => factors?.tensors.get(part));
  const magnitude = model.trainable().get(`${name}.lora_magnitude_vector`);
  const module = model.base.description.linears.find((one) => one.name === name);
  if (!factors || !a || !b || !trained || !magnitude || !module || variableName.endsWith('vector')) return;
  const weight = model.base.frozenWeight(module).weight.dataSync();
  const now = (part: string) => model.trainable().get(`${name}.lora_${part}.weight`)?.dataSync() ?? fail();
  const [before, after] = [
    norms(weight, a.data, b.data, { rank: a.shape[0] ?? 0, scaling: factors.scaling }),
    norms(weight, now('A'), now('B'), { rank: a.shape[0] ?? 0, scaling: factors.scaling }),
  ];
  const held = Array.from(trained.data, (value, at) => (value * (after[at] ?? 0)) / (before[at] ?? 0));
  tf.tidy(() => magnitude.assign(tf.tensor(held, magnitude.shape)));
}

/** ‖W + s·B·A‖ by row. */
function norms(
  weight: ArrayLike<number>,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { rank, scaling }: { rank: number; scaling: number },
): number[] {
  const [rows, columns] = [b.length / rank, a.length / rank];
  return Array.from({ length: rows }, (_, row) => {
    const changed = Array.from({ length: columns }, (_, column) => {
      let sum = 0;
      for (let inner = 0; inner < rank; inner++)
        sum += (b[row * rank + inner] ?? 0) * (a[inner * columns + column] ?? 0);
      return (weight[row * columns + column] ?? 0) + scaling * sum;
    });
    return Math.hypot(...changed);
  });
}

/** The loss with `variable` moved by step · direction. */
function moved(variable: tf.Variable, direction: ArrayLike<number>, step: number, loss: () => tf.Scalar): number {
  const before = variable.clone();
  const values = Float32Array.from(before.dataSync(), (value, index) => value + step * (direction[index] ?? 0));
  const shifted = tf.tensor(values, before.shape);
  variable.assign(shifted);
  const result = loss();
  const value = result.dataSync()[0] ?? Number.NaN;
  variable.assign(before);
  tf.dispose([before, shifted, result]);
  return value;
}

async function logitsFile(file: string): Promise<Float32Array> {
  return floats((await readSafetensors(file)).get('logits') ?? fail());
}

import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { maskGroups, modulesOn } from '../../../src-main/engine/evaluation/masks/mask-groups.ts';
import { MaskedModel } from '../../../src-main/engine/evaluation/masks/masked-model.ts';
import { KeyValueCache } from '../../../src-main/engine/models/key-value-cache.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import type { MaskUnit } from '../../../src-shared/domain/evaluation/mask-table.ts';
import { chosenMasks } from '../../../src-shared/statistics/mask-choice.ts';
import { goldenPath, tensorsOf } from '../golden.ts';
import { testCompute } from '../test-compute.ts';

beforeAll(() => activateCompute(testCompute));

async function opened(family: string) {
  const base = await loadBaseModel(goldenPath(family, 'base'));
  const state = await readAdapter(goldenPath(family, 'adapters', 'lora'), base.description);
  const inputs = tensorsOf(await readSafetensors(goldenPath(family, 'inputs.safetensors')));
  return { base, state, inputs };
}

/** The plain model with the modules of the layers that are not in `on` switched off. */
function showPlainly(model: AdaptedModel, on: ReadonlySet<string>): void {
  const groups = model.groups('module');
  model.setActive(
    groups,
    Uint8Array.from(groups, ({ name }) => (on.has(name) ? 1 : 0)),
  );
}

describe.each(['vit-28', 'bert', 'deberta-v2', 'clip', 'gpt2', 'llama'])('%s', (family) => {
  it('gives every mask the outputs of switching its adapters off, bit for bit, at one evaluation a node', async () => {
    const { base, state, inputs } = await opened(family);
    const plain = new AdaptedModel(base);
    plain.loadState(state);
    const groups = maskGroups(state, base.description, 'layer');
    const sets = chosenMasks({ kind: 'all' }, groups.length).map((mask) =>
      modulesOn(state.modules.keys(), groups, mask),
    );
    const model = new MaskedModel(base, state);
    const tensors = tf.memory().numTensors;
    for (const place of model.inTreeOrder(sets)) {
      const on = sets[place] ?? new Set();
      model.show(on);
      showPlainly(plain, on);
      const [shared, whole] = [model.forward(inputs), plain.forward(inputs)];
      expect(await shared.data()).toEqual(await whole.data());
      tf.dispose([shared, whole]);
    }
    expect(groups).toHaveLength(base.layerCount);
    expect(model.layerEvaluations).toBe(2 ** (base.layerCount + 1) - 2);
    model.endBatch();
    expect(tf.memory().numTensors).toBe(tensors);
    tf.dispose(inputs);
    for (const one of [model, plain, base]) one.dispose();
  });
});

it.each<MaskUnit>(['module', 'module-type'])('shares layers between groups by %s', async (unit) => {
  const { base, state, inputs } = await opened('bert');
  const plain = new AdaptedModel(base);
  plain.loadState(state);
  const groups = maskGroups(state, base.description, unit);
  const sets = chosenMasks({ kind: 'all' }, groups.length).map((mask) => modulesOn(state.modules.keys(), groups, mask));
  const model = new MaskedModel(base, state);
  for (const place of model.inTreeOrder(sets)) {
    const on = sets[place] ?? new Set();
    model.show(on);
    showPlainly(plain, on);
    const [shared, whole] = [model.forward(inputs), plain.forward(inputs)];
    expect(await shared.data()).toEqual(await whole.data());
    tf.dispose([shared, whole]);
  }
  // A layer is run once for each combination of what is on up to it.
  const perLayer = Array.from({ length: base.layerCount }, (_, layer) => {
    const upTo = sets.map((on) =>
      [...on].filter((name) => (base.description.linears.find((one) => one.name === name)?.layer ?? 99) <= layer),
    );
    return new Set(upTo.map((names) => names.join())).size;
  });
  expect(model.layerEvaluations).toBe(perLayer.reduce((sum, count) => sum + count, 0));
  tf.dispose(inputs);
  for (const one of [model, plain, base]) one.dispose();
});

it('shares the keys and values of a cache as it shares states', async () => {
  const { base, state, inputs } = await opened('llama');
  const plain = new AdaptedModel(base);
  plain.loadState(state);
  const groups = maskGroups(state, base.description, 'layer');
  const sets = chosenMasks({ kind: 'all' }, groups.length).map((mask) => modulesOn(state.modules.keys(), groups, mask));
  const model = new MaskedModel(base, state);
  const prompt = { input_ids: tf.tensor2d([[5, 6, 7]], [1, 3], 'int32') };
  const answer = { input_ids: tf.tensor2d([[8, 9]], [1, 2], 'int32') };
  const tensors = tf.memory().numTensors;
  const answered = async (one: AdaptedModel) => {
    const cache = new KeyValueCache();
    const logits = [one.nextLogits(prompt, cache), one.nextLogits(answer, cache)];
    const values = await Promise.all(logits.map((tensor) => tensor.data()));
    tf.dispose(logits);
    cache.dispose();
    return values;
  };
  for (const place of model.inTreeOrder(sets)) {
    const on = sets[place] ?? new Set();
    model.show(on);
    showPlainly(plain, on);
    expect(await answered(model)).toEqual(await answered(plain));
  }
  // Two passes for each mask.
  expect(model.layerEvaluations).toBe(2 * (2 ** (base.layerCount + 1) - 2));
  model.endBatch();
  expect(tf.memory().numTensors).toBe(tensors);
  tf.dispose([inputs, prompt, answer].flatMap((named) => Object.values(named)));
  for (const one of [model, plain, base]) one.dispose();
});

it('shares nothing where the states would be too large, with the same outputs', async () => {
  const { base, state, inputs } = await opened('vit-28');
  const [bounded, free] = [new MaskedModel(base, state, 1000), new MaskedModel(base, state)];
  for (let repeat = 0; repeat < 2; repeat++) {
    const outputs = [bounded, free].map((model) => {
      model.show(new Set());
      return model.forward(inputs);
    });
    const [one, other] = await Promise.all(outputs.map((tensor) => tensor.data()));
    expect(one).toEqual(other);
    tf.dispose(outputs);
  }
  expect(bounded.keptBytes()).toBe(0);
  expect(bounded.layerEvaluations).toBe(2 * base.layerCount);
  expect(free.layerEvaluations).toBe(base.layerCount);
  tf.dispose(inputs);
  for (const one of [bounded, free, base]) one.dispose();
});

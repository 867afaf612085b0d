import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  CalibrationData,
  CalibrationNeed,
} from '../../../src-main/engine/adapters/initializations/initialization.ts';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { lora } from '../../../src-main/engine/adapters/variants/lora.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import type { LabelLoss, MicroBatch } from '../../../src-main/engine/losses/batch-loss.ts';
import type { BaseModel } from '../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { toHost } from '../../../src-main/engine/ops/to-host.ts';
import type { HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';
import { RunCalibration } from '../../../src-main/engine/training/calibration.ts';
import { adapterConfigSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { tokenBatch } from '../batches.ts';
import { goldenPath, relativeDifference } from '../golden.ts';
import { testCompute } from '../test-compute.ts';

let base: BaseModel;
beforeAll(async () => {
  await activateCompute(testCompute);
  base = await loadBaseModel(goldenPath('llama', 'base'));
});
afterAll(() => base.dispose());

const texts = [
  [5, 9, 3, 11, 7, 2],
  [8, 1, 4],
  [6, 6, 10, 12],
];

/** Texts as a batch, padded on the right; the next token is asked of each. */
function batchOf(indices: ArrayLike<number>): MicroBatch<LabelLoss> {
  const chosen = Array.from(indices, (index) => texts[index] ?? []);
  const length = Math.max(...chosen.map((text) => text.length));
  const shape = [chosen.length, length];
  const padded = (fill: number, value: (text: number[], at: number) => number) =>
    Int32Array.from(
      chosen.flatMap((text) => Array.from({ length }, (_, at) => (at < text.length ? value(text, at) : fill))),
    );
  return tokenBatch(
    {
      input_ids: { shape, data: padded(0, (text, at) => text[at] ?? 0) },
      attention_mask: { shape, data: padded(0, () => 1) },
    },
    padded(-100, (text, at) => text[at + 1] ?? -100),
  );
}

const targets = () => base.description.linears.filter(({ name }) => /(q_proj|down_proj)$/.test(name));

async function measure(
  need: CalibrationNeed,
  { batchSize = 3, budget = 2 ** 30, signal }: { batchSize?: number; budget?: number; signal?: 'cancel' } = {},
): Promise<Map<string, CalibrationData>> {
  const loadBatch = async (indices: Int32Array) => batchOf(indices);
  const source = { examples: Int32Array.of(0, 1, 2), batchSize, seed: 1, loadBatch };
  const context = { emit: () => undefined, signal: async () => signal ?? null };
  const measured = new Map<string, CalibrationData>();
  const run = new RunCalibration(base, source, context, budget).measure(need, targets(), 3, new Map());
  for await (const { module, data } of run) measured.set(module.name, data);
  return measured;
}

const moments: CalibrationNeed = { of: 'inputs', dividedByMaximum: false };
const gradients: CalibrationNeed = { of: 'gradients' };

describe('moments of the inputs', () => {
  it('leave padding out: rows alone give what they give in a batch', async () => {
    const [together, alone] = [await measure(moments), await measure(moments, { batchSize: 1 })];
    expect(together.size).toBe(6);
    for (const [name, { moments: own }] of together) {
      const other = alone.get(name)?.moments;
      expect(own?.rows).toBe(13);
      expect(other?.rows).toBe(13);
      expect([own?.batches, other?.batches]).toEqual([1, 3]);
      expect(relativeDifference(own?.gram.data ?? [], other?.gram.data ?? [])).toBeLessThan(1e-5);
      expect(relativeDifference(own?.sum ?? [], other?.sum ?? [])).toBeLessThan(1e-4);
    }
  });

  it('are of inputs whose greatest entry is one, where they are divided by it', async () => {
    const divided = await measure({ of: 'inputs', dividedByMaximum: true }, { batchSize: 1 });
    for (const { moments: own } of divided.values()) {
      const size = own?.gram.shape[0] ?? 0;
      const largest = Math.max(...Array.from({ length: size }, (_, at) => own?.gram.data[at * size + at] ?? 0));
      expect(largest).toBeGreaterThanOrEqual(1);
    }
  });
});

describe('gradients', () => {
  it('are those of the mean loss over all labels, however the examples are batched and the modules grouped', async () => {
    const [whole, parts] = [await measure(gradients), await measure(gradients, { batchSize: 1, budget: 1 })];
    expect(whole.size).toBe(6);
    for (const [name, { gradient }] of whole)
      expect(relativeDifference(parts.get(name)?.gradient?.data ?? [], gradient?.data ?? []), name).toBeLessThan(1e-4);
  });

  it('are what a difference of losses says', async () => {
    const [module] = targets();
    if (!module) throw new Error('no target');
    const gradient = (await measure(gradients)).get(module.name)?.gradient;
    if (!gradient) throw new Error('no gradient');
    const weight = await toHost(base.frozen(module).weight);
    const sizes = Array.from(gradient.data, Math.abs);
    const at = sizes.indexOf(Math.max(...sizes));
    const step = 0.02;
    const difference =
      (lossWith(module.name, weight, at, step) - lossWith(module.name, weight, at, -step)) / (2 * step);
    expect(difference / (gradient.data[at] ?? 0)).toBeCloseTo(1, 1);
  });

  function lossWith(name: string, { shape, data }: HostTensor, at: number, step: number): number {
    const changed = Float32Array.from(data);
    changed[at] = (changed[at] ?? 0) + step;
    const model = new AdaptedModel(base);
    model.loadState({
      variant: lora,
      parameters: {},
      config: adapterConfigSchema.parse({}),
      coto: null,
      modules: new Map(),
      shared: new Map(),
      saved: new Map([[`${name}.weight`, { shape, data: changed }]]),
      biases: new Map(),
      labels: null,
    });
    const { inputs, loss: batchLoss } = batchOf([0, 1, 2]);
    const loss = tf.tidy(() => {
      const given = Object.fromEntries(
        Object.entries(inputs).map(([key, input]) => [key, tf.tensor(input.data, [...input.shape], 'int32')]),
      );
      return model.loss(model.states(given), tf.tensor1d(batchLoss.labels, 'int32')).dataSync()[0] ?? Number.NaN;
    });
    model.dispose();
    return loss;
  }
});

it('can be cancelled', async () => {
  for (const need of [moments, gradients])
    await expect(measure(need, { signal: 'cancel' })).rejects.toMatchObject({ code: 'cancelled' });
});

it('leaves nothing on the device', async () => {
  const before = tf.memory().numTensors;
  await measure(moments);
  await measure(gradients, { batchSize: 2 });
  expect(tf.memory().numTensors).toBe(before);
});

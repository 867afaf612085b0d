import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import type { DeviceModule } from '../../../../src-main/engine/adapters/variant/variant.ts';
import { dropLora } from '../../../../src-main/engine/adapters/variants/drop-lora.ts';
import { lora } from '../../../../src-main/engine/adapters/variants/lora.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import type { BaseModel } from '../../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import { valueAndGradients } from '../../../../src-main/engine/ops/autograd/backward.ts';
import { dropoutMask } from '../../../../src-main/engine/ops/linear/dropout-mask.ts';
import { FrozenWeight } from '../../../../src-main/engine/ops/linear/frozen-weight.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { type LinearModule, plainLinear } from '../../../../src-shared/domain/models/model.ts';
import { goldenPath, relativeDifference } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';
import { savedCheckpoint } from '../../training/saved-checkpoint.ts';
import { config, rows, trainVit } from '../../training/vit-run.ts';

let base: BaseModel;
let folder: string;
beforeAll(async () => {
  await activateCompute(testCompute);
  base = await loadBaseModel(goldenPath('vit', 'base'));
  folder = mkdtempSync(join(tmpdir(), 'coto-drop-lora-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const module: LinearModule = {
  ...plainLinear,
  name: 'm',
  aliases: [],
  checkpointKey: 'm',
  layer: 0,
  inFeatures: 2,
  outFeatures: 1,
  hasBias: false,
  isHead: false,
};

/** Two inputs, rank 2, one output: A is the identity, B (3, 5), W (1, 1). */
function worked(logits?: readonly number[]): DeviceModule {
  const parts: (readonly [string, tf.Variable])[] = [
    ['a', tf.variable(tf.tensor2d([1, 0, 0, 1], [2, 2]))],
    ['b', tf.variable(tf.tensor2d([3, 5], [1, 2]))],
    ...(logits ? [['logits', tf.variable(tf.tensor1d([...logits]))] as const] : []),
  ];
  return { module, rank: 2, scaling: 2, parameters: {}, tensors: new Map(parts) };
}
const frozen = () => new FrozenWeight({ shape: [1, 2], data: Float32Array.of(1, 1) }, null);

describe('one linear, worked by hand', () => {
  it('multiplies the entries between A and B of each row by its own mask', () => {
    const x = tf.tensor2d([1, 2, 1, 2], [2, 2]);
    // W·x = 3; the update is 2·(3·m₁·1 + 5·m₂·2).
    const rankMask = tf.tensor2d([2, 0, 0, 2], [2, 2]);
    const adapted = worked();
    expect([...dropLora.forward(x, frozen(), adapted, { rankMask, isTraining: true }).dataSync()]).toEqual([15, 43]);
    expect([...dropLora.forward(x, frozen(), adapted, {}).dataSync()]).toEqual([29, 29]);
  });

  it('leaves out the ranks that a learned mask has off, and rescales the others in training only', () => {
    const x = tf.tensor2d([1, 2], [1, 2]);
    const adapted = worked([0.5, -0.5]);
    // Rank 1 of two is on: 2·3·1, twice that in training.
    expect([...dropLora.forward(x, frozen(), adapted, {}).dataSync()]).toEqual([9]);
    const [trained] = dropLora.forward(x, frozen(), adapted, { isTraining: true }).dataSync();
    expect(trained).toBeCloseTo(15, 5);
    const merged = dropLora.mergedWeight(tf.tensor2d([1, 1], [1, 2]), adapted, false);
    expect([...merged.dataSync()]).toEqual([7, 1]);
  });

  it('gives the logits the gradient of their sigmoids', () => {
    const x = tf.tensor2d([1, 2], [1, 2]);
    const adapted = worked([0.5, -0.5]);
    const logits = adapted.tensors.get('logits');
    if (logits === undefined) throw new Error('no logits');
    const run = () => dropLora.forward(x, frozen(), adapted, { isTraining: true });
    const { gradients } = valueAndGradients(run, [logits]);
    // dy/dm is 2·(3, 10) times the scale of 2; the slope of the sigmoid is σ(1 − σ).
    const share = 1 / (1 + Math.exp(-0.5));
    const slope = share * (1 - share);
    expect(relativeDifference(gradients[0]?.dataSync() ?? [], [12 * slope, 40 * slope])).toBeLessThan(1e-5);
  });

  it('draws about the given share of entries, each by itself, and keeps the mean', () => {
    const seeds = tf.tensor1d(Int32Array.of(12345), 'int32');
    const mask = dropoutMask([400, 8], 0.3, { seeds, place: 0 }).arraySync();
    const zero = mask.map((row) => row.filter((value) => value === 0).length);
    expect(new Set(zero).size).toBeGreaterThan(3);
    const share = zero.reduce((sum, count) => sum + count, 0) / 3200;
    expect(Math.abs(share - 0.3)).toBeLessThan(0.03);
    expect(mask.flat().filter((value) => value !== 0)[0]).toBeCloseTo(1 / 0.7, 6);
  });
});

const adapter = (parameters: object) => ({
  variant: 'drop-lora',
  r: 4,
  lora_alpha: 8,
  target_modules: ['q_proj', 'v_proj'],
  ...parameters,
});

describe.each([
  ['dropout between A and B', { inner_dropout: 0.5 }],
  ['a learned mask', { dynamic_pruning: true }],
])('a run with %s', (name, parameters) => {
  it('resumes bit for bit, also under CoTo, and differs from LoRA', async () => {
    const chosen = config({ max_steps: 6, eval_steps: 0, adapter: adapter(parameters), weight_decay: 0 });
    const full = await trainVit(base, folder, chosen, { name: `${name} whole` });
    const cut = `${name} cut`;
    const paused = await trainVit(base, folder, chosen, { name: cut, signal: 'pause', signalAt: 3 });
    const last = savedCheckpoint(join(folder, cut));
    const resumed = await trainVit(base, folder, chosen, { name: cut, resume: last });
    expect([...rows(paused.events, 'loss'), ...rows(resumed.events, 'loss')]).toEqual(rows(full.events, 'loss'));
    const file = (run: string) =>
      readSafetensors(join(savedCheckpoint(join(folder, run)), 'adapter_model.safetensors'));
    const [expected, actual] = [await file(`${name} whole`), await file(cut)];
    for (const [key, tensor] of expected) expect(actual.get(key)?.data, key).toEqual(tensor.data);
    const state = await readAdapter(savedCheckpoint(join(folder, cut)), base.description);
    expect(state.variant).toBe(lora);
    expect([...(state.modules.values().next().value?.tensors.keys() ?? [])]).toEqual(['a', 'b']);
    const plain = config({
      max_steps: 6,
      eval_steps: 0,
      weight_decay: 0,
      adapter: { ...adapter({}), variant: 'lora' },
    });
    const other = await trainVit(base, folder, plain, { name: `${name} lora` });
    expect(rows(other.events, 'loss')).not.toEqual(rows(full.events, 'loss'));
  });
});

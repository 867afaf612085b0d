import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { differentiated } from '../../../../src-main/bench/conformance/differentiated.ts';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import { keepLayers } from '../../../../src-main/engine/prune/prune-method.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { goldenPath, relativeDifference, tensorsOf } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';

const bias = 'model.layers.1.self_attn.v_proj.lora_B.bias';
let model: AdaptedModel;

beforeAll(async () => {
  await activateCompute(testCompute);
  model = new AdaptedModel(await loadBaseModel(goldenPath('llama', 'base')));
  model.loadState(await readAdapter(goldenPath('llama', 'adapters', 'lora-bias'), model.base.description));
});
afterAll(() => {
  model.dispose();
  model.base.dispose();
});

it('trains the bias of B: its gradient agrees with finite differences', async () => {
  const inputs = tensorsOf(await readSafetensors(goldenPath('llama', 'inputs.safetensors')));
  const variable = model.trainable().get(bias);
  if (!variable) throw new Error('no bias');
  const below = model.forwardBelow(inputs);
  const labels = tf.tensor1d(
    Array.from({ length: below.hidden.shape[0] }, (_, at) => at % 7),
    'int32',
  );
  const loss = () => model.loss(model.statesFrom(below), labels);
  const { value, gradients } = differentiated(loss, [variable]);
  const gradient = Float32Array.from(gradients[0]?.dataSync() ?? []);
  const start = Float32Array.from(variable.dataSync());
  const norm = Math.hypot(...gradient);
  const step = 1e-2 / norm;
  const lossAt = (factor: number) =>
    tf.tidy(() => {
      variable.assign(tf.tensor1d(start.map((entry, at) => entry + factor * (gradient[at] ?? 0))));
      return loss().dataSync()[0] ?? Number.NaN;
    });
  const slope = (lossAt(step) - lossAt(-step)) / (2 * step);
  expect(Math.abs(slope / norm ** 2 - 1)).toBeLessThan(2e-2);
  lossAt(0);
  tf.dispose([value, gradients, labels, inputs, below.hidden]);
});

it('switches it with its layer, and prunes it with its layer', async () => {
  const groups = model.groups('layer');
  expect(groups[1]?.variableNames).toContain(bias);
  const state = await model.exportState();
  const inputs = tensorsOf(await readSafetensors(goldenPath('llama', 'inputs.safetensors')));
  const outputs = () => tf.tidy(() => Float32Array.from(model.forward(inputs).dataSync()));
  model.setActive(groups, Uint8Array.of(1, 0, 1));
  const off = outputs();
  model.setActive(groups, null);
  expect(relativeDifference(off, outputs())).toBeGreaterThan(1e-3);
  const { state: pruned } = keepLayers(state, model.base.description, [0, 2]);
  model.loadState(pruned);
  expect(outputs()).toEqual(off);
  tf.dispose(inputs);
});

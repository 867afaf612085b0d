import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import type { BaseModel } from '../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import type { HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { goldenPath, relativeDifference, taken, tensorsOf } from '../golden.ts';
import { testCompute } from '../test-compute.ts';

let base: BaseModel;
let inputs: Record<string, tf.Tensor>;
let expected: ReadonlyMap<string, HostTensor>;
beforeAll(async () => {
  await activateCompute(testCompute);
  base = await loadBaseModel(goldenPath('clip-zero-shot', 'base'));
  inputs = tensorsOf(await readSafetensors(goldenPath('clip-zero-shot', 'inputs.safetensors')));
  expected = await readSafetensors(goldenPath('clip-zero-shot', 'expected.safetensors'));
});
afterAll(() => {
  base.dispose();
  tf.dispose(Object.values(inputs));
});

/** Counts the forward passes of one of the text tower's linears. */
class CountingModel extends AdaptedModel {
  ofTexts = 0;

  override linear(...given: Parameters<AdaptedModel['linear']>): tf.Tensor2D {
    if (given[0].name === 'text_model.encoder.layers.0.self_attn.q_proj') this.ofTexts++;
    return super.linear(...given);
  }
}

function logitsOf(model: AdaptedModel, given: Record<string, tf.Tensor>): Float32Array {
  return tf.tidy(() => Float32Array.from(model.forward(given).dataSync()));
}

test('the texts of a class are averaged at length 1, as in zero-shot classifiers', () => {
  const model = new AdaptedModel(base);
  expect(relativeDifference(logitsOf(model, inputs), taken(expected, 'logits').data)).toBeLessThan(1e-5);
  const ids = inputs['input_ids'];
  const pixels = inputs['pixel_values'];
  if (ids === undefined || pixels === undefined) throw new Error('no inputs');
  const first = tf.tidy(() => tf.keep(tf.slice(ids, [0, 0, 0], [-1, 1, -1])));
  const flat = tf.reshape(first, [4, -1]);
  for (const input_ids of [first, flat]) {
    const logits = logitsOf(model, { pixel_values: pixels, input_ids });
    expect(relativeDifference(logits, taken(expected, 'logits.first').data)).toBeLessThan(1e-5);
  }
  tf.dispose([first, flat]);
  model.dispose();
});

test('a text tower that nothing changes runs once for the same texts, and again where it is adapted', async () => {
  const model = new CountingModel(base);
  const before = logitsOf(model, inputs);
  model.ofTexts = 0;
  const tensors = tf.memory().numTensors;
  expect(logitsOf(model, inputs)).toEqual(before);
  expect(model.ofTexts).toBe(0);

  const vision = await readAdapter(goldenPath('clip-zero-shot', 'train', 'lora-vision', 'end'), base.description);
  model.loadState(vision);
  logitsOf(model, inputs);
  expect(model.ofTexts).toBe(0);

  const both = await readAdapter(goldenPath('clip-zero-shot', 'train', 'lora', 'end'), base.description);
  model.loadState(both);
  const adapted = logitsOf(model, inputs);
  expect(model.ofTexts).toBe(1);
  expect(relativeDifference(adapted, before)).toBeGreaterThan(0.01);

  // Switched off, they are the base's again.
  const groups = model.groups('layer');
  model.setActive(groups, new Uint8Array(groups.length));
  expect(logitsOf(model, inputs)).toEqual(before);
  expect(model.ofTexts).toBe(1);
  model.setActive(groups, Uint8Array.of(0, 1, 0, 0));
  expect(relativeDifference(logitsOf(model, inputs), before)).toBeGreaterThan(1e-3);
  expect(model.ofTexts).toBe(2);
  model.setActive(groups, null);

  await model.mergeIntoBase();
  expect(relativeDifference(logitsOf(model, inputs), adapted)).toBeLessThan(1e-4);
  expect(model.ofTexts).toBe(3);
  model.dispose();
  expect(tf.memory().numTensors).toBe(tensors);
});

test('biases that an adapter replaces are not those of the states that are kept', async () => {
  const model = new AdaptedModel(base);
  const before = logitsOf(model, inputs);
  const vision = await readAdapter(goldenPath('clip-zero-shot', 'train', 'lora-vision', 'end'), base.description);
  const shifted = 'text_model.encoder.layers.1.layer_norm1.bias';
  const size = base.description.biases?.find(({ name }) => name === shifted)?.size ?? 0;
  const biases = new Map([[shifted, { shape: [size], data: new Float32Array(size).fill(0.5) }]]);
  model.loadState({ ...vision, modules: new Map(), biases });
  expect(relativeDifference(logitsOf(model, inputs), before)).toBeGreaterThan(1e-3);
  model.clear();
  expect(logitsOf(model, inputs)).toEqual(before);
  model.dispose();
});

/** The golden's class texts, again and again: more than a text tower is given at once. */
function manyTexts(times: number): { inputs: Record<string, tf.Tensor>; texts: number } {
  const { input_ids: ids, pixel_values: pixels } = inputs;
  if (ids === undefined || pixels === undefined) throw new Error('no inputs');
  const [classes = 0, templates = 0] = ids.shape;
  return {
    inputs: { pixel_values: pixels, input_ids: tf.tile(ids, [times, 1, 1]) },
    texts: times * classes * templates,
  };
}

test('many texts run through a plain text tower in batches, to the logits that they have alone', async () => {
  const model = new CountingModel(base);
  const before = logitsOf(model, inputs);
  const classes = inputs['input_ids']?.shape[0] ?? 0;
  const { inputs: many, texts } = manyTexts(600);
  const tokens = many['input_ids']?.shape[2] ?? 0;
  const batches = Math.ceil(texts / Math.floor(8192 / tokens));
  expect(batches).toBeGreaterThan(2);
  model.ofTexts = 0;
  const logits = logitsOf(model, many);
  expect(model.ofTexts).toBe(batches);
  for (const [at, logit] of logits.entries()) {
    const [image, place] = [Math.floor(at / (600 * classes)), at % classes];
    expect(Math.abs(logit - (before[image * classes + place] ?? 0))).toBeLessThan(1e-3);
  }
  // Other texts again, but step by step.
  const { inputs: others } = manyTexts(500);
  const tensors = tf.memory().numTensors;
  model.ofTexts = 0;
  const told: [number, number][] = [];
  const cancel = base.prepare?.(others, model, async (...progress) => {
    told.push(progress);
    if (told.length === 2) throw new Error('cancelled');
  });
  await expect(cancel).rejects.toThrow('cancelled');
  expect([model.ofTexts, tf.memory().numTensors]).toEqual([2, tensors]);
  await base.prepare?.(others, model, async (...progress) => void told.push(progress));
  expect(told.at(-1)).toEqual([(texts * 500) / 600, (texts * 500) / 600]);
  const ran = model.ofTexts;
  logitsOf(model, others);
  await base.prepare?.(others, model, () => Promise.reject(new Error('run again')));
  expect([model.ofTexts, tf.memory().numTensors]).toEqual([ran, tensors]);
  // Adapted modules are not prepared.
  model.loadState(await readAdapter(goldenPath('clip-zero-shot', 'train', 'lora', 'end'), base.description));
  await base.prepare?.(inputs, model, () => Promise.reject(new Error('run again')));
  model.dispose();
  tf.dispose([many['input_ids'], others['input_ids']].flatMap((ids) => ids ?? []));
});

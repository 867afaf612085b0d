import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../../src-main/engine/adapters/adapted-model.ts';
import { readAdapter, writeAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import type { AdapterState } from '../../../src-main/engine/adapters/state.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { mergeMethod } from '../../../src-main/engine/merge/index.ts';
import type { BaseModel } from '../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { goldenPath, relativeDifference } from '../golden.ts';
import { testCompute } from '../test-compute.ts';
import { change } from './states.ts';

const callSchema = z.object({
  adapters: z.array(z.string()),
  weights: z.array(z.number()),
  combination_type: z.string(),
});

/** PEFT's merges and what ours are called. */
const cases = [
  ['equal', 'cat'],
  ['equal', 'linear'],
  ['equal', 'linear-negative'],
  ['mixed-ranks', 'cat'],
  ['mixed-targets', 'cat'],
  ['mixed-targets', 'linear'],
] as const;

let base: BaseModel;
let model: AdaptedModel;
let temporary: string;
beforeAll(async () => {
  await activateCompute(testCompute);
  base = await loadBaseModel(goldenPath('vit', 'base'));
  model = new AdaptedModel(base);
  temporary = await mkdtemp(path.join(tmpdir(), 'coto-merge-'));
});
afterAll(async () => {
  model.dispose();
  base.dispose();
  await rm(temporary, { recursive: true });
});

async function merged(tag: string, kind: string): Promise<AdapterState> {
  const folder = goldenPath('vit', 'merges', tag, 'merged', kind);
  const call = callSchema.parse(JSON.parse(await readFile(path.join(folder, 'merge.json'), 'utf8')));
  const states = [];
  for (const name of call.adapters)
    states.push(await readAdapter(goldenPath('vit', 'merges', tag, name), base.description));
  return call.combination_type === 'cat'
    ? mergeMethod('weight-average').merge(states, call.weights, { normalize: false })
    : mergeMethod('linear').merge(states, call.weights, {});
}

async function logits(state: AdapterState): Promise<Float32Array> {
  model.loadState(state);
  const inputs = await readSafetensors(goldenPath('vit', 'inputs.safetensors'));
  const pixels = inputs.get('pixel_values');
  if (!pixels) throw new Error('inputs.safetensors holds no pixel_values');
  const tensor = tf.tensor(new Float32Array(pixels.data), [...pixels.shape]);
  const output = model.forward({ pixel_values: tensor });
  const values = await output.data<'float32'>();
  tf.dispose([tensor, output]);
  return values;
}

describe.each(cases)('%s: %s', (tag, kind) => {
  test("scaling · B·A of every module is PEFT's", async () => {
    const ours = await merged(tag, kind);
    const theirs = await readAdapter(goldenPath('vit', 'merges', tag, 'merged', kind), base.description);
    expect([...ours.modules.keys()].sort()).toEqual([...theirs.modules.keys()].sort());
    for (const [name, factors] of theirs.modules) {
      const own = ours.modules.get(name);
      expect(own && relativeDifference(change(own), change(factors)), name).toBeLessThanOrEqual(1e-5);
    }
  });

  test("the model's outputs are PEFT's, also after writing the folder and reading it again", async () => {
    const ours = await merged(tag, kind);
    const expected = await readSafetensors(goldenPath('vit', 'merges', tag, 'merged', kind, 'expected.safetensors'));
    const theirs = expected.get('logits')?.data ?? [];
    expect(relativeDifference(await logits(ours), theirs)).toBeLessThanOrEqual(1e-4);
    const folder = path.join(temporary, `${tag}-${kind}`);
    await writeAdapter(folder, ours, { description: base.description, baseModelName: 'golden/vit' });
    expect(relativeDifference(await logits(await readAdapter(folder, base.description)), theirs)).toBeLessThanOrEqual(
      1e-4,
    );
  });
});

import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute } from '../../src-main/engine/compute/index.ts';
import type { ComputeChoice } from '../../src-main/engine/compute/selection.ts';
import { learningRateSchedules } from '../../src-main/engine/learning-rate/index.ts';
import { loadBaseModel } from '../../src-main/engine/models/load-model.ts';
import { AdamW } from '../../src-main/engine/optimizers/adamw.ts';
import { readSafetensors } from '../../src-main/engine/tensors/safetensors.ts';
import { loadTokenizer, type TextTokenizer } from '../../src-main/engine/tokenization/tokenizer.ts';
import { TrainingStep } from '../../src-main/engine/training/training-step.ts';
import { classBatch } from '../engine/batches.ts';
import { attendedValues, floats, relativeDifference, tensorsOf } from '../engine/golden.ts';
import { miniLmFolder, realGolden } from './models.ts';

const trajectorySchema = z.object({
  steps: z.number(),
  learning_rate: z.number(),
  weight_decay: z.number(),
  max_grad_norm: z.number(),
  max_length: z.number(),
  active_layers: z.array(z.array(z.number())).nullable().default(null),
  loss: z.array(z.number()),
  grad_norm_before_clipping: z.array(z.number()),
  batches: z.array(z.array(z.tuple([z.string(), z.number()]))),
});

it('all-MiniLM-L6-v2 tokenizes as transformers does', async () => {
  const texts = z.array(z.string()).parse(JSON.parse(readFileSync(realGolden('minilm', 'texts.json'), 'utf8')));
  const golden = await readSafetensors(realGolden('minilm', 'encode.safetensors'));
  const { input_ids, attention_mask } = batchOf(await loadTokenizer(miniLmFolder()), texts, 48);
  expect([...input_ids.data]).toEqual(Array.from(golden.get('input_ids')?.data ?? [], Number));
  expect([...attention_mask.data]).toEqual(Array.from(golden.get('attention_mask')?.data ?? [], Number));
});

const backends: ComputeChoice[] = ['native', 'wasm'];
describe.each(backends)('all-MiniLM-L6-v2 on %s', (backend) => {
  beforeAll(() => activateCompute(backend));

  it('gives the states and the embeddings of transformers', async () => {
    const golden = await readSafetensors(realGolden('minilm', 'encode.safetensors'));
    const base = await loadBaseModel(miniLmFolder());
    const outputs = new AdaptedModel(base).outputs(tensorsOf(inputsOf(golden)));
    for (const name of ['last_hidden_state', 'embeddings'] as const) {
      const expected = golden.get(name);
      if (!expected) throw new Error(`no ${name}`);
      const actual = outputs[name]?.dataSync() ?? [];
      const difference = relativeDifference(...attendedValues(actual, expected, golden.get('attention_mask')));
      expect(difference, `${name} is off by ${difference}`).toBeLessThan(1e-4);
    }
    tf.dispose(outputs);
    base.dispose();
  });

  it.each(['lora', 'lora-coto'])('trains 20 steps of classification (%s) as PyTorch and PEFT do', async (variant) => {
    const folder = realGolden('minilm', variant);
    const trajectory = trajectorySchema.parse(JSON.parse(readFileSync(`${folder}/trajectory.json`, 'utf8')));
    const tokenizer = await loadTokenizer(miniLmFolder());
    const base = await loadBaseModel(miniLmFolder());
    const model = new AdaptedModel(base);
    model.loadState(await readAdapter(`${folder}/start`, base.description));
    const optimizer = new AdamW(model.trainable(), {
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: trajectory.weight_decay,
    });
    const training = new TrainingStep(model, optimizer, trajectory.max_grad_norm);
    const groups = model.groups('layer');
    for (const [step, texts] of trajectory.batches.entries()) {
      const length = { warmupSteps: 2, totalSteps: trajectory.steps };
      const learningRate = trajectory.learning_rate * learningRateSchedules.linear.factor(step, length);
      const mask = trajectory.active_layers?.[step] ?? null;
      model.setActive(groups, mask ? Uint8Array.from(mask) : null);
      const frozen = new Set(groups.flatMap((group, index) => (mask?.[index] === 0 ? group.variableNames : [])));
      const inputs = batchOf(
        tokenizer,
        texts.map(([text]) => text),
        trajectory.max_length,
      );
      const batch = classBatch(
        inputs,
        Int32Array.from(texts, ([, label]) => label),
      );
      const report = await training.run([batch], learningRate, frozen);
      // Rounding grows with the steps: 1e-4 at the first, 1e-3 at the last.
      const tolerance = 1e-4 + (9e-4 * step) / (trajectory.steps - 1);
      expect(Math.abs(report.loss / (trajectory.loss[step] ?? Number.NaN) - 1), `loss ${step}`).toBeLessThan(tolerance);
    }
    model.setActive(groups, null);
    const golden = await readSafetensors(realGolden('minilm', 'encode.safetensors'));
    const expected = (await readSafetensors(`${folder}/end/expected.safetensors`)).get('logits');
    if (!expected) throw new Error('no logits');
    const logits = tf.tidy(() => model.forward(tensorsOf(inputsOf(golden))).dataSync());
    expect(relativeDifference(logits, floats(expected))).toBeLessThan(1e-2);
    optimizer.dispose();
    model.dispose();
    base.dispose();
  });
});

function inputsOf(golden: Awaited<ReturnType<typeof readSafetensors>>) {
  return new Map([...golden].filter(([name]) => ['input_ids', 'attention_mask', 'token_type_ids'].includes(name)));
}

function batchOf(tokenizer: TextTokenizer, texts: readonly string[], maxLength: number) {
  const padded = tokenizer.pad(tokenizer.encodeAll(texts, { maxLength }), 'right');
  const shape = [padded.batch, padded.tokens];
  return {
    input_ids: { shape, data: padded.inputIds },
    attention_mask: { shape, data: padded.attentionMask },
    token_type_ids: { shape, data: padded.tokenTypeIds },
  };
}

import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { activateCompute } from '../../src-main/engine/compute/index.ts';
import type { HostTensor } from '../../src-main/engine/formats/host-tensor.ts';
import { readAdapter } from '../../src-main/engine/formats/peft-adapter.ts';
import { readSafetensors } from '../../src-main/engine/formats/safetensors.ts';
import { AdaptedModel, frozenVariables } from '../../src-main/engine/lora/adapted-model.ts';
import type { BaseModel } from '../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../src-main/engine/models/load-model.ts';
import { loadTokenizer, type TextTokenizer } from '../../src-main/engine/text/tokenizer.ts';
import { learningRateSchedules } from '../../src-main/engine/training/learning-rate/index.ts';
import { AdamW } from '../../src-main/engine/training/optimizers/adamw.ts';
import { TrainingStep } from '../../src-main/engine/training/training-step.ts';
import { attendedValues, floats, relativeDifference, tensorsOf } from '../engine/golden.ts';
import { miniLmFolder, realGolden } from './models.ts';

const trajectorySchema = z.object({
  steps: z.number(),
  learning_rate: z.number(),
  weight_decay: z.number(),
  max_grad_norm: z.number(),
  max_length: z.number(),
  active_layers: z.array(z.array(z.number())).nullish(),
  loss: z.array(z.number()),
  grad_norm_before_clipping: z.array(z.number()),
  batches: z.array(z.array(z.tuple([z.string(), z.number()]))),
});

/** all-MiniLM-L6-v2 as it is published, a bare BERT, against transformers, PEFT and PyTorch. */
describe.each(['native', 'wasm'] as const)('all-MiniLM-L6-v2 on %s', (compute) => {
  let base: BaseModel;
  let tokenizer: TextTokenizer;
  let encoded: ReadonlyMap<string, HostTensor>;
  beforeAll(async () => {
    await activateCompute(compute);
    base = await loadBaseModel(miniLmFolder());
    tokenizer = await loadTokenizer(miniLmFolder());
    encoded = await readSafetensors(realGolden('minilm', 'encode.safetensors'));
  });
  afterAll(() => base.dispose());

  const inputsOf = (texts: readonly string[], maxLength: number) => {
    const { batch, tokens, inputIds, attentionMask, tokenTypeIds } = tokenizer.pad(
      tokenizer.encodeAll(texts, { maxLength }),
    );
    const shape = [batch, tokens];
    return {
      input_ids: { shape, data: inputIds },
      attention_mask: { shape, data: attentionMask },
      token_type_ids: { shape, data: tokenTypeIds },
    };
  };

  test('has the token ids, last states and embeddings of transformers', async () => {
    const texts = z.array(z.string()).parse(JSON.parse(readFileSync(realGolden('minilm', 'texts.json'), 'utf8')));
    const inputs = inputsOf(texts, 48);
    for (const [name, { shape, data }] of Object.entries(inputs)) {
      expect(shape).toEqual(encoded.get(name)?.shape);
      expect([...data]).toEqual(Array.from(encoded.get(name)?.data ?? [], Number));
    }
    const given = tensorsOf(new Map(Object.entries(inputs)));
    const outputs = new AdaptedModel(base).outputs(given);
    for (const name of ['last_hidden_state', 'embeddings']) {
      const expected = taken(encoded, name);
      const actual = outputs[name]?.dataSync() ?? [];
      expect(relativeDifference(...attendedValues(actual, expected, encoded.get('attention_mask')))).toBeLessThan(1e-5);
    }
    tf.dispose([given, outputs]);
  });

  test.each(['lora', 'lora-coto'])('trains the classifier of %s as PyTorch does', async (variant) => {
    const trajectory = trajectorySchema.parse(
      JSON.parse(readFileSync(realGolden('minilm', variant, 'trajectory.json'), 'utf8')),
    );
    const model = new AdaptedModel(base);
    model.loadState(await readAdapter(realGolden('minilm', variant, 'start'), base.description));
    const { weight_decay: weightDecay, max_grad_norm: clip, steps: totalSteps } = trajectory;
    const optimizer = new AdamW(model.trainable(), { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay });
    const training = new TrainingStep(model, optimizer, clip);
    const groups = model.groups('layer');
    for (const [step, examples] of trajectory.batches.entries()) {
      const active = trajectory.active_layers?.[step];
      const mask = active ? Uint8Array.from(active) : null;
      model.setActive(groups, mask);
      const micro = {
        inputs: inputsOf(
          examples.map(([text]) => text),
          trajectory.max_length,
        ),
        labels: Int32Array.from(examples, ([, label]) => label),
      };
      const rate = trajectory.learning_rate * learningRateSchedules.linear.factor(step, { warmupSteps: 2, totalSteps });
      const report = await training.run([micro], rate, frozenVariables(groups, mask));
      const tolerance = step === 0 ? 1e-4 : 1e-3;
      expect(Math.abs(report.loss / (trajectory.loss[step] ?? Number.NaN) - 1)).toBeLessThan(tolerance);
      const norm = trajectory.grad_norm_before_clipping[step] ?? Number.NaN;
      expect(Math.abs(report.gradientNorm / norm - 1)).toBeLessThan(tolerance);
    }
    model.setActive(groups, null);
    const given = tensorsOf(new Map([...encoded].filter(([name]) => /ids$|mask$/.test(name))));
    const logits = model.forward(given);
    const expected = await readSafetensors(realGolden('minilm', variant, 'end', 'expected.safetensors'));
    expect(relativeDifference(logits.dataSync(), floats(taken(expected, 'logits')))).toBeLessThan(1e-3);
    tf.dispose([given, logits]);
    optimizer.dispose();
    model.dispose();
  });
});

function taken(tensors: ReadonlyMap<string, HostTensor>, name: string): HostTensor {
  const found = tensors.get(name);
  if (found === undefined) throw new Error(`no tensor ${name}`);
  return found;
}

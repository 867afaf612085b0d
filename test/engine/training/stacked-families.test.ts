import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { HeadTask } from '../../../src-main/engine/adapters/fresh/fresh-adapter.ts';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { namesOff } from '../../../src-main/engine/adapters/passes/adapter-groups.ts';
import { StackedModel } from '../../../src-main/engine/adapters/stacked/stacked-model.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { loadAddon } from '../../../src-main/engine/compute/native/load-addon.ts';
import type { MicroBatch } from '../../../src-main/engine/losses/batch-loss.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { SharedPass } from '../../../src-main/engine/training/shared-pass.ts';
import { OwnPass, type StepGradients } from '../../../src-main/engine/training/step-gradients.ts';
import { adapterSettingsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { classBatch, tokenBatch } from '../batches.ts';
import { goldenPath, relativeDifference } from '../golden.ts';
import { testCompute } from '../test-compute.ts';

beforeAll(() => activateCompute(testCompute));

const settings = adapterSettingsSchema.parse({
  target_modules: 'all-linear',
  parameters: { r: 3, lora_alpha: 6, lora_dropout: 0.2 },
});
const plain = { ...settings, parameters: { ...settings.parameters, lora_dropout: 0 } };

type Labels = 'classes' | 'tags' | 'next tokens' | 'targets';

/** Texts of `width` tokens, with labels of classes, of words, of the next tokens, or of targets; the last row is partly padding. */
function texts(seed: number, width: number, of: Labels, classes: number): MicroBatch {
  const random = RandomStream.seeded(seed, 'data');
  const shape = [2, width];
  const data = Int32Array.from({ length: 2 * width }, () => 3 + random.integer(20));
  const mask = Int32Array.from({ length: 2 * width }, (_, place) => (place < 2 * width - 2 ? 1 : 0));
  const inputs = { input_ids: { shape, data }, attention_mask: { shape, data: mask } };
  if (of === 'tags') {
    const labels = data.map((id, place) => (place % 2 === 1 || mask[place] === 0 ? -100 : id % classes));
    return tokenBatch(inputs, labels);
  }
  if (of === 'classes')
    return classBatch(
      inputs,
      Int32Array.from([0, 1], () => random.integer(classes)),
    );
  if (of === 'targets') {
    const [rows, tokens] = [2, width - 2];
    const targets = Int32Array.from({ length: rows * tokens }, () => 3 + random.integer(20));
    const decoder_input_ids = { shape: [rows, tokens], data: targets.map((id, at) => (at % tokens === 0 ? 0 : id)) };
    return tokenBatch({ ...inputs, decoder_input_ids }, targets);
  }
  const labels = data.map((_, place) =>
    (place + 1) % width === 0 || mask[place + 1] === 0 ? -100 : (data[place + 1] ?? 0),
  );
  return tokenBatch(inputs, labels);
}

/** Three adapters on one base, the second with its lower layers off, the third with its upper ones. */
async function runsOn(family: string, dropout: boolean, headTask?: HeadTask, ownLabels?: readonly string[]) {
  const base = await loadBaseModel(goldenPath(family, 'base'));
  const labels = [...(ownLabels ?? base.description.labels)];
  const models = [0, 1, 2].map(() => new AdaptedModel(base));
  for (const [seed, model] of models.entries()) {
    const random = RandomStream.seeded(seed, 'initialization');
    await model.createAdapter(dropout ? settings : plain, { random, labels, headTask });
    // B starts at zero: the gradients of A would be as well.
    // A seed of 0 is none to tfjs.
    for (const variable of model.trainable().values())
      variable.assign(tf.randomNormal(variable.shape, 0, 0.1, 'float32', seed + 1));
  }
  const active = models.map((model, index) => {
    const groups = model.groups('layer');
    const mask =
      index === 0 ? null : Uint8Array.from(groups, ({ layer }) => Number((layer ?? 0) > 0 === (index === 1)));
    model.setActive(groups, mask);
    const frozen = namesOff(groups, mask, 'variableNames');
    return [...model.trainable()].filter(([name]) => !frozen.has(name));
  });
  const begin = () => {
    for (const [seed, model] of models.entries()) model.setTraining(true, RandomStream.seeded(seed, 'dropout'));
  };
  return { base, models, active, begin, classes: labels.length };
}

async function values({ loss, gradients }: StepGradients): Promise<Record<string, Float32Array>> {
  const read: Record<string, Float32Array> = { loss: Float32Array.of(loss) };
  for (const [name, gradient] of gradients) read[name] = Float32Array.from(await gradient.data());
  tf.dispose([...gradients.values()]);
  return read;
}

describe.each([
  { family: 'bert', of: 'classes' },
  { family: 'roberta', of: 'classes' },
  { family: 'roberta', of: 'tags', headTask: 'TOKEN_CLS' },
  { family: 'gpt2', of: 'next tokens' },
  { family: 'llama', of: 'next tokens' },
  { family: 'llama', of: 'classes', headTask: 'SEQ_CLS', labels: ['no', 'yes', 'maybe'] },
  { family: 'qwen3', of: 'next tokens' },
  { family: 't5', of: 'targets' },
] as const)('adapters stacked on $family, with labels of $of', ({ family, of, ...head }) => {
  const headTask = 'headTask' in head ? head.headTask : undefined;
  const labels = 'labels' in head ? head.labels : undefined;
  it.each([
    { widths: [6, 6, 6], seeds: [1, 1, 1], dropout: false, checkpointing: false },
    { widths: [6, 6, 6], seeds: [1, 2, 3], dropout: true, checkpointing: true },
    { widths: [5, 9, 7], seeds: [1, 2, 3], dropout: false, checkpointing: false },
  ])(
    'have each its own loss and gradients, with texts of $widths tokens',
    async ({ widths, seeds, dropout, checkpointing }) => {
      const { base, models, active, begin, classes } = await runsOn(family, dropout, headTask, labels);
      const batches = widths.map((width, run) => [
        texts(seeds[run] ?? 0, width, of, classes),
        texts(10 + (seeds[run] ?? 0), width, of, classes),
      ]);
      const requests = batches.map((own, run) => ({ batches: own, active: active[run] ?? [] }));
      begin();
      const alone = [];
      for (const [run, request] of requests.entries())
        alone.push(
          await values(
            await new OwnPass(models[run] ?? fail(), { gradientCheckpointing: checkpointing }).gradients(request),
          ),
        );
      const before = tf.memory().numTensors;
      const pass = new SharedPass(base, { gradientCheckpointing: checkpointing });
      const sources = models.map((model) => pass.place().sourceFor(model));
      begin();
      const together = await Promise.all(sources.map((source, run) => source.gradients(requests[run] ?? fail())));
      const read = await Promise.all(together.map(values));
      expect(tf.memory().numTensors).toBe(before);
      for (const [run, own] of read.entries()) {
        expect(Object.keys(own).sort()).toEqual(Object.keys(alone[run] ?? {}).sort());
        for (const [name, value] of Object.entries(own)) {
          const expected = alone[run]?.[name] ?? [];
          // Padding to the longest text leaves the sums, but not their order.
          if (new Set(widths).size === 1) expect(value, `${run} ${name}`).toEqual(expected);
          else expect(relativeDifference(value, expected), `${run} ${name}`).toBeLessThan(5e-5);
        }
      }
      for (const model of models) model.dispose();
      base.dispose();
    },
  );
});

it('goes on with fewer runs at a time where memory is short, with the same masks of dropout', async () => {
  const loaded = loadAddon();
  if (!('addon' in loaded)) return;
  await activateCompute('native');
  const { base, models, active, begin } = await runsOn('bert', true);
  const requests = models.map((_, run) => ({ batches: [texts(run, 60, 'classes', 3)], active: active[run] ?? [] }));
  begin();
  const alone = [];
  for (const [run, request] of requests.entries())
    alone.push(await values(await new OwnPass(models[run] ?? fail()).gradients(request)));
  const widths: number[] = [];
  const pass = new SharedPass(base, {}, (runs) => widths.push(runs));
  const sources = models.map((model) => pass.place().sourceFor(model));
  begin();
  const [, live = 0] = loaded.addon.statistics();
  loaded.addon.trim();
  loaded.addon.resetPeak();
  loaded.addon.setMemoryLimit(live + 1_200_000);
  const together = await Promise.all(sources.map((source, run) => source.gradients(requests[run] ?? fail()))).finally(
    () => loaded.addon.setMemoryLimit(0),
  );
  expect(widths.length).toBeGreaterThan(0);
  expect(await Promise.all(together.map(values))).toEqual(alone);
});

it.each(['deberta-v2', 'clip'])(
  '%s cannot be stacked: a linear of it has rows of no single example',
  async (family) => {
    const base = await loadBaseModel(goldenPath(family, 'base'));
    expect(StackedModel.obstacle(new AdaptedModel(base))).toContain('mixes the examples');
    base.dispose();
  },
);

function fail(): never {
  throw new Error('a run is missing');
}

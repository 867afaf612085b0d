import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter, writeAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { deviceInputs } from '../../../../src-main/engine/losses/batch-inputs.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import { languageBatch } from '../../../../src-main/engine/tasks/shared/pad-rows.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { adapterSettingsSchema } from '../../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { goldenPath } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';

const numbers = z.array(z.number());
const golden = z
  .object({ prompts: z.array(numbers), chosen: z.array(numbers), rejected: z.array(numbers), rewards: numbers })
  .parse(JSON.parse(readFileSync(goldenPath('reward', 'pairs.json'), 'utf8')));
const texts = [golden.chosen, golden.rejected].flatMap((answers) =>
  answers.map((answer, at) => [...(golden.prompts[at] ?? []), ...answer]),
);

let model: AdaptedModel;
let folder: string;
beforeAll(async () => {
  await activateCompute(testCompute);
  folder = mkdtempSync(join(tmpdir(), 'score-head-'));
  model = new AdaptedModel(await loadBaseModel(goldenPath('llama', 'base')));
});
afterAll(() => {
  model.dispose();
  model.base.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** Outputs of the head for texts that are padded on the right. */
async function rewards(): Promise<Float32Array> {
  const rows = texts.map((ids) => ({ ids: Int32Array.from(ids), marks: new Uint8Array(ids.length) }));
  const { inputs } = languageBatch(rows, 0);
  const outputs = model.forward(deviceInputs(inputs));
  expect(outputs.shape).toEqual([texts.length, 1]);
  return await outputs.data<'float32'>();
}

test('PEFT’s SEQ_CLS adapter of a language model gives the rewards of Transformers', async () => {
  model.loadState(await readAdapter(goldenPath('reward', 'adapter'), model.base.description));
  const own = await rewards();
  for (const [at, reward] of golden.rewards.entries()) expect(own[at]).toBeCloseTo(reward, 4);
});

test('the adapter is saved with the same tensors and the score head in modules_to_save', async () => {
  const state = await readAdapter(goldenPath('reward', 'adapter'), model.base.description);
  await writeAdapter(join(folder, 'saved'), state, {
    description: model.base.description,
    baseModelName: 'golden/llama/base',
  });
  const file = (at: string) => join(at, 'adapter_model.safetensors');
  const [before, after] = [
    await readSafetensors(file(goldenPath('reward', 'adapter'))),
    await readSafetensors(file(join(folder, 'saved'))),
  ];
  expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
  for (const [key, { data }] of before) expect(after.get(key)?.data, key).toEqual(data);
  const config = JSON.parse(readFileSync(join(folder, 'saved', 'adapter_config.json'), 'utf8'));
  expect(config).toMatchObject({ task_type: 'SEQ_CLS', modules_to_save: ['classifier', 'score'] });
});

test('a new adapter for the task has a head with one label and no bias', async () => {
  const random = RandomStream.seeded(1, 'initialization');
  await model.createAdapter(adapterSettingsSchema.parse({}), { random, labels: ['LABEL_0'], headTask: 'SEQ_CLS' });
  const { saved, config, labels } = await model.exportState();
  expect([...saved].map(([name, { shape }]) => [name, shape])).toEqual([['score.weight', [1, 24]]]);
  expect(config).toMatchObject({ task_type: 'SEQ_CLS', modules_to_save: ['score', 'classifier'] });
  expect(labels).toEqual(['LABEL_0']);
  expect((await rewards()).every(Number.isFinite)).toBe(true);
});

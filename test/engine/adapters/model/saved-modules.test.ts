import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter, writeAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { runExportMergedTask } from '../../../../src-main/engine/jobs/export-merged.ts';
import { mergeMethod } from '../../../../src-main/engine/merge/methods/index.ts';
import { mergeStates } from '../../../../src-main/engine/merge/run/merge-states.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { adapterSettingsSchema } from '../../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { goldenPath, relativeDifference, tensorsOf } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-saved-modules-'));
beforeAll(() => activateCompute(testCompute));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Inputs = ReturnType<typeof tensorsOf>;
const outputsOf = (model: AdaptedModel, inputs: Inputs) =>
  tf.tidy(() => Float32Array.from(model.forward(inputs).dataSync()));

/** One base of each family, with a module for the adapter beside the saved one. */
const families = ['llama', 'mistral', 'qwen2', 'qwen3', 'gpt2', 'bert', 'distilbert', 'roberta', 'deberta-v2', 'vit'];

test.each(families)('%s: an adapter with any module saved whole loads back, merges, and exports', async (family) => {
  const base = await loadBaseModel(goldenPath(family, 'base'));
  const inputs = tensorsOf(await readSafetensors(goldenPath(family, 'inputs.safetensors')));
  const { description } = base;
  const outputs = (model: AdaptedModel) => outputsOf(model, inputs);
  const ends = [...new Set(description.linears.map(({ name }) => name.split('.').at(-1) ?? ''))];
  for (const end of ends) {
    const directory = join(folder, `${family}-${end}`);
    const target = description.linears.find(({ name, kind }) => kind === 'linear' && !name.split('.').includes(end));
    const random = RandomStream.seeded(5, 'initialization');
    const model = new AdaptedModel(base);
    await model.createAdapter(
      adapterSettingsSchema.parse({ r: 2, target_modules: [target?.name], modules_to_save: [end] }),
      { random, labels: null },
    );
    for (const variable of model.trainable().values()) {
      const moved = variable.dataSync().map((value) => value + 0.05 * random.normal());
      tf.tidy(() => variable.assign(tf.tensor(Float32Array.from(moved), variable.shape)));
    }
    const trained = outputs(model);
    const state = await model.exportState();
    model.clear();
    await writeAdapter(directory, state, { description, baseModelName: family });
    const read = await readAdapter(directory, description);
    expect([end, read.saved.size > 0, read.saved, read.labels]).toEqual([end, true, state.saved, state.labels]);
    model.loadState(read);
    expect([end, relativeDifference(outputs(model), trained)]).toEqual([end, 0]);
    await model.mergeIntoBase();
    expect([end, relativeDifference(outputs(model), trained) < 1e-4]).toEqual([end, true]);
    model.unmerge();
    model.clear();
    const merged = await mergeStates(
      {
        method: mergeMethod('weight-average'),
        weights: [0.5, 0.5],
        parameters: {},
        base: { description, directory: '' },
      },
      [read, read],
    );
    expect([end, merged.saved, merged.labels]).toEqual([end, read.saved, read.labels]);
    model.dispose();
    await expectWholeModel(family, directory, trained, inputs);
  }
  tf.dispose(Object.values(inputs));
  base.dispose();
});

/** Writes the base with the adapter merged, and expects the adapter's outputs of it; a tied matrix cannot be merged. */
async function expectWholeModel(family: string, adapter: string, trained: Float32Array, inputs: Inputs): Promise<void> {
  const [modelDirectory, outputDirectory] = [goldenPath(family, 'base'), `${adapter}-whole`];
  const places = { modelDirectory, adapterDirectory: adapter, outputDirectory };
  const task = { kind: 'export-merged' as const, compute: testCompute, dtype: null, chatTemplate: null, ...places };
  const refusal: unknown = await runExportMergedTask(task, { emit: () => undefined, signal: async () => null }).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (refusal !== null) return expect(String(refusal)).toContain('(tied): merging would change both');
  const whole = new AdaptedModel(await loadBaseModel(outputDirectory));
  expect([adapter, relativeDifference(outputsOf(whole, inputs), trained) < 1e-4]).toEqual([adapter, true]);
  const configOf = (folder: string): unknown => JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  if (whole.base.description.kind === 'causal-lm')
    expect(Object(configOf(outputDirectory)).id2label).toEqual(Object(configOf(modelDirectory)).id2label);
  whole.base.dispose();
}

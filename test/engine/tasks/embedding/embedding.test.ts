import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter, writeAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { nameWithoutHead } from '../../../../src-main/engine/adapters/peft/name-without-head.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { predictionLines } from '../../../../src-main/engine/evaluation/prediction-lines.ts';
import { textVectors } from '../../../../src-main/engine/losses/text-vectors.ts';
import type { BaseModel } from '../../../../src-main/engine/models/base-model.ts';
import { readSentenceTransformer } from '../../../../src-main/engine/models/huggingface/sentence-transformer.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import { AdamW } from '../../../../src-main/engine/optimizers/adamw.ts';
import { outcomesOf, predictionsOf, scoreEnsemble, scoreOutputs } from '../../../../src-main/engine/outcomes/index.ts';
import { embeddingTask } from '../../../../src-main/engine/tasks/embedding/index.ts';
import { readSafetensors, writeSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { TrainingStep } from '../../../../src-main/engine/training/training-step.ts';
import { adapterSettingsSchema } from '../../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { outcomeSeed } from '../../../outcome-seed.ts';
import { bareEncoder } from '../../bare-encoder.ts';
import { goldenPath } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';
import { jsonlFolder, littleBert, openOn, withWords } from '../text-task.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-embedding-'));
let modelDirectory: string;
let base: BaseModel;
beforeAll(async () => {
  await activateCompute(testCompute);
  modelDirectory = withWords(await bareEncoder('bert', 'BertModel', 'bert', join(folder, 'bert')));
  base = await loadBaseModel(modelDirectory);
});
afterAll(() => {
  base.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const first = ['good', 'bad', 'long', 'short'];
const second = ['film', 'book'];

/** Each text should match the same words in another order, and not the opposite. */
function rows(): object[] {
  return first.flatMap((word, at) =>
    second.map((thing) => ({
      id: `${word} ${thing}`,
      anchor: `the ${thing} was ${word}`,
      positive: `a very ${word} ${thing} .`,
      negative: `not a ${first[at ^ 1]} ${thing}`,
    })),
  );
}

const scored = () =>
  first.flatMap((word) =>
    first.map((other) => ({
      sentence1: `the film was ${word}`,
      sentence2: `a ${other} film`,
      score: word === other ? 5 : [word, other].every((one) => ['good', 'bad'].includes(one)) ? 2.5 : 0.5,
    })),
  );

const open = (data: string, settings: object = {}, training = true) =>
  openOn(modelDirectory, base.description, data, settings, training);
const all = (count: number) => Int32Array.from({ length: count }, (_, index) => index);

async function fresh(on = base, seed = 1) {
  const model = new AdaptedModel(on);
  const random = RandomStream.seeded(outcomeSeed(seed), 'initialization');
  await model.createAdapter(adapterSettingsSchema.parse({ target_modules: 'all-linear' }), {
    random,
    labels: null,
    headTask: 'FEATURE_EXTRACTION',
  });
  return model;
}

async function learn(model: AdaptedModel, task: Awaited<ReturnType<typeof open>>, steps: number): Promise<number> {
  const optimizer = new AdamW(model.trainable(), { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
  const step = new TrainingStep(model, optimizer, 1);
  let loss = 0;
  for (let count = 0; count < steps; count++)
    loss = (await step.run([await task.train.load(all(task.train.count))], 0.01, new Set())).loss;
  optimizer.dispose();
  return loss;
}

test('anchors are learned to be nearest to their positives, and scored as retrieval', async () => {
  const data = jsonlFolder(join(folder, 'data'), rows(), rows());
  const before = tf.memory().numTensors;
  const task = await open(data);
  expect(task.type).toBe(embeddingTask);
  expect(task.labels).toBeNull();
  const model = await fresh();
  const started = await scoreOutputs(await task.outputs(model, all(8), { batchSize: 3 }));
  const batch = await task.train.load(all(2));
  expect(batch).toMatchObject({ examples: 2, loss: { pooling: { mode: 'mean' } } });
  // Two anchors, two positives, two negatives.
  expect(batch.inputs['input_ids']?.shape[0]).toBe(6);
  expect(await learn(model, task, 60)).toBeLessThan(0.05);

  const outputs = await task.outputs(model, all(8), { batchSize: 5 });
  const score = await scoreOutputs(outputs);
  expect(score.metrics['ndcg_at_10']).toBe(1);
  expect(score.metrics['recall_at_1']).toBe(1);
  expect(score.accuracy).toBe(1);
  // The same batch in an evaluation.
  expect(score.loss).toBeLessThan(0.05);
  expect(started.loss).toBeGreaterThan(0.5);
  expect([...task.metrics].sort()).toEqual(['loss', ...Object.keys(score.metrics)].sort());
  expect((await scoreEnsemble([outputs, outputs], [1, 3])).loss).toBeCloseTo(score.loss, 6);
  const { losses, correct } = outcomesOf(await predictionsOf(outputs));
  expect(losses.reduce((sum, own) => sum + own, 0) / 8).toBeCloseTo(score.loss, 6);
  expect([...(correct ?? [])]).toEqual(new Array(8).fill(1));
  for (const line of predictionLines(await predictionsOf(outputs), all(8), task)) {
    const [word, thing] = (line.id ?? '').split(' ');
    expect(line).toMatchObject({ truth: `a very ${word} ${thing}.`, prediction: line.truth, scores: { rank: 1 } });
  }

  await writeAdapter(join(folder, 'adapter'), await model.exportState(), {
    description: base.description,
    baseModelName: 'bert',
  });
  const read = await readAdapter(join(folder, 'adapter'), base.description);
  expect(read.config).toMatchObject({ task_type: 'FEATURE_EXTRACTION', modules_to_save: null });
  // PEFT names the modules like this in a model without a head.
  await nameWithoutHead(join(folder, 'adapter'), base.description);
  const keys = [...(await readSafetensors(join(folder, 'adapter', 'adapter_model.safetensors'))).keys()];
  expect(keys).toContain('base_model.model.encoder.layer.0.attention.self.query.lora_A.weight');
  const again = new AdaptedModel(base);
  again.loadState(await readAdapter(join(folder, 'adapter'), base.description));
  expect((await scoreOutputs(await task.outputs(again, all(8), { batchSize: 8 }))).loss).toBeCloseTo(score.loss, 5);
  again.dispose();
  model.dispose();
  task.close();
  expect(tf.memory().numTensors).toBe(before);
});

test('scores of pairs are learned and scored by correlation', async () => {
  const data = jsonlFolder(join(folder, 'scored'), scored(), scored());
  for (const embedding_loss of ['auto', 'cosine_similarity']) {
    const task = await open(data, { task: 'embedding', embedding_loss });
    expect(task.notes).toEqual(['Scores were divided by 5, to be between 0 and 1.']);
    const model = await fresh();
    const started = await scoreOutputs(await task.outputs(model, all(16), { batchSize: 16 }));
    await learn(model, task, 80);
    const score = await scoreOutputs(await task.outputs(model, all(16), { batchSize: 16 }));
    // Most values are equal, so the maximum is 0.86.
    expect(score.metrics['spearman']).toBeGreaterThan(0.8);
    expect(score.loss).toBeLessThan(started.loss / 2);
    expect(score.accuracy).toBeNull();
    expect([...task.metrics].sort()).toEqual(['loss', ...Object.keys(score.metrics)].sort());
    model.dispose();
    task.close();
  }
});

test('an evaluation alone has the scores of test rows on the scale of all rows', async () => {
  const data = jsonlFolder(
    join(folder, 'low'),
    scored(),
    scored().filter(({ score }) => score < 1),
  );
  const targetsOf = async (training: boolean) => {
    const task = await open(data, { task: 'embedding' }, training);
    const model = await fresh();
    const { pairs } = await task.outputs(model, all(task.testCount), { batchSize: 16 }).then((outputs) => {
      if (outputs.kind !== 'vectors') throw new Error(outputs.kind);
      return outputs;
    });
    model.dispose();
    task.close();
    return pairs.targets;
  };
  const alone = await targetsOf(false);
  expect(alone[0]).toBeCloseTo(0.1, 6);
  expect(alone).toEqual(await targetsOf(true));
});

test('pairs with a label are learned and scored at the best threshold', async () => {
  const labelled = scored().map(({ score, ...texts }) => ({ ...texts, label: score === 5 ? 1 : 0 }));
  const task = await open(jsonlFolder(join(folder, 'labelled'), labelled, labelled), { task: 'embedding' });
  const model = await fresh();
  await learn(model, task, 80);
  const outputs = await task.outputs(model, all(16), { batchSize: 16 });
  const score = await scoreOutputs(outputs);
  expect(score.metrics['average_precision']).toBe(1);
  expect(score.accuracy).toBe(1);
  const [line] = [...predictionLines(await predictionsOf(outputs), all(16), task)];
  expect(line?.prediction).toBe(line?.truth);
  model.dispose();
  task.close();
});

describe('pooling', () => {
  const data = () => jsonlFolder(join(folder, 'pooled'), rows(), rows());

  it('is what the base’s sentence-transformers files say, unless it is set', async () => {
    const own = withWords(await bareEncoder('bert', 'BertModel', 'bert', join(folder, 'pooling')));
    const modules = [
      { idx: 0, name: '0', path: '', type: 'sentence_transformers.models.Transformer' },
      { idx: 1, name: '1', path: '1_Pooling', type: 'sentence_transformers.models.Pooling' },
      { idx: 2, name: '2', path: '2_Normalize', type: 'sentence_transformers.models.Normalize' },
    ];
    const write = (name: string, value: unknown) => writeFileSync(join(own, name), JSON.stringify(value));
    mkdirSync(join(own, '1_Pooling'));
    write('modules.json', modules);
    write('sentence_bert_config.json', { max_seq_length: 5, do_lower_case: false });
    write('1_Pooling/config.json', { word_embedding_dimension: 32, pooling_mode_cls_token: true });
    const poolingOf = async (settings: object = {}) => {
      const task = await openOn(own, base.description, data(), settings);
      const batch = await task.train.load(all(1));
      task.close();
      const loss = z.object({ pooling: z.object({ mode: z.string() }) }).parse(batch.loss);
      return [loss.pooling.mode, batch.inputs['input_ids']?.shape[1]];
    };
    expect(await poolingOf()).toEqual(['cls', 5]);
    expect(await poolingOf({ pooling_mode: 'lasttoken' })).toEqual(['lasttoken', 5]);
    write('1_Pooling/config.json', { embedding_dimension: 32, pooling_mode: 'weightedmean' });
    expect(await poolingOf()).toEqual(['weightedmean', 5]);
    write('1_Pooling/config.json', { embedding_dimension: 32, pooling_mode: ['mean', 'max'] });
    await expect(poolingOf()).rejects.toThrow('pools its vectors by mean and max');
    // A folder that would lead out of the model's is not followed.
    writeFileSync(join(own, '..', 'config.json'), JSON.stringify({ pooling_mode: 'lasttoken' }));
    write('modules.json', [{ ...modules[1], path: '..' }]);
    expect(await poolingOf()).toEqual(['mean', 5]);
    write('modules.json', [
      ...modules,
      { idx: 3, name: '3', path: '3_LSTM', type: 'sentence_transformers.models.LSTM' },
    ]);
    await expect(poolingOf({ pooling_mode: 'mean' })).rejects.toThrow('module LSTM (3_LSTM)');
  });

  it('sends the vectors through dense layers, which stay as they are', async () => {
    const own = withWords(await bareEncoder('bert', 'BertModel', 'bert', join(folder, 'dense')));
    const write = (name: string, value: unknown) => writeFileSync(join(own, name), JSON.stringify(value));
    const module = (type: string, path: string) => ({ path, type: `sentence_transformers.models.${type}` });
    const modules = [module('Transformer', ''), module('Pooling', '1_Pooling'), module('Dense', '2_Dense')];
    write('modules.json', modules);
    for (const name of ['1_Pooling', '2_Dense']) mkdirSync(join(own, name));
    write('1_Pooling/config.json', { pooling_mode: 'mean' });
    const width = base.description.hiddenSize;
    write('2_Dense/config.json', { in_features: width, out_features: 2, bias: true });
    const weight = Float32Array.from({ length: 2 * width }, (_, at) => Math.sin(at));
    const weights = (bias: Float32Array) =>
      writeSafetensors(
        join(own, '2_Dense/model.safetensors'),
        new Map([
          ['linear.weight', { shape: [2, width], data: weight }],
          ['linear.bias', { shape: [bias.length], data: bias }],
        ]),
      );
    await weights(Float32Array.of(0.25, -0.5));
    const { dense, pooling } = await readSentenceTransformer(own);
    expect(pooling).toBe('mean');
    const hidden = Float32Array.from({ length: 2 * width }, (_, at) => Math.cos(at));
    const states = { hidden: tf.tensor2d(hidden, [2, width]), batch: 1, tokens: 2 };
    const inputs = { input_ids: { shape: [1, 2], data: Int32Array.of(3, 4) } };
    const made = tf.tidy(() => textVectors({}, states, inputs, { mode: 'mean', dense }).dataSync());
    const raw = [0.25, -0.5].map((bias, row) => {
      const mean = (at: number) => ((hidden[at] ?? 0) + (hidden[width + at] ?? 0)) / 2;
      let sum = bias;
      for (let at = 0; at < width; at++) sum += mean(at) * (weight[row * width + at] ?? 0);
      return Math.tanh(sum);
    });
    const length = Math.hypot(...raw);
    for (const [at, value] of raw.entries()) expect(made[at]).toBeCloseTo(value / length, 5);
    states.hidden.dispose();

    await weights(Float32Array.of(1));
    await expect(readSentenceTransformer(own)).rejects.toThrow('linear.bias has the shape [1], not [2]');
    write('2_Dense/config.json', { in_features: width, out_features: 2, activation_function: 'torch.nn.GELU' });
    await expect(readSentenceTransformer(own)).rejects.toThrow('has the activation torch.nn.GELU');
    write('modules.json', [module('Transformer', ''), module('Dense', '2_Dense')]);
    await expect(readSentenceTransformer(own)).rejects.toThrow('a dense layer before its pooling');
  });

  it('a language model uses its last token', async () => {
    const own = join(folder, 'llama');
    cpSync(goldenPath('llama', 'base'), own, { recursive: true });
    const llama = await loadBaseModel(withWords(own));
    const task = await openOn(own, llama.description, data());
    expect(task.type).toBe(embeddingTask);
    expect((await task.train.load(all(1))).loss).toMatchObject({ pooling: { mode: 'lasttoken' } });
    const model = await fresh(llama);
    const started = await scoreOutputs(await task.outputs(model, all(8), { batchSize: 8 }));
    await learn(model, task, 12);
    const score = await scoreOutputs(await task.outputs(model, all(8), { batchSize: 3 }));
    expect(score.loss).toBeLessThan(started.loss / 2);
    const state = await model.exportState();
    expect(state.config.task_type).toBe('FEATURE_EXTRACTION');
    const place = join(folder, 'llama-adapter');
    await writeAdapter(place, state, { description: llama.description, baseModelName: 'llama' });
    await nameWithoutHead(place, llama.description);
    const read = await readAdapter(place, llama.description);
    expect([...read.modules.keys()]).toEqual([...state.modules.keys()]);
    task.close();
    model.dispose();
    llama.dispose();
  });
});

test('a pattern of module names with the body’s prefix is exported as the names without it', async () => {
  const model = new AdaptedModel(base);
  const settings = {
    target_modules: 'bert\\.encoder\\..*\\.(query|key)',
    exclude_modules: 'bert\\.encoder\\.layer\\.0\\..*',
    r: 2,
  };
  await model.createAdapter(adapterSettingsSchema.parse(settings), {
    random: RandomStream.seeded(1, 'initialization'),
    labels: null,
    headTask: 'FEATURE_EXTRACTION',
  });
  const state = await model.exportState();
  const place = join(folder, 'pattern');
  await writeAdapter(place, state, { description: base.description, baseModelName: 'bert' });
  await nameWithoutHead(place, base.description);
  const { config, modules } = await readAdapter(place, base.description);
  const bare = [...state.modules.keys()].map((name) => name.replace(/^bert\./, ''));
  expect(bare.length).toBeGreaterThan(0);
  expect([...(config.target_modules ?? [])].sort()).toEqual(bare.sort());
  expect(config.exclude_modules ?? null).toBeNull();
  expect([...modules.keys()].sort()).toEqual([...state.modules.keys()].sort());
  model.dispose();
});

describe('reports mismatches', () => {
  it('models and datasets', async () => {
    const { misfit } = embeddingTask;
    const whole = await loadBaseModel(littleBert(join(folder, 'classifier')));
    const texts = (columns: object, labelKind: string, labels: string[] = []) =>
      ({ text: { columns: { anchor: null, text: null, text_pair: null, ...columns }, labelKind }, labels }) as never;
    const pair = { text: 'a', text_pair: 'b' };
    expect(misfit(base.description, texts({ anchor: 'a' }, 'none'))).toBeNull();
    expect(misfit(base.description, texts(pair, 'numbers'))).toBeNull();
    expect(misfit(base.description, texts(pair, 'classes', ['0', '1', '2', '3']))).toBeNull();
    expect(misfit(base.description, texts(pair, 'classes', ['not_duplicate', 'duplicate']))).toBeNull();
    expect(misfit(base.description, texts(pair, 'classes', ['0.0', '1.0']))).toBeNull();
    expect(misfit(base.description, texts(pair, 'classes', ['yes', 'maybe']))?.message).toContain('no pairs of texts');
    expect(misfit(base.description, texts({ text: 'a' }, 'numbers'))?.message).toContain('no pairs of texts');
    expect(misfit(whole.description, texts({ anchor: 'a' }, 'none'))?.message).toContain('no embeddings');
    whole.dispose();
  });

  it('losses and scores', async () => {
    const anchored = jsonlFolder(join(folder, 'misfits'), rows(), rows());
    await expect(open(anchored, { embedding_loss: 'cosent' })).rejects.toThrow(
      'CoSENT learns from pairs with a score or pairs with a label 0 or 1, but the dataset has anchors with positives.',
    );
    const wild = scored().map((row, at) => ({ ...row, score: row.score + 1000.5 * at }));
    await expect(open(jsonlFolder(join(folder, 'wild'), wild, wild), { task: 'embedding' })).rejects.toThrow(
      'the score of two identical texts is not known',
    );
  });
});

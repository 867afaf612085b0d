import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter, writeAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { onOwnHead } from '../../../../src-main/engine/evaluation/forgetting/forgetting-meter.ts';
import { predictionLines } from '../../../../src-main/engine/evaluation/prediction-lines.ts';
import { runExportMergedTask } from '../../../../src-main/engine/jobs/export-merged.ts';
import { mergeMethod } from '../../../../src-main/engine/merge/methods/index.ts';
import { mergeFolders } from '../../../../src-main/engine/merge/run/merge-folders.ts';
import type { BaseModel } from '../../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import { AdamW } from '../../../../src-main/engine/optimizers/adamw.ts';
import { outcomesOf, predictionsOf, scoreEnsemble, scoreOutputs } from '../../../../src-main/engine/outcomes/index.ts';
import { tokenClassificationTask } from '../../../../src-main/engine/tasks/token-classification/index.ts';
import { TrainingStep } from '../../../../src-main/engine/training/training-step.ts';
import { adapterSettingsSchema } from '../../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { outcomeSeed } from '../../../outcome-seed.ts';
import { bareEncoder } from '../../bare-encoder.ts';
import { testCompute } from '../../test-compute.ts';
import { jsonlFolder, littleBert, openOn, quietContext, withWords } from '../text-task.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-tags-'));
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

/** "The film" and "the book" are entities of their type; "good." is a word of two tokens. */
function rows(count: number): object[] {
  return Array.from({ length: count }, (_, index) => {
    const [word, type] = index % 2 === 0 ? ['film', 'FILM'] : ['book', 'BOOK'];
    const long = index % 3 === 0;
    return {
      id: `s${index}`,
      tokens: [...(long ? ['very', 'good.'] : []), 'the', word, 'was', 'good.'],
      ner_tags: [...(long ? ['O', 'O'] : []), `B-${type}`, `I-${type}`, 'O', 'O'],
    };
  });
}

const open = (data: string, settings: object = {}) => openOn(modelDirectory, base.description, data, settings);
const all = (count: number) => Int32Array.from({ length: count }, (_, index) => index);

async function fresh(labels: readonly string[] | null) {
  const model = new AdaptedModel(base);
  const random = RandomStream.seeded(outcomeSeed(1), 'initialization');
  await model.createAdapter(adapterSettingsSchema.parse({}), { random, labels, headTask: 'TOKEN_CLS' });
  return model;
}

test('tags are learned on the first token of each word, and scored by entity', async () => {
  const data = jsonlFolder(join(folder, 'tags'), rows(12), rows(7));
  const before = tf.memory().numTensors;
  const task = await open(data);
  expect(task.type).toBe(tokenClassificationTask);
  expect(task.labels).toEqual(['B-BOOK', 'B-FILM', 'I-BOOK', 'I-FILM', 'O']);
  const model = await fresh(task.labels);
  const optimizer = new AdamW(model.trainable(), { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
  const step = new TrainingStep(model, optimizer, 1);
  const batch = await task.train.load(all(2));
  // [CLS] very good … The second token of "good." has no tag.
  const labels = 'labels' in batch.loss && batch.loss.labels;
  expect(labels instanceof Int32Array && [...labels.subarray(0, 10)]).toEqual([
    ...[-100, 4, 4, -100, 1, 3, 4, 4, -100, -100],
  ]);
  expect(batch.inputs['token_type_ids']?.data.every((type) => type === 0)).toBe(true);
  let loss = 0;
  for (let count = 0; count < 60; count++) {
    loss = (await step.run([await task.train.load(all(task.train.count))], 0.01, new Set())).loss;
  }
  expect(loss).toBeLessThan(0.05);
  optimizer.dispose();

  const outputs = await task.outputs(model, all(task.testCount), { batchSize: 3 });
  const score = await scoreOutputs(outputs);
  expect(score.metrics).toEqual({ accuracy: 1, entity_f1: 1, entity_precision: 1, entity_recall: 1 });
  expect([...task.metrics].sort()).toEqual(['loss', ...Object.keys(score.metrics)].sort());
  expect(score.entities).toEqual([
    { type: 'BOOK', precision: 1, recall: 1, f1: 1, count: 3 },
    { type: 'FILM', precision: 1, recall: 1, f1: 1, count: 4 },
  ]);
  expect((await scoreEnsemble([outputs, outputs], [1, 1])).loss).toBeCloseTo(score.loss, 6);
  const { losses, tokens } = outcomesOf(await predictionsOf(outputs));
  const counted = [...(tokens?.counted ?? [])];
  const words = counted.reduce((sum, count) => sum + count, 0);
  expect(losses.reduce((sum, own, at) => sum + own * (counted[at] ?? 0), 0) / words).toBeCloseTo(score.loss, 6);

  const [line] = predictionLines(await predictionsOf(outputs), all(task.testCount), task);
  const { index = 0, id, truth, prediction } = line ?? {};
  expect(id).toBe(`s${index}`);
  expect(truth).toEqual(Reflect.get(rows(7)[index] ?? {}, 'ner_tags'));
  expect(prediction).toEqual(truth);

  await writeAdapter(join(folder, 'adapter'), await model.exportState(), {
    description: base.description,
    baseModelName: 'bert',
  });
  const read = await readAdapter(join(folder, 'adapter'), base.description);
  expect(read.config).toMatchObject({ task_type: 'TOKEN_CLS', modules_to_save: ['classifier', 'score'] });
  expect([...read.saved.keys()]).toEqual(['classifier.weight', 'classifier.bias']);
  expect([...read.modules.keys()].filter((name) => name.includes('pooler'))).toEqual([]);
  const again = new AdaptedModel(base);
  again.loadState(read);
  const reloaded = await task.outputs(again, all(task.testCount), { batchSize: 7 });
  expect((await scoreOutputs(reloaded)).loss).toBeCloseTo(score.loss, 5);
  again.dispose();
  model.dispose();
  task.close();
  expect(tf.memory().numTensors).toBe(before);
});

describe('mismatches', () => {
  test('a head on whole texts is refused for tags, and one on words for classes', async () => {
    const task = await open(jsonlFolder(join(folder, 'refused'), rows(4), rows(4)));
    const plain = new AdaptedModel(base);
    await expect(task.outputs(plain, all(2), { batchSize: 2 })).rejects.toThrow(
      'There is no head that gives each word a tag',
    );
    const other = await fresh(['O', 'B-X']);
    await expect(task.outputs(other, all(2), { batchSize: 2 })).rejects.toThrow('has 2 tags, but the dataset has 5');
    const labelled = (label: string) => ({ text: 'the film was good', label });
    const classes = jsonlFolder(join(folder, 'classes'), [labelled('a'), labelled('b')], [labelled('a')]);
    const sentences = await open(classes, { task: 'text-classification' });
    await expect(sentences.outputs(other, all(1), { batchSize: 2 })).rejects.toThrow('The head gives each word a tag');
    other.dispose();
    for (const opened of [task, sentences]) opened.close();
  });

  it('is said: models and datasets', async () => {
    const { misfit } = tokenClassificationTask;
    const whole = await loadBaseModel(littleBert(join(folder, 'classifier')));
    const data = await open(jsonlFolder(join(folder, 'fits'), rows(4), rows(4)));
    data.close();
    const text = { columns: { words: 'tokens', tags: 'ner_tags' }, labelKind: 'tags' };
    const tagged = { text, labels: ['O', 'B-X'] } as unknown as Parameters<typeof misfit>[1];
    expect(misfit(base.description, tagged)).toBeNull();
    expect(misfit(whole.description, tagged)?.message).toContain('has a classifier of whole texts already');
    expect(misfit(base.description, { ...tagged, labels: ['O'] })?.message).toContain('has 1 tag');
    whole.dispose();
  });

  it('words that are cut off are said, and those without a token', async () => {
    const long = { tokens: Array.from({ length: 20 }, () => 'film'), ner_tags: Array.from({ length: 20 }, () => 'O') };
    const blank = { tokens: ['film', '\u0000'], ner_tags: ['B-X', 'O'] };
    const data = jsonlFolder(join(folder, 'long'), [long, blank], [long]);
    const task = await open(data, { max_length: 8 });
    expect(task.notes).toEqual([
      '2 examples are longer than 8 tokens and were truncated: 28 of their words are neither learned nor scored.',
      '1 words have no token of the model and are neither learned nor scored.',
    ]);
    task.close();
  });
});

test('merged, it is a base with a head of its own, which a further adapter starts from', async () => {
  const data = jsonlFolder(join(folder, 'merged-data'), rows(8), rows(8));
  const task = await open(data);
  const model = await fresh(task.labels);
  const adapterDirectory = join(folder, 'to-merge');
  const details = { description: base.description, baseModelName: 'bert' };
  await writeAdapter(adapterDirectory, await model.exportState(), details);
  const expected = await scoreOutputs(await task.outputs(model, all(8), { batchSize: 8 }));
  const outputDirectory = join(folder, 'merged');
  const given = { compute: testCompute, modelDirectory, adapterDirectory, dtype: 'F32', chatTemplate: null } as const;
  await runExportMergedTask({ kind: 'export-merged', ...given, outputDirectory }, quietContext);
  await activateCompute(testCompute);
  const merged = await loadBaseModel(outputDirectory);
  expect(merged.description).toMatchObject({
    kind: 'token-classification',
    architecture: 'BertForTokenClassification',
    labels: task.labels,
  });
  const own = await openOn(outputDirectory, merged.description, data);
  const plain = new AdaptedModel(merged);
  expect((await scoreOutputs(await own.outputs(plain, all(8), { batchSize: 8 }))).loss).toBeCloseTo(expected.loss, 5);
  const random = RandomStream.seeded(1, 'initialization');
  await plain.createAdapter(adapterSettingsSchema.parse({}), { random, labels: own.labels, headTask: 'TOKEN_CLS' });
  expect((await scoreOutputs(await own.outputs(plain, all(8), { batchSize: 8 }))).loss).toBeCloseTo(expected.loss, 5);
  for (const opened of [task, own]) opened.close();
  for (const adapted of [model, plain]) adapted.dispose();
  merged.dispose();
});

it.each([
  ['roberta', 'RobertaModel', 'roberta'],
  ['distilbert', 'DistilBertModel', 'distilbert'],
  ['deberta-v2', 'DebertaV2Model', 'deberta'],
  ['electra', 'ElectraModel', 'electra'],
  ['albert', 'AlbertModel', 'albert'],
  ['mpnet', 'MPNetModel', 'mpnet'],
  ['eurobert', 'EuroBertModel', 'model'],
  ['nomic-bert', 'NomicBertModel', 'nomic_bert'],
])('%s: one linear on every token', async (family, architecture, prefix) => {
  const bare = await loadBaseModel(await bareEncoder(family, architecture, prefix, join(folder, family)));
  const model = new AdaptedModel(bare);
  const random = RandomStream.seeded(1, 'initialization');
  await model.createAdapter(adapterSettingsSchema.parse({}), {
    random,
    labels: ['O', 'B-X', 'I-X'],
    headTask: 'TOKEN_CLS',
  });
  const state = await model.exportState();
  expect([...state.saved.keys()]).toEqual(['classifier.weight', 'classifier.bias']);
  const ids = tf.tensor2d([[3, 4, 5, 6]], [1, 4], 'int32');
  const { logits } = model.outputs({ input_ids: ids });
  expect(logits?.shape).toEqual([1, 4, 3]);
  const place = join(folder, `${family}-adapter`);
  await writeAdapter(place, state, { description: bare.description, baseModelName: family });
  const read = await readAdapter(place, bare.description);
  expect([...read.saved.keys()]).toEqual(['classifier.weight', 'classifier.bias']);
  model.loadState(read);
  const again = model.outputs({ input_ids: ids })['logits'];
  expect(again?.dataSync()).toEqual(logits?.dataSync());
  const merged = join(folder, `${family}-merge`);
  const given = { weights: [0.5, 0.5], parameters: {}, base: { description: bare.description, directory: null } };
  await mergeFolders({ method: mergeMethod('linear'), ...given }, [place, place], merged);
  const mean = await readAdapter(merged, bare.description);
  expect(mean.config.task_type).toBe('TOKEN_CLS');
  expect(mean.saved.get('classifier.weight')).toEqual(read.saved.get('classifier.weight'));
  expect(onOwnHead(mean, bare.description)).toMatchObject({
    labels: null,
    saved: new Map(),
    config: { task_type: null },
  });
  tf.dispose([ids, logits, again].flatMap((tensor) => tensor ?? []));
  model.dispose();
  bare.dispose();
});

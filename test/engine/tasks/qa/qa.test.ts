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
import { questionAnsweringTask } from '../../../../src-main/engine/tasks/qa/index.ts';
import { TrainingStep } from '../../../../src-main/engine/training/training-step.ts';
import { adapterSettingsSchema } from '../../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { outcomeSeed } from '../../../outcome-seed.ts';
import { bareEncoder } from '../../bare-encoder.ts';
import { testCompute } from '../../test-compute.ts';
import { jsonlFolder, littleBert, openOn, quietContext, withWords } from '../text-task.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-qa-'));
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

/** The good thing is the film or the book, with the article; nothing is "short". */
function rows(count: number, isMixed = true): object[] {
  return Array.from({ length: count }, (_, index) => {
    const word = index % 2 === 0 ? 'film' : 'book';
    const before = index % 3 === 0 ? 'Very long . ' : '';
    const context = `${before}The ${word} was good.`;
    const isAsked = !isMixed || index % 4 !== 3;
    const answers = isAsked
      ? { text: [`The ${word}`, word], answer_start: [before.length, before.length + 4] }
      : { text: [], answer_start: [] };
    return { id: `q${index}`, question: isAsked ? 'Was good' : 'Was short', context, answers };
  });
}

const open = (data: string, settings: object = {}) => openOn(modelDirectory, base.description, data, settings);
const all = (count: number) => Int32Array.from({ length: count }, (_, index) => index);

async function fresh(on = base, seed = 1) {
  const model = new AdaptedModel(on);
  const random = RandomStream.seeded(outcomeSeed(seed), 'initialization');
  await model.createAdapter(adapterSettingsSchema.parse({ target_modules: 'all-linear' }), {
    random,
    labels: ['start', 'end'],
    headTask: 'QUESTION_ANS',
  });
  return model;
}

test('answers are learned by their places, found again, and scored as SQuAD does', async () => {
  const data = jsonlFolder(join(folder, 'data'), rows(24), rows(12));
  const before = tf.memory().numTensors;
  const task = await open(data);
  expect(task.type).toBe(questionAnsweringTask);
  expect(task.labels).toEqual(['start', 'end']);
  const model = await fresh();
  const optimizer = new AdamW(model.trainable(), { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
  const step = new TrainingStep(model, optimizer, 1);
  const batch = await task.train.load(all(4));
  // [CLS] was good [SEP] very long . the film …, and a question without an answer.
  expect(batch.loss).toMatchObject({ places: Int32Array.of(7, 8, 4, 5, 4, 5, 0, 0) });
  expect([...(batch.inputs['token_type_ids']?.data.subarray(0, 6) ?? [])]).toEqual([0, 0, 0, 0, 1, 1]);
  let loss = 0;
  for (let count = 0; count < 100; count++)
    loss = (await step.run([await task.train.load(all(task.train.count))], 0.01, new Set())).loss;
  expect(loss).toBeLessThan(0.05);
  optimizer.dispose();

  const outputs = await task.outputs(model, all(task.testCount), { batchSize: 5 });
  const score = await scoreOutputs(outputs);
  expect(score.accuracy).toBe(1);
  expect(score.metrics).toEqual({
    accuracy: 1,
    exact_match: 1,
    answer_f1: 1,
    answerable_f1: 1,
    unanswerable_accuracy: 1,
  });
  expect([...task.metrics].sort()).toEqual(['loss', ...Object.keys(score.metrics)].sort());
  expect((await scoreEnsemble([outputs, outputs], [1, 3])).loss).toBeCloseTo(score.loss, 6);
  const { losses, correct } = outcomesOf(await predictionsOf(outputs));
  expect(losses.reduce((sum, own) => sum + own, 0) / 12).toBeCloseTo(score.loss, 6);
  expect([...(correct ?? [])]).toEqual(new Array(12).fill(1));

  const lines = [...predictionLines(await predictionsOf(outputs), all(task.testCount), task)];
  for (const { id = '', truth, prediction, scores } of lines) {
    const { answers } = rows(12)[Number(id.slice(1))] as { answers: { text: string[] } };
    expect(truth).toEqual(answers.text);
    expect(prediction).toBe(answers.text[0] ?? '');
    expect(Object.keys(scores)).toEqual(['score', 'null_score_diff']);
    expect((scores['null_score_diff'] ?? 0) > 0).toBe(answers.text.length === 0);
  }

  await writeAdapter(join(folder, 'adapter'), await model.exportState(), {
    description: base.description,
    baseModelName: 'bert',
  });
  const read = await readAdapter(join(folder, 'adapter'), base.description);
  expect(read.config).toMatchObject({ task_type: 'QUESTION_ANS', modules_to_save: ['qa_outputs'] });
  expect([...read.saved.keys()]).toEqual(['qa_outputs.weight', 'qa_outputs.bias']);
  const again = new AdaptedModel(base);
  again.loadState(read);
  const reloaded = await task.outputs(again, all(task.testCount), { batchSize: 12 });
  expect((await scoreOutputs(reloaded)).loss).toBeCloseTo(score.loss, 5);
  again.dispose();
  model.dispose();
  task.close();
  expect(tf.memory().numTensors).toBe(before);
});

test('a long text is read in windows, of which the one with the answer is learned and found', async () => {
  const filler = Array.from({ length: 30 }, () => 'very long .').join(' ');
  const context = `${filler} the film was good. ${filler}`;
  const start = context.indexOf('film');
  const row = { question: 'was good', context, answers: { text: ['film'], answer_start: [start] } };
  const task = await open(jsonlFolder(join(folder, 'long'), [row], [row]), { max_seq_length: 40, doc_stride: 10 });
  // 185 tokens by 35 a window, of which 10 are shared.
  expect(task.train.count).toBe(7);
  expect(task.testCount).toBe(1);
  expect(task.notes).toEqual([
    'The texts of 2 of 2 questions are longer than 40 tokens and are read in several windows. Training has 7 windows.',
  ]);
  const batch = await task.train.load(all(7));
  if (!('places' in batch.loss) || !(batch.loss.places instanceof Int32Array)) throw new Error('no places');
  const places = [...batch.loss.places];
  const answered = places.flatMap((place, at) => (at % 2 === 0 && place > 0 ? [at / 2] : []));
  expect(answered).toEqual([3]);
  // Place 91 of the text is the 16th of the window that begins at 75.
  expect(places.slice(6, 8)).toEqual([4 + 16, 4 + 16]);
  const model = await fresh();
  const outputs = await task.outputs(model, all(1), { batchSize: 3 });
  if (outputs.kind !== 'spans') throw new Error('no spans');
  expect(outputs.logits[0]?.map(({ starts }) => starts.length)).toEqual([40, 40, 40, 40, 40, 40, 40]);
  model.dispose();
  task.close();
});

describe('mismatches', () => {
  it('is refused: heads for something else', async () => {
    const task = await open(jsonlFolder(join(folder, 'refused'), rows(4), rows(4)));
    const plain = new AdaptedModel(base);
    await expect(task.outputs(plain, all(2), { batchSize: 2 })).rejects.toThrow('There is no head that finds answers');
    plain.dispose();
    task.close();
  });

  it('is said: models and datasets', async () => {
    const { misfit } = questionAnsweringTask;
    const whole = await loadBaseModel(littleBert(join(folder, 'classifier')));
    const asked = { text: { columns: { answers: 'answers' } }, labels: [] } as unknown as Parameters<typeof misfit>[1];
    const other = { text: { columns: { answers: null } }, labels: [] } as unknown as Parameters<typeof misfit>[1];
    expect(misfit(base.description, asked)).toBeNull();
    expect(misfit(whole.description, asked)?.message).toContain('has a classifier of whole texts already');
    expect(misfit(base.description, other)?.message).toContain('no questions with answers');
    whole.dispose();
  });
});

test('merged, it is a base with a head of its own, which a further adapter starts from', async () => {
  const data = jsonlFolder(join(folder, 'merged-data'), rows(8), rows(8));
  const task = await open(data);
  const model = await fresh();
  const adapterDirectory = join(folder, 'to-merge');
  await writeAdapter(adapterDirectory, await model.exportState(), {
    description: base.description,
    baseModelName: 'bert',
  });
  const expected = await scoreOutputs(await task.outputs(model, all(8), { batchSize: 8 }));
  const outputDirectory = join(folder, 'merged');
  const given = { compute: testCompute, modelDirectory, adapterDirectory, dtype: 'F32', chatTemplate: null } as const;
  await runExportMergedTask({ kind: 'export-merged', ...given, outputDirectory }, quietContext);
  await activateCompute(testCompute);
  const merged = await loadBaseModel(outputDirectory);
  expect(merged.description).toMatchObject({
    kind: 'question-answering',
    architecture: 'BertForQuestionAnswering',
    labels: ['start', 'end'],
  });
  const own = await openOn(outputDirectory, merged.description, data);
  const plain = new AdaptedModel(merged);
  expect((await scoreOutputs(await own.outputs(plain, all(8), { batchSize: 8 }))).loss).toBeCloseTo(expected.loss, 5);
  const further = await fresh(merged);
  expect((await scoreOutputs(await own.outputs(further, all(8), { batchSize: 8 }))).loss).toBeCloseTo(expected.loss, 5);
  for (const opened of [task, own]) opened.close();
  for (const adapted of [model, plain, further]) adapted.dispose();
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
])('%s: one linear on every token, which merges', async (family, architecture, prefix) => {
  const bare = await loadBaseModel(await bareEncoder(family, architecture, prefix, join(folder, family)));
  const place = join(folder, `${family}-adapter`);
  const model = await fresh(bare);
  const state = await model.exportState();
  expect([...state.saved.keys()]).toEqual(['qa_outputs.weight', 'qa_outputs.bias']);
  const ids = tf.tensor2d([[3, 4, 5, 6]], [1, 4], 'int32');
  const { logits } = model.outputs({ input_ids: ids });
  expect(logits?.shape).toEqual([1, 4, 2]);
  await writeAdapter(place, state, { description: bare.description, baseModelName: family });
  const merged = join(folder, `${family}-merge`);
  const given = { weights: [0.5, 0.5], parameters: {}, base: { description: bare.description, directory: null } };
  await mergeFolders({ method: mergeMethod('linear'), ...given }, [place, place], merged);
  const mean = await readAdapter(merged, bare.description);
  expect(mean.config.task_type).toBe('QUESTION_ANS');
  expect(mean.saved.get('qa_outputs.weight')).toEqual(state.saved.get('qa_outputs.weight'));
  expect(onOwnHead(mean, bare.description)).toMatchObject({ labels: null, saved: new Map() });
  tf.dispose([ids, logits].flatMap((tensor) => tensor ?? []));
  model.dispose();
  bare.dispose();
});

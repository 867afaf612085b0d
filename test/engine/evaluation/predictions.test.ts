import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import type { EvaluateTask } from '../../../src-main/engine/contract.ts';
import {
  type PredictionLine,
  predictionLines,
  writePredictions,
} from '../../../src-main/engine/evaluation/prediction-lines.ts';
import { runEvaluateTask } from '../../../src-main/engine/jobs/evaluate.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { ensemblePredictions, predictionsOf, scorePredictions } from '../../../src-main/engine/outcomes/index.ts';
import { adapterSettingsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { labels, modelDirectory, randomAdapter, writeImages } from '../jobs/random-adapters.ts';
import { jsonlFolder, littleBert, openOn, quietContext } from '../tasks/text-task.ts';
import { testCompute } from '../test-compute.ts';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'coto-predictions-'));
  await activateCompute(testCompute);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const common = { index: z.number(), id: z.string().optional(), loss: z.number() };
const scores = z.record(z.string(), z.number());
const classLine = z.strictObject({ ...common, truth: z.string(), prediction: z.string(), scores });
const setLine = z.strictObject({ ...common, truth: z.array(z.string()), prediction: z.array(z.string()), scores });
const numberLine = z.strictObject({ ...common, truth: z.number(), prediction: z.number(), scores });
const tokenLine = z.strictObject({ ...common, truth: z.string(), prediction: z.null(), scores });

function linesOf<Line>(file: string, schema: z.ZodType<Line>): Line[] {
  const text = readFileSync(file, 'utf8');
  expect(text.endsWith('\n')).toBe(true);
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => schema.parse(JSON.parse(line)));
}
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** F1 of every label that is true or predicted somewhere, averaged. */
function macroF1(pairs: readonly { truth: string; prediction: string }[]): number {
  const names = [...new Set(pairs.flatMap(({ truth, prediction }) => [truth, prediction]))];
  return mean(
    names.map((name) => {
      const both = pairs.filter(({ truth, prediction }) => truth === name && prediction === name).length;
      const either = pairs.filter(({ truth }) => truth === name).length;
      return (2 * both) / (either + pairs.filter(({ prediction }) => prediction === name).length);
    }),
  );
}

function pearson(one: readonly number[], other: readonly number[]): number {
  const [first, second] = [mean(one), mean(other)];
  const covariance = mean(one.map((value, at) => (value - first) * ((other[at] ?? 0) - second)));
  const deviation = (values: readonly number[], middle: number) =>
    Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
  return covariance / deviation(one, first) / deviation(other, second);
}
/** Rank from the number of smaller values and of equal ones. */
const ranks = (values: readonly number[]) =>
  values.map(
    (value) => values.filter((other) => other < value).length + values.filter((other) => other === value).length / 2,
  );

/** A text task on a little BERT with a drawn adapter, or on the bundled language model: its score, and the file. */
async function texts(name: string, rows: object[], settings: object = {}, language = false) {
  const directory = language
    ? join(import.meta.dirname, '../../../assets/models/small-llama')
    : littleBert(join(folder, `${name}-bert`));
  const base = await loadBaseModel(directory);
  const task = await openOn(directory, base.description, jsonlFolder(join(folder, name), rows, rows), settings);
  const model = new AdaptedModel(base);
  const random = RandomStream.seeded(2, 'initialization');
  const chosen = adapterSettingsSchema.parse({ target_modules: 'all-linear' });
  await model.createAdapter(chosen, { random, labels: language ? null : task.labels });
  const indices = Int32Array.from({ length: task.testCount }, (_, index) => index);
  const outputs = await task.outputs(model, indices, { batchSize: 3 });
  const predictions = await predictionsOf(outputs);
  const file = join(folder, `${name}.jsonl`);
  await writePredictions(file, predictionLines(predictions, indices, task));
  const averaged = outputs.kind === 'tokens' ? null : await ensemblePredictions([outputs, outputs], [1, 1]);
  const ensemble = averaged && [...predictionLines(averaged, indices, task)];
  task.close();
  model.dispose();
  base.dispose();
  return { score: scorePredictions(predictions), file, rows, ensemble };
}

it('writes the predictions of an evaluation, from which accuracy, F1 and loss come out again', async () => {
  const adapter = await randomAdapter(join(folder, 'adapter'), 1, labels);
  await writeImages(join(folder, 'images'));
  const file = join(folder, 'images.jsonl');
  writeFileSync(file, 'what was there before');
  const task: EvaluateTask = {
    kind: 'evaluate',
    compute: testCompute,
    modelDirectory,
    dataset: { reader: 'idx', path: join(folder, 'images'), options: {} },
    settings: taskSettingsSchema.parse({}),
    eval_samples: 50,
    adapters: [{ directory: adapter, weight: 1 }],
    predictionsFile: file,
  };
  const { result } = await runEvaluateTask(task, quietContext);
  const lines = linesOf(file, classLine);
  expect(lines.map(({ index }) => index)).toEqual(Array.from({ length: 50 }, (_, index) => index));
  expect(lines.map(({ truth }) => truth).slice(0, 6)).toEqual(['0', '1', '2', '3', '4', '0']);
  expect(mean(lines.map(({ truth, prediction }) => (truth === prediction ? 1 : 0)))).toBeCloseTo(
    result.accuracy ?? Number.NaN,
    12,
  );
  expect(mean(lines.map((line) => -Math.log(line.scores[line.truth] ?? 0)))).toBeCloseTo(result.loss, 10);
  expect(mean(lines.map(({ loss }) => loss))).toBeCloseTo(result.loss, 6);
  expect(macroF1(lines)).toBeCloseTo(result.metrics['f1_macro'] ?? Number.NaN, 12);
  for (const line of lines) {
    expect(Object.values(line.scores).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
    expect(line.scores[line.prediction]).toBe(Math.max(...Object.values(line.scores)));
  }
  // Nothing unfinished is left beside it.
  expect(readdirSync(folder).filter((name) => name.startsWith('images.jsonl') || name.startsWith('.images'))).toEqual([
    'images.jsonl',
  ]);
});

const words = (index: number) => ['the film was good', 'the book was very long . not good', 'a bad film'][index % 3];

it('names texts by their row and their own id, whatever order they are scored in', async () => {
  const rows = Array.from({ length: 9 }, (_, index) => ({
    uid: `t-${index}`,
    text: words(index),
    label: ['good', 'long', 'bad'][index % 3],
  }));
  const { score, file } = await texts('classes', rows);
  const lines = linesOf(file, classLine);
  expect(lines.map(({ index }) => index).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  for (const { index, id, truth } of lines) {
    expect(id).toBe(rows[index]?.uid);
    expect(truth).toBe(rows[index]?.label);
  }
  expect(mean(lines.map((line) => -Math.log(line.scores[line.truth] ?? 0)))).toBeCloseTo(score.loss, 10);
  expect(macroF1(lines)).toBeCloseTo(score.metrics['f1_macro'] ?? Number.NaN, 12);
});

it('gives values of a regression, and label sets', async () => {
  const values = Array.from({ length: 9 }, (_, index) => ({ text: words(index), label: index / 4 }));
  const regression = await texts('values', values);
  const lines = linesOf(regression.file, numberLine);
  const [truth, predicted] = [lines.map((line) => line.truth), lines.map((line) => line.prediction)];
  expect(lines.every((line) => line.scores['value'] === line.prediction && line.id === undefined)).toBe(true);
  const { loss, metrics } = regression.score;
  expect(mean(truth.map((value, at) => (value - (predicted[at] ?? 0)) ** 2))).toBeCloseTo(loss, 10);
  expect(pearson(truth, predicted)).toBeCloseTo(metrics['pearson'] ?? Number.NaN, 10);
  expect(pearson(ranks(truth), ranks(predicted))).toBeCloseTo(metrics['spearman'] ?? Number.NaN, 10);

  const names = ['good', 'long', 'short'];
  const sets = Array.from({ length: 9 }, (_, index) => ({
    text: words(index),
    label: names.filter((_, at) => (index + at) % 2 === 0),
  }));
  const labelled = await texts('sets', sets);
  const marked = linesOf(labelled.file, setLine);
  expect(marked.map((line) => line.truth)).toEqual(marked.map(({ index }) => sets[index]?.label));
  const same = (line: (typeof marked)[number]) => line.truth.join() === line.prediction.join();
  expect(mean(marked.map((line) => (same(line) ? 1 : 0)))).toBeCloseTo(labelled.score.accuracy ?? Number.NaN, 12);
  const losses = marked.flatMap((line) =>
    Object.entries(line.scores).map(([name, share]) => -Math.log(line.truth.includes(name) ? share : 1 - share)),
  );
  expect(mean(losses)).toBeCloseTo(labelled.score.loss, 10);
});

it('gives the log-likelihood of each answer, and of the reference of a text', async () => {
  const questions = [
    { id: 7, question: 'Where does a whale live?', choices: ['in the sea', 'on a tree', 'in a book'], answer: 0 },
    { id: 8, question: 'Where is a bird?', choices: ['in the sea', 'on a tree'], answer: 1 },
    { id: 9, question: 'Where is a word?', choices: ['on a tree', 'in a book'], answer: 1 },
  ];
  const chosen = await texts('choices', questions, { chat_template: 'none' }, true);
  const lines = linesOf(chosen.file, classLine);
  for (const { index, id, truth, scores: own } of lines) {
    expect(id).toBe(String(7 + index));
    expect(Object.keys(own)).toEqual(questions[index]?.choices);
    expect(truth).toBe(questions[index]?.choices[questions[index]?.answer ?? 0]);
    expect(Object.values(own).every((value) => value < 0)).toBe(true);
  }
  const normalized = lines.map(({ truth, scores: own }) => {
    const total = Math.log(Object.values(own).reduce((sum, value) => sum + Math.exp(value), 0));
    return total - (own[truth] ?? 0);
  });
  expect(mean(normalized)).toBeCloseTo(chosen.score.loss, 10);
  const best = (own: Record<string, number>) => Object.entries(own).sort(([, one], [, other]) => other - one)[0]?.[0];
  expect(lines.map(({ prediction }) => prediction)).toEqual(lines.map((line) => best(line.scores)));
  // An ensemble averages probabilities, and has no likelihoods.
  for (const { scores: shares } of chosen.ensemble ?? [])
    expect(Object.values(shares).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 10);

  const rows = ['in the sea', 'it was late and the sea was dark', 'no'].map((completion, at) => ({
    prompt: `The whale rose, ${at}`,
    completion,
  }));
  const written = await texts('language', rows, { chat_template: 'none' }, true);
  const tokens = linesOf(written.file, tokenLine);
  for (const { index, truth } of tokens) expect(truth).toContain(rows[index]?.completion);
  const total = (name: string) => tokens.reduce((sum, line) => sum + (line.scores[name] ?? Number.NaN), 0);
  expect(-total('log_likelihood') / total('tokens')).toBeCloseTo(written.score.loss, 10);
  expect(total('right') / total('tokens')).toBeCloseTo(written.score.accuracy ?? Number.NaN, 12);
  expect(tokens[0]?.loss).toBeCloseTo(
    -(tokens[0]?.scores['log_likelihood'] ?? 0) / (tokens[0]?.scores['tokens'] ?? 0),
    6,
  );
});

it('leaves the old file where the disk or the lines give out', async () => {
  const file = join(folder, 'old.jsonl');
  writeFileSync(file, 'old');
  function* broken(): Generator<PredictionLine> {
    yield { index: 0, truth: 'a', prediction: 'b', scores: {}, loss: 1 };
    throw new Error('no line');
  }
  await expect(writePredictions(file, broken())).rejects.toThrow('no line');
  expect(readFileSync(file, 'utf8')).toBe('old');
});

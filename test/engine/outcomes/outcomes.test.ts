import { beforeAll, describe, expect, it } from 'vitest';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import {
  answerLine,
  ensemblePredictions,
  outcomesOf,
  predictionsOf,
  sampleAnswers,
  scoreEnsemble,
  scoreOutputs,
  scorePredictions,
  type TaskOutputs,
} from '../../../src-main/engine/outcomes/index.ts';
import { embeddingLoss } from '../../../src-main/engine/tasks/embedding/losses/index.ts';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import type { Score } from '../../../src-shared/domain/studies/plan.ts';
import { encodeOutcomes, exampleValues } from '../../../src-shared/results/outcomes.ts';
import { testCompute } from '../test-compute.ts';

beforeAll(() => activateCompute(testCompute));

const nameOf = (_: number, output: number) => ['cat', 'dog', 'cow'][output] ?? '';
const words = { names: ['cat', 'dog', 'cow'], reference: 'the reference' };

const classes = (logits: number[]): TaskOutputs => ({
  kind: 'classes',
  logits: Float32Array.from(logits),
  labels: Int32Array.of(1, 0, 0),
  classCount: 2,
});
/** Probabilities 1/4, 3/4; 1/2, 1/2 (the first of equals counts); 1/10, 9/10. */
const oneOfClasses = classes([0, Math.log(3), 2, 2, 0, Math.log(9)]);
const otherOfClasses = classes([Math.log(9), 0, 0, 0, Math.log(9), 0]);

const tokens: TaskOutputs = {
  kind: 'tokens',
  lossSums: Float64Array.of(3, 1, 8),
  tokens: Uint32Array.of(3, 1, 5),
  right: Uint32Array.of(2, 1, 0),
  ends: Uint32Array.of(1, 0, 1),
  endLossSums: Float64Array.of(0.5, 0, 1),
  completions: true,
};
/** A right pair, a wrong pair, and a single answer that is wanted. */
const preferences: TaskOutputs = {
  kind: 'preferences',
  losses: Float64Array.of(0.25, 1, 0.75),
  chosen: Float64Array.of(2, -1, 0.5),
  rejected: Float64Array.of(1, 1, Number.NaN),
};

describe('classes', () => {
  it('have a loss each and are right or wrong, by hand-worked numbers', async () => {
    const { losses, correct, tokens } = outcomesOf(await predictionsOf(oneOfClasses));
    for (const [at, probability] of [3 / 4, 1 / 2, 1 / 10].entries())
      expect(losses[at]).toBeCloseTo(-Math.log(probability), 6);
    expect([...(correct ?? [])]).toEqual([1, 1, 0]);
    expect(tokens).toBeNull();
  });

  it('two models give the weighted mean of their probabilities, not of their logits', async () => {
    // Half of each: 3/4 and 1/10 of the first label, 1/10 and 9/10 of the third.
    const ensemble = outcomesOf(await ensemblePredictions([oneOfClasses, otherOfClasses], [1, 1]));
    expect(ensemble.losses[0]).toBeCloseTo(-Math.log(0.425), 6);
    expect([...(ensemble.correct ?? [])]).toEqual([0, 1, 1]);
    const weighted = await ensemblePredictions([oneOfClasses, otherOfClasses], [3, 1]);
    const { scores } = answerLine(weighted, 0, words);
    expect(scores['cat']).toBeCloseTo(0.75 * 0.25 + 0.25 * 0.9, 6);
    expect(scores['dog']).toBeCloseTo(0.75 * 0.75 + 0.25 * 0.1, 6);
  });

  it('are scored, shown and written', async () => {
    const predictions = await predictionsOf(oneOfClasses);
    const { accuracy, loss, confusion } = scorePredictions(predictions);
    expect(accuracy).toBeCloseTo(2 / 3, 12);
    expect(loss).toBeCloseTo((Math.log(4 / 3) + Math.log(2) + Math.log(10)) / 3, 6);
    expect(confusion).toEqual([
      [1, 1],
      [0, 1],
    ]);
    expect(sampleAnswers(predictions, 2, nameOf)).toEqual([
      { text: 'dog', probability: expect.closeTo(3 / 4), isRight: true },
      { text: 'cat', probability: expect.closeTo(1 / 2), isRight: true },
    ]);
    expect(answerLine(predictions, 2, { ...words, names: ['cat', 'dog'] })).toEqual({
      truth: 'cat',
      prediction: 'dog',
      scores: { cat: expect.closeTo(0.1), dog: expect.closeTo(0.9) },
    });
  });
});

describe('label sets', () => {
  const sets: TaskOutputs = {
    kind: 'label-sets',
    logits: Float32Array.of(Math.log(3), -Math.log(3), Math.log(3), Math.log(3)),
    targets: Float32Array.of(1, 0, 1, 0),
    width: 2,
  };

  it('are right where every label is, and lose on each label', async () => {
    const predictions = await predictionsOf(sets);
    const { losses, correct } = outcomesOf(predictions);
    expect(losses[0]).toBeCloseTo(-Math.log(3 / 4), 6);
    expect(losses[1]).toBeCloseTo(-(Math.log(3 / 4) + Math.log(1 / 4)) / 2, 6);
    expect([...(correct ?? [])]).toEqual([1, 0]);
    const { accuracy, loss } = scorePredictions(predictions);
    expect(accuracy).toBe(0.5);
    expect(loss).toBeCloseTo(-(3 * Math.log(3 / 4) + Math.log(1 / 4)) / 4, 6);
    expect(sampleAnswers(predictions, 2, nameOf)).toEqual([
      { text: 'cat', probability: null, isRight: true },
      { text: 'cat, dog', probability: null, isRight: false },
    ]);
    expect(answerLine(predictions, 1, { ...words, names: ['cat', 'dog'] })).toEqual({
      truth: ['cat'],
      prediction: ['cat', 'dog'],
      scores: { cat: expect.closeTo(0.75), dog: expect.closeTo(0.75) },
    });
  });

  it('two models give the weighted mean of their probabilities', async () => {
    const other: TaskOutputs = { ...sets, logits: Float32Array.of(0, 0, 0, 0) };
    const { scores } = answerLine(await ensemblePredictions([sets, other], [1, 3]), 0, words);
    expect(scores['cat']).toBeCloseTo(0.25 * 0.75 + 0.75 * 0.5, 6);
    expect(scores['dog']).toBeCloseTo(0.25 * 0.25 + 0.75 * 0.5, 6);
  });
});

it('numbers have a squared error, and those of two models their weighted mean', async () => {
  const numbers: TaskOutputs = {
    kind: 'numbers',
    predictions: Float32Array.of(1, 2, 4),
    targets: Float32Array.of(1, 2.5, 3),
  };
  const predictions = await predictionsOf(numbers);
  expect(outcomesOf(predictions)).toEqual({ losses: Float32Array.of(0, 0.25, 1), correct: null, tokens: null });
  expect(scorePredictions(predictions)).toMatchObject({ accuracy: null, loss: 1.25 / 3 });
  expect(sampleAnswers(predictions, 1, nameOf)).toEqual([{ text: '1.00', probability: null, isRight: null }]);
  expect(answerLine(predictions, 1, words)).toEqual({ truth: 2.5, prediction: 2, scores: { value: 2 } });
  const other: TaskOutputs = { ...numbers, predictions: Float32Array.of(5, 6, 8) };
  expect(answerLine(await ensemblePredictions([numbers, other], [3, 1]), 2, words).prediction).toBe(5);
});

it('tags of words are averaged by word, and their entities are counted', async () => {
  // Two texts of two words and of one; the tag of the last is wrong.
  const tags: TaskOutputs = {
    kind: 'tags',
    logits: Float32Array.of(Math.log(3), 0, 0, Math.log(3), 0, Math.log(4)),
    labels: Int32Array.of(0, 1, 0),
    counts: Uint32Array.of(2, 1),
    names: ['O', 'B-CAT'],
  };
  const predictions = await predictionsOf(tags);
  const { losses, correct, tokens: counted } = outcomesOf(predictions);
  expect(losses[0]).toBeCloseTo(Math.log(4 / 3), 6);
  expect(losses[1]).toBeCloseTo(Math.log(5), 6);
  expect(correct).toBeNull();
  expect(counted).toEqual({ counted: Uint32Array.of(2, 1), right: Uint32Array.of(2, 0) });
  const score = scorePredictions(predictions);
  expect(score.accuracy).toBeCloseTo(2 / 3, 12);
  expect(score.loss).toBeCloseTo((2 * Math.log(4 / 3) + Math.log(5)) / 3, 6);
  expect(score.entities).toEqual([{ type: 'CAT', precision: 0.5, recall: 1, f1: expect.closeTo(2 / 3), count: 1 }]);
  expect(sampleAnswers(predictions, 2, nameOf)).toEqual([
    { text: 'O B-CAT', probability: null, isRight: true },
    { text: 'B-CAT', probability: null, isRight: false },
  ]);
  expect(answerLine(predictions, 1, words)).toEqual({ truth: ['O'], prediction: ['B-CAT'], scores: {} });
  // 1/4 · 4/5 + 3/4 · 1/10 < 1/2: the other model outweighs the first.
  const other: TaskOutputs = { ...tags, logits: Float32Array.of(0, 0, 0, 0, Math.log(9), 0) };
  expect(answerLine(await ensemblePredictions([tags, other], [1, 3]), 1, words).prediction).toEqual(['O']);
});

it('answers in a text are found by the mean of the models’ logits', async () => {
  const context = { text: 'a red cat', starts: Int32Array.of(0, 2, 6), ends: Int32Array.of(1, 5, 9) };
  const decoding = { n_best_size: 5, max_answer_length: 2, null_score_diff_threshold: 0, hasUnanswerable: false };
  const spans = (starts: number[], ends: number[]): TaskOutputs => ({
    kind: 'spans',
    questions: [
      {
        question: 'which?',
        context,
        windows: [{ offset: 1, first: 0, end: 3 }],
        labels: [[2, 3]],
        golds: ['red cat', 'cat'],
      },
    ],
    logits: [[{ starts, ends }]],
    decoding,
  });
  const one = spans([0, 0, Math.log(2), 0], [0, 0, 0, Math.log(2)]);
  const predictions = await predictionsOf(one);
  // Start and end: the probability 2/5 each.
  expect(outcomesOf(predictions).losses[0]).toBeCloseTo(Math.log(5 / 2), 6);
  expect(scorePredictions(predictions)).toMatchObject({
    accuracy: 1,
    loss: expect.closeTo(Math.log(5 / 2), 12),
    metrics: { exact_match: 1, answer_f1: 1 },
  });
  expect(sampleAnswers(predictions, 1, nameOf)).toEqual([{ text: 'red cat', probability: null, isRight: true }]);
  expect(answerLine(predictions, 0, words)).toEqual({
    truth: ['red cat', 'cat'],
    prediction: 'red cat',
    scores: { score: expect.closeTo(2 * Math.log(2)) },
  });
  // By weight the other's "a" scores 3/4 · 2 ln 4 > 1/4 · 2 ln 2.
  const other = spans([0, Math.log(4), 0, 0], [0, Math.log(4), 0, 0]);
  const both = await ensemblePredictions([one, other], [1, 3]);
  expect(answerLine(both, 0, words)).toMatchObject({
    prediction: 'a',
    scores: { score: expect.closeTo(3 * Math.log(2)) },
  });
  expect([...(outcomesOf(both).correct ?? [])]).toEqual([0]);
});

it('tokens are averaged over tokens, without the ends in the perplexity', async () => {
  const predictions = await predictionsOf(tokens);
  expect(outcomesOf(predictions).losses).toEqual(Float32Array.of(1, 1, 8 / 5));
  const { accuracy, loss, metrics } = scorePredictions(predictions);
  expect([accuracy, loss]).toEqual([3 / 9, 12 / 9]);
  expect(metrics).toEqual({ perplexity: expect.closeTo(Math.exp(10.5 / 7)), exact_match: 1 / 3 });
  expect(sampleAnswers(predictions, 2, nameOf)).toEqual([]);
  expect(answerLine(predictions, 2, words)).toEqual({
    truth: 'the reference',
    prediction: null,
    scores: { log_likelihood: -8, tokens: 5, right: 0 },
  });
});

it('preferences are right where the chosen answer has more reward', async () => {
  const predictions = await predictionsOf(preferences);
  expect([...(outcomesOf(predictions).correct ?? [])]).toEqual([1, 0, 1]);
  expect(scorePredictions(predictions)).toMatchObject({ accuracy: expect.closeTo(2 / 3), loss: 2 / 3 });
  expect(sampleAnswers(predictions, 2, nameOf)).toEqual([]);
  expect([0, 1, 2].map((row) => answerLine(predictions, row, words))).toEqual([
    { truth: 'chosen', prediction: 'chosen', scores: { chosen: 2, rejected: 1 } },
    { truth: 'chosen', prediction: 'rejected', scores: { chosen: -1, rejected: 1 } },
    { truth: 'chosen', prediction: 'chosen', scores: { chosen: 0.5 } },
  ]);
});

describe('vectors', () => {
  const texts = ['a cat', 'a dog', 'a cow', 'a red cat'];
  const vectors = (values: number[]): TaskOutputs => ({
    kind: 'vectors',
    vectors: Float32Array.from(values),
    width: 2,
    pairs: {
      form: 'ranking',
      anchors: Int32Array.of(0, 1),
      others: Int32Array.of(3, 2),
      negatives: [[], []],
      targets: new Float32Array(0),
      loss: embeddingLoss('auto', 'ranking'),
      settings: runConfigSchema.parse({}),
      textOf: (row) => texts[row] ?? '',
    },
  });
  /** Cosines of cat and red cat 0.8, cat and cow 0; dog and cow 0.6, dog and red cat 1. */
  const one = vectors([1, 0, 0.8, 0.6, 0, 1, 0.8, 0.6]);

  it('rank texts by their similarity', async () => {
    const predictions = await predictionsOf(one);
    expect([...(outcomesOf(predictions).correct ?? [])]).toEqual([1, 0]);
    expect(scorePredictions(predictions)).toMatchObject({ accuracy: 0.5, metrics: { mrr_at_10: 0.75 } });
    expect(sampleAnswers(predictions, 1, nameOf)).toEqual([{ text: 'a red cat', probability: null, isRight: true }]);
    expect(answerLine(predictions, 1, words)).toEqual({
      truth: 'a cow',
      prediction: 'a red cat',
      scores: { cosine: expect.closeTo(0.6), rank: 2 },
    });
  });

  it('two models give the weighted mean of their similarities', async () => {
    const other = vectors([1, 0, 0, 1, 0, 1, 1, 0]);
    const both = await ensemblePredictions([one, other], [1, 1]);
    expect(answerLine(both, 1, words)).toMatchObject({ prediction: 'a cow', scores: { cosine: expect.closeTo(0.8) } });
  });
});

describe('an ensemble', () => {
  const one: readonly TaskOutputs[] = [oneOfClasses, otherOfClasses];

  it.each([[[0, 0]], [[1, -1]], [[2, -1]], [[Number.NaN, 1]]])('rejects the weights %j', async (weights) => {
    await expect(ensemblePredictions(one, weights)).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining(`The weights of an ensemble are ${weights.join(', ')}`),
    });
  });

  it('rejects weights that add up to zero for answers and vectors as well', async () => {
    const spans: TaskOutputs = {
      kind: 'spans',
      questions: [],
      logits: [],
      decoding: { n_best_size: 1, max_answer_length: 1, null_score_diff_threshold: 0, hasUnanswerable: false },
    };
    const vectors: TaskOutputs = {
      kind: 'vectors',
      vectors: Float32Array.of(1, 1),
      width: 1,
      pairs: {
        form: 'scores',
        anchors: Int32Array.of(0),
        others: Int32Array.of(1),
        negatives: [[]],
        targets: Float32Array.of(1),
        loss: embeddingLoss('auto', 'scores'),
        settings: runConfigSchema.parse({}),
        textOf: String,
      },
    };
    for (const outputs of [spans, vectors])
      await expect(ensemblePredictions([outputs, outputs], [0, 0])).rejects.toThrow('weights of an ensemble');
  });

  it('rejects outputs of language models, which do not determine the mean of their probabilities', async () => {
    for (const outputs of [tokens, preferences])
      await expect(scoreEnsemble([outputs, outputs], [1, 1])).rejects.toMatchObject({ code: 'refused' });
  });

  it('rejects members with other kinds of outputs', async () => {
    await expect(ensemblePredictions<TaskOutputs['kind']>([oneOfClasses, tokens], [1, 1])).rejects.toThrow(
      'members with classes and tokens',
    );
  });
});

it('means of the outcomes are the accuracy and the loss of the score, for every task', async () => {
  const scored: TaskOutputs[] = [
    oneOfClasses,
    {
      kind: 'label-sets',
      logits: Float32Array.of(2, -1, 0.5, 3, -2, 0.25),
      targets: Float32Array.of(1, 0, 0, 1, 0, 1),
      width: 2,
    },
    { kind: 'numbers', predictions: Float32Array.of(1, 2, 4), targets: Float32Array.of(1, 2.5, 3) },
    tokens,
    preferences,
  ];
  for (const outputs of scored) {
    const { accuracy, loss, metrics } = await scoreOutputs(outputs);
    expect(scorePredictions(await predictionsOf(outputs)).loss).toBe(loss);
    const score: Score = {
      accuracy,
      loss,
      metrics,
      examples: 3,
      kept: null,
      total: null,
      outcomes: encodeOutcomes(outcomesOf(await predictionsOf(outputs))),
    };
    expect(weightedMean(score, 'loss')).toBeCloseTo(loss, 6);
    if (accuracy === null) expect(exampleValues(score, 'accuracy')).toBeNull();
    else expect(weightedMean(score, 'accuracy')).toBeCloseTo(accuracy, 6);
  }
});

function weightedMean(score: Score, metric: 'accuracy' | 'loss'): number {
  const { values, weights } = exampleValues(score, metric) ?? { values: new Float32Array(0), weights: null };
  let [sum, total] = [0, 0];
  for (const [at, value] of values.entries()) {
    const weight = weights?.[at] ?? 1;
    sum += weight * value;
    total += weight;
  }
  return sum / total;
}

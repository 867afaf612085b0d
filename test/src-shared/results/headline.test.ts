import { expect, test } from 'vitest';
import { headlineOf, headlineText, namedScores } from '../../../src-shared/results/headline.ts';
import { embedding } from '../../../src-shared/tasks/embedding.ts';

test('a classifier is known by its accuracy', () => {
  const scores = { accuracy: 0.9321, metrics: { f1_macro: 0.9 } };
  expect(headlineText(scores)).toBe('93.2 %');
  expect(namedScores(scores).map(({ label }) => label)).toEqual(['Accuracy', 'F1 (macro)']);
});

test('a language model is known by its perplexity, never by the accuracy of its tokens', () => {
  const scores = { accuracy: 0.309, metrics: { perplexity: 4.4242 } };
  expect(headlineText(scores)).toBe('perplexity 4.42');
  expect(namedScores(scores).map(({ label, text }) => [label, text])).toEqual([
    ['Perplexity', '4.42'],
    ['Token accuracy', '30.9 %'],
  ]);
});

test('and by its exact matches where they were counted', () => {
  const scores = { accuracy: 0.9, metrics: { perplexity: 1.2, exact_match: 0.125 } };
  expect(headlineText(scores)).toBe('exact match 12.5 %');
  expect(namedScores(scores).map(({ id }) => id)).toEqual(['exact_match', 'perplexity', 'accuracy']);
});

test('tagged words are known by the F1 of their entities', () => {
  const scores = { accuracy: 0.97, metrics: { entity_f1: 0.5, entity_precision: 0.6, entity_recall: 0.4286 } };
  expect(headlineText(scores)).toBe('entity F1 50.0 %');
  expect(namedScores(scores).map(({ label, text }) => [label, text])).toEqual([
    ['Entity F1', '50.0 %'],
    ['Entity precision', '60.0 %'],
    ['Entity recall', '42.9 %'],
    ['Word accuracy', '97.0 %'],
  ]);
});

test('answers are known by their F1, and their exact matches are said once', () => {
  const metrics = { answer_f1: 0.75, exact_match: 0.5, answerable_f1: 0.8, unanswerable_accuracy: 0.7, accuracy: 0.5 };
  const scores = { accuracy: 0.5, metrics };
  expect(headlineText(scores)).toBe('answer F1 75.0 %');
  expect(namedScores(scores).map(({ label, text }) => [label, text])).toEqual([
    ['Answer F1', '75.0 %'],
    ['Exact match', '50.0 %'],
    ['F1, answerable', '80.0 %'],
    ['Accuracy, unanswerable', '70.0 %'],
  ]);
});

test('a lower perplexity ranks higher', () => {
  const rank = (perplexity: number) => headlineOf({ accuracy: null, metrics: { perplexity } })?.rank ?? Number.NaN;
  expect(rank(3)).toBeGreaterThan(rank(4));
});

test('regression is known by its correlation, and without a score nothing is said', () => {
  const { bestBy } = embedding;
  for (const metrics of [
    { pearson: -0.5, spearman: -0.25 },
    { ndcg_at_10: 0.5, recall_at_1: 0.5 },
  ])
    expect(bestBy).toContain(headlineOf({ accuracy: null, metrics })?.id);
  expect(headlineText({ accuracy: null, metrics: { pearson: -0.5, spearman: -0.25 } })).toBe('Spearman −0.250');
  expect(headlineText({ accuracy: null, metrics: {} })).toBe('');
  expect(headlineText(null)).toBe('');
});

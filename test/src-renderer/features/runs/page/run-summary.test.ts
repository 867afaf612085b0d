import { expect, test } from 'vitest';
import { sparkPath } from '../../../../../src-renderer/features/runs/list/spark-line.tsx';
import { stepShare, summarizeRun } from '../../../../../src-renderer/features/runs/page/run-summary.ts';
import { type RunRecord, runConfigSchema } from '../../../../../src-shared/domain/runs/run.ts';
import type { Curve } from '../../../../../src-shared/domain/runs/run-history.ts';
import { runInfoSchema } from '../../../../../src-shared/domain/runs/run-info.ts';
import { makeCurve } from '../../../../src-shared/curves/make-curve.ts';

const curves = (...all: Curve[]) => new Map(all.map((curve) => [curve.metric, curve]));
const facts = runInfoSchema.parse({
  totalSteps: 500,
  trainableParameters: 1,
  totalParameters: 2,
  groups: [],
  trainExamples: 1,
  evalExamples: 1,
  backend: 'native',
  threads: 2,
});
const run: RunRecord = {
  ...{
    id: 'a',
    name: 'a',
    config: runConfigSchema.parse({ eval_steps: 100 }),
    modelId: 'b',
    datasetId: 'd',
    folder: '',
  },
  status: 'running',
  ...{ tags: [], note: '', starred: false, archived: false, studyId: null, step: 142 },
  ...{ facts, result: null, adapterId: null, error: null, createdAt: 1, startedAt: 1, finishedAt: null },
  checkpoints: [],
};
const progress = { phase: 'Training', done: 142, total: 500, unit: 'steps', perSecond: 2, etaSeconds: 180 };

test('a run in progress: where it is, and what is still to come', () => {
  const { step, loss, score, memory } = summarizeRun(run, curves(makeCurve('loss', [0, 1, 2], [2, 0.5, 0.75])), {
    progress,
  });
  expect(step).toMatchObject({ value: '142 / 500', note: '3 min 00 s left' });
  expect(stepShare(run)).toBe(142 / 500);
  expect(loss).toMatchObject({ value: '0.750', note: 'best 0.500' });
  expect(score).toMatchObject({ label: 'Test evaluation', value: '–', note: 'first at step 100' });
  expect(memory).toMatchObject({ value: '–', note: 'native, 2 threads' });
});

test('evaluations: now, the best and its step, and the change since step 0', () => {
  const accuracy = makeCurve('eval_accuracy', [0, 100, 200], [0.1, 0.7, 0.65]);
  expect(summarizeRun(run, curves(accuracy), undefined).score).toEqual({
    label: 'Test accuracy',
    value: '65.0 %',
    note: 'best 70.0 % at step 100',
    aside: { text: '+55.0 pts', help: 'Change since the evaluation at step 0' },
  });
  const perplexity = makeCurve('eval_perplexity', [100, 200], [8, 6]);
  const answers = makeCurve('eval_answer_f1', [0, 100], [0.1, 0.45]);
  expect(summarizeRun(run, curves(answers), undefined).score).toMatchObject({
    value: '45.0 %',
    aside: { text: '+35.0 pts' },
  });
  const tokens = makeCurve('eval_accuracy', [100, 200], [0.3, 0.4]);
  expect(summarizeRun(run, curves(perplexity, tokens), undefined).score).toEqual({
    label: 'Test perplexity',
    value: '6.00',
    note: 'best 6.00 at step 200',
  });
});

test('while it is evaluated, the phase stands in place of the time left', () => {
  const evaluating = { ...progress, phase: 'Evaluating at step 100', unit: 'examples' };
  expect(summarizeRun(run, new Map(), { progress: evaluating }).step.note).toBe('Evaluating at step 100');
  expect(summarizeRun({ ...run, status: 'queued' }, new Map(), undefined).step.note).toBe('Waiting in the queue');
});

test('a spark line is no longer than its place, and a flat one lies in the middle', () => {
  expect(sparkPath([1, 3, 2], 20, 12)).toBe('M0.0 11.0L10.0 1.0L20.0 6.0');
  expect(sparkPath([1, 1], 20, 12)).toBe('M0.0 6.0L20.0 6.0');
  expect(sparkPath(Float64Array.from({ length: 5000 }, Math.random), 50, 12).split('L').length).toBeLessThanOrEqual(51);
});

test('the peak of the memory is said where it is not what is taken now', () => {
  const memory = (values: readonly number[]) =>
    summarizeRun(run, curves(makeCurve('memory_bytes', [0, 1], values)), undefined).memory;
  expect(memory([2 ** 30, 2 ** 29])).toMatchObject({ value: '512 MiB', aside: { text: 'peak 1.00 GiB' } });
  expect(memory([2 ** 30, 2 ** 30])).not.toHaveProperty('aside');
});

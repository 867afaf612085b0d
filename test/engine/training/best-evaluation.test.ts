import { describe, expect, test } from 'vitest';
import { BestEvaluation, criterionOf } from '../../../src-main/engine/training/best-evaluation.ts';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { metricsFor } from '../../../src-shared/metrics/index.ts';

const scoreOf = (value: number | null) => ({
  accuracy: null,
  loss: 1,
  metrics: value === null ? {} : { f1_macro: value },
});

describe('early stopping and the best evaluation', () => {
  // EarlyStoppingCallback of Transformers 5.24.0 on the same values, the best by Trainer's rule: [stops after, best].
  const cases: [
    values: number[],
    patience: number,
    threshold: number,
    greater: boolean,
    result: [number | null, number],
  ][] = [
    [[0.32, 0.15, 0.65, 0.07], 1, 0, true, [1, 0]],
    [[0.55, 0.06, 0.57, 0.95, 0.63, 0.58], 3, 0, false, [4, 1]],
    [[0.42, 0.54, 0.57, 0.56, 0.68, 0.1, 0.57, 0.19, 0.1, 0.71], 3, 0, true, [7, 4]],
    [[0.88, 0.73, 0.29, 0.98, 0.12, 0.42, 0.76, 0.15, 0.49], 3, 0, false, [7, 4]],
    [[0.34, 0.35, 0.5, 0.8], 2, 0.2, false, [2, 0]],
    [[0.15, 0.18, 0.23, 0.23, 0.48, 0.59, 0.26, 0, 0.42, 0.37], 3, 0.05, true, [8, 5]],
    // Each is better than the last by less than the threshold: the best moves on, the count does too.
    [[0.5, 0.54, 0.58, 0.62, 0.66], 2, 0.05, true, [2, 2]],
    [[0.5, 0.6, 0.7], 1, 0, true, [null, 2]],
  ];
  test.each(cases)(
    '%j, patience %i, threshold %d, greater is better: %s',
    (values, patience, threshold, greater, result) => {
      const settings = { early_stopping_patience: patience, early_stopping_threshold: threshold };
      const criterion = { metric: 'f1_macro', greaterIsBetter: greater };
      let best = new BestEvaluation(criterion, settings);
      let stopped: number | null = null;
      for (const [at, value] of values.entries()) {
        best.add(scoreOf(value), at);
        // Simulates a pause and a resume after each evaluation.
        const { state } = best;
        best = new BestEvaluation(criterion, settings);
        best.restore(state.best, state.withoutImprovement);
        if (best.isOver) {
          stopped = at;
          break;
        }
      }
      expect([stopped, best.state.best?.step]).toEqual(result);
    },
  );

  test('an evaluation without the metric is no improvement and no best; without patience nothing ends', () => {
    const best = new BestEvaluation({ metric: 'f1_macro', greaterIsBetter: true }, runConfigSchema.parse({}));
    expect([0.5, null, 0.4, 0.6].map((value, step) => best.add(scoreOf(value), step))).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect(best.state).toMatchObject({ best: { step: 3, value: 0.6 }, withoutImprovement: 0 });
    for (let step = 4; step < 90; step++) best.add(scoreOf(0), step);
    expect(best.isOver).toBe(false);
  });

  test('a checkpoint of a version without other metrics goes on with its accuracy or loss', () => {
    const settings = runConfigSchema.parse({});
    for (const [metric, value] of [
      ['accuracy', 0.5],
      ['loss', 2],
    ] as const) {
      const best = new BestEvaluation({ metric, greaterIsBetter: metric === 'accuracy' }, settings);
      best.restore({ step: 4, accuracy: 0.5, loss: 2, value: null }, 0);
      expect(best.state.best?.value).toBe(value);
      expect(best.add({ accuracy: 0.4, loss: 3, metrics: {} }, 8)).toBe(false);
    }
  });
});

describe('the criterion', () => {
  const config = (settings: object) => runConfigSchema.parse(settings);
  const classes = metricsFor('classes', 3);
  test('is accuracy, or loss where there is none; a named one by its own direction, with the prefix eval_ or without', () => {
    const byAccuracy = { declaration: { bestBy: ['accuracy'] } } as const;
    expect(criterionOf(config({}), byAccuracy, classes)).toEqual({ metric: 'accuracy', greaterIsBetter: true });
    expect(criterionOf(config({}), byAccuracy, metricsFor('numbers'))).toEqual({
      metric: 'loss',
      greaterIsBetter: false,
    });
    const named = (metric_for_best_model: string, more: object = {}) =>
      criterionOf(config({ metric_for_best_model, ...more }), byAccuracy, [...classes, 'perplexity']);
    expect(named('eval_f1_macro')).toEqual({ metric: 'f1_macro', greaterIsBetter: true });
    expect(named('eval_loss')).toEqual({ metric: 'loss', greaterIsBetter: false });
    expect(named('perplexity')).toEqual({ metric: 'perplexity', greaterIsBetter: false });
    expect(named('loss', { greater_is_better: true })).toEqual({ metric: 'loss', greaterIsBetter: true });
  });

  test('is refused before the start: an unknown metric with the list, and patience without evaluations', () => {
    const refusal = (settings: object) => {
      try {
        return criterionOf(config(settings), { declaration: { bestBy: ['accuracy'] } }, classes);
      } catch (thrown) {
        return thrown;
      }
    };
    expect(refusal({ metric_for_best_model: 'bleu' })).toMatchObject({
      code: 'invalid_input',
      message: 'metric_for_best_model is "bleu", but the task has no such metric.',
      hint: 'Choose one of loss, accuracy, f1_macro, f1_micro, f1_weighted, matthews, ece, brier.',
    });
    expect(refusal({ early_stopping_patience: 2 })).toMatchObject({
      message: expect.stringContaining('early_stopping_patience is 2, but eval_steps is 0'),
    });
    expect(metricsFor('classes', 2)).toContain('f1_binary');
  });
});

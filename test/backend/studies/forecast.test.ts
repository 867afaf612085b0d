import { afterEach, expect, test } from 'vitest';
import { powerText, trainingsText } from '../../../src-shared/domain/studies/study-forecast.ts';
import { detectableDifference } from '../../../src-shared/statistics/detectable-difference.ts';
import { closeBackends, openBackend, realEngine, tinyConfig, tinyIdx, tinyResources } from '../support.ts';

afterEach(closeBackends);

const open = () => openBackend({ startEngine: realEngine, resourcesDirectory: tinyResources() });
const config = (dataset: string, more: object = {}) => ({
  kind: 'ablation' as const,
  run: { ...tinyConfig, dataset },
  grid: { coto: [null, {}] },
  seeds: [1, 2, 3],
  ...more,
});

test('a forecast counts the work and says the smallest difference that can be detected', async () => {
  const backend = await open();
  const dataset = tinyIdx();
  const forecast = (more: object = {}) => backend.handle('studies.forecast', { config: config(dataset, more) });
  const three = await forecast();
  expect(three).toMatchObject({ trainings: 6, done: 0, scores: 6, seconds: null });
  const { difference } = detectableDifference({ seeds: 3, examples: 20 });
  expect(three.power).toEqual({ metric: 'accuracy', seeds: 3, examples: 20, comparisons: 1, difference });
  expect(powerText(three)).toContain(`3 seeds and 20 test examples detect: ${(100 * difference).toFixed(1)} points`);
  expect(three.warnings).toEqual([expect.stringContaining('cannot give p below 0.25')]);

  const one = await forecast({ seeds: [1] });
  expect(one.warnings).toEqual([expect.stringContaining('One seed decides nothing')]);
  expect(powerText(one)).toContain('between these two adapters');
  const f1 = await forecast({ metric: 'f1_macro', scores: ['alone', { merge: 'factor-average' }] });
  expect(f1).toMatchObject({ trainings: 6, scores: 12, power: { difference: null } });
  expect(f1.warnings.at(-1)).toContain('intervals of f1_macro are over seeds only');
  expect(powerText(f1)).toContain('standard deviations');

  // Two cells × two rates × one seed, then the two seeds that the sweep has not trained.
  const tune = { learning_rate: [1e-3, 1e-2], seeds: [1], validation_samples: 10 };
  expect(await forecast({ tune })).toMatchObject({ trainings: 4 + 4, scores: 4 + 6, power: { examples: 20 } });
  const extended = await forecast({ tune: { ...tune, extend: 3 } });
  expect(trainingsText({ ...extended, trainings: 0, extensions: 0, done: 8 })).toBe(
    'Nothing to train: all 8 trainings are there already',
  );
  expect(trainingsText({ ...extended, trainings: 0, extensions: 0, done: 0 })).toBe('Nothing to train');
  expect(trainingsText(extended)).toBe('At most 8 trainings, and 12 more if the learning rates are extended');
  expect(await backend.handle('studies.list', {})).toEqual([]);
});

test('rejects undecidable studies before training anything', async () => {
  const backend = await open();
  const dataset = tinyIdx();
  for (const request of ['studies.forecast', 'studies.create'] as const) {
    const refused = (more: object) => expect(backend.handle(request, { config: config(dataset, more) })).rejects;
    await refused({ metric: 'bleu' }).toThrow(/no metric "bleu"/);
    await refused({ further_metrics: ['perplexity'] }).toThrow(/no metric "perplexity"/);
    await refused({ scores: [{ merge: 'no-such' }] }).toThrow();
    await refused({ seeds: [1], scores: [{ merge: 'factor-average' }] }).toThrow(/there is one seed/);
    await refused({ tune: { learning_rate: [1, 2], seeds: [1] } }).toThrow(/nothing is held out/);
    await refused({ grid: { learning_rate: [-1] } }).toThrow(/learning_rate/);
  }
  expect(await backend.handle('runs.list', {})).toEqual([]);
});

import { afterEach, expect, test } from 'vitest';
import { powerText, trainingsText } from '../../../src-shared/domain/studies/study-forecast.ts';
import { detectableDifference, usualAssumptions } from '../../../src-shared/statistics/detectable-difference.ts';
import { publishedDeviations } from '../../../src-shared/studies/scores/seed-deviation.ts';
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

const points = (share: number) => `${(100 * share).toFixed(1)} points`;

test('a forecast counts the work and says the smallest difference that can be detected', async () => {
  const backend = await open();
  const dataset = tinyIdx();
  const forecast = (more: object = {}) => backend.handle('studies.forecast', { config: config(dataset, more) });
  const three = await forecast();
  expect(three).toMatchObject({ trainings: 6, done: 0, scores: 6, seconds: null });
  const seedDeviation = publishedDeviations.alone;
  const { difference } = detectableDifference({ seeds: 3, examples: 20 }, { ...usualAssumptions, seedDeviation });
  expect(three.power).toEqual({
    metric: 'accuracy',
    seeds: 3,
    examples: 20,
    comparisons: 1,
    difference,
    scores: [{ label: 'Alone', difference, seedDeviation, studies: 0, scope: 'kind' }],
  });
  expect(powerText(three)).toContain(
    `vary between seeds by ${points(publishedDeviations.alone)} (from the published studies)`,
  );
  expect(powerText(three)).toContain(`of about ${(100 * difference).toFixed(1)} points (3 seeds and 20 test examples)`);
  expect(three.warnings).toEqual([
    expect.stringContaining('too few for a significance test over seeds, whose lowest p is 0.25'),
  ]);

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
  expect(trainingsText({ ...extended, trainings: 0, extensions: 0, done: 8 })).toBe('Nothing to train (8 reused)');
  expect(trainingsText({ ...extended, trainings: 0, extensions: 0, done: 0 })).toBe('Nothing to train');
  expect(trainingsText(extended)).toBe('Up to 8 new runs, up to 12 more if the learning rates are extended');
  expect(await backend.handle('studies.list', {})).toEqual([]);
});

test('a forecast warns of two rates and of one draw for all seeds, and shows each score with its own deviation', async () => {
  const backend = await open();
  const dataset = tinyIdx();
  const forecast = (more: object = {}, run: object = {}) =>
    backend.handle('studies.forecast', {
      config: { ...config(dataset, more), run: { ...tinyConfig, dataset, ...run } },
    });
  const tune = { learning_rate: [1e-3, 1e-2], seeds: [1], validation_samples: 8 };
  const six = { seeds: [1, 2, 3, 4, 5, 6] };
  expect((await forecast({ ...six, tune })).warnings).toEqual([
    'The better of two learning rates is always at the edge of the grid. Give three rates or more.',
  ]);
  expect((await forecast({ ...six, tune: { ...tune, extend: 0 } })).warnings[0]).toContain('and tune.extend is 0');
  expect((await forecast({ ...six, tune: { ...tune, learning_rate: [1e-3, 3e-3, 1e-2] } })).warnings).toEqual([]);
  const drawn = { train_samples_per_class: 1 };
  expect((await forecast(six, { ...drawn, data_seed: 4 })).warnings).toEqual([
    expect.stringContaining('(data_seed 4), so no interval includes the draw'),
  ]);
  expect((await forecast(six, { ...drawn, data_seed: null })).warnings).toEqual([]);

  const scored = { ...six, scores: ['alone', { merge: 'factor-average' }, { prune: 'every-other-layer' }] };
  const several = await forecast(scored);
  expect(several.power?.scores.map(({ label, seedDeviation }) => [label, seedDeviation])).toEqual([
    ['Alone', publishedDeviations.alone],
    ['Factor average of two seeds', publishedDeviations.merge],
    ['Every other layer', publishedDeviations.prune],
  ]);
  for (const { difference, seedDeviation } of several.power?.scores ?? [])
    expect(difference).toBe(
      detectableDifference({ seeds: 6, examples: 20 }, { ...usualAssumptions, seedDeviation }).difference,
    );
  expect(powerText(several)).toMatch(/accuracy: Alone \d+\.\d points; Factor average of two seeds \d+\.\d points;/);
  expect(powerText(several)).toContain(
    `${points(publishedDeviations.prune)} (every other layer, from the published studies)`,
  );
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

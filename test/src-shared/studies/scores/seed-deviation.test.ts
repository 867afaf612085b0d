import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runConfigSchema } from '../../../../src-shared/domain/runs/run.ts';
import { type StudyRecord, studyRecordSchema } from '../../../../src-shared/domain/studies/study.ts';
import { interactionVariance } from '../../../../src-shared/statistics/detectable-difference.ts';
import { pseudoValues } from '../../../../src-shared/statistics/pairs-of-seeds.ts';
import { quantileOf } from '../../../../src-shared/statistics/quantile.ts';
import { meanInterval, sampleStandardDeviation } from '../../../../src-shared/statistics/student.ts';
import { publishedDeviations, seedDeviation } from '../../../../src-shared/studies/scores/seed-deviation.ts';

const place = { model: 'base', dataset: 'data' };
const pruned = { family: 'prune', method: 'every-other-layer' } as const;

/** A stored study whose pruned cells differ by these amounts, seed by seed. */
function stored(
  id: string,
  differences: readonly number[],
  more: { dataset?: string; method?: string } = {},
): StudyRecord {
  const { dataset = 'data', method = 'every-other-layer' } = more;
  const cell = (difference: object | null) => ({
    values: [],
    own: { mean: 0.5, n: differences.length, halfWidth: 0.01, bootstrap: null },
    difference,
    forgetting: null,
  });
  const difference = { ...meanInterval(differences), bootstrap: null, permutation: null };
  return studyRecordSchema.parse({
    id,
    name: id,
    kind: 'ablation',
    status: 'completed',
    config: {
      kind: 'ablation',
      run: runConfigSchema.parse({ model: 'base', dataset }),
      grid: { coto: [null, {}] },
      seeds: differences.map((_, seed) => seed),
      further_metrics: ['loss'],
      scores: ['alone', { prune: method }],
    },
    result: {
      kind: 'ablation',
      examples: 1000,
      metric: 'accuracy',
      reference: 0,
      cells: [],
      outcomes: [
        { label: 'Alone', metric: 'accuracy', cells: [cell(null)] },
        { label: 'Alone', metric: 'loss', cells: [cell(null)] },
        { label: 'Pruned', metric: 'accuracy', cells: [cell(null), cell(difference)] },
        { label: 'Pruned', metric: 'loss', cells: [cell(null), cell({ ...difference, halfWidth: 9 })] },
      ],
    },
    error: null,
    parentId: null,
    createdAt: 0,
    finishedAt: 0,
  });
}

test('estimates the deviation from stored differences of the same score, without what the examples add', () => {
  const differences = [0.02, -0.04, 0.1, 0.06, 0];
  const own = stored('one', differences);
  const found = seedDeviation([own], pruned, place);
  expect(found).toMatchObject({ studies: 1, scope: 'data and method' });
  const expected = Math.sqrt(sampleStandardDeviation(differences) ** 2 - interactionVariance(1000));
  expect(found.deviation).toBeCloseTo(expected, 9);
  // The mean of variances, weighted by their degrees of freedom.
  const second = [0.01, 0.02, 0.03];
  const both = seedDeviation([own, stored('two', second)], pruned, place);
  const variance = (4 * sampleStandardDeviation(differences) ** 2 + 2 * sampleStandardDeviation(second) ** 2) / 6;
  expect(both.deviation).toBeCloseTo(Math.sqrt(variance - interactionVariance(1000)), 9);
  expect(both.studies).toBe(2);
});

test('reads the score of a study that repeats its scores with other heads, without those', () => {
  const record = stored('heads', [0.02, -0.04, 0.1, 0.06, 0]);
  const { config, result } = record;
  if (config.kind !== 'ablation' || result?.kind !== 'ablation') throw new Error('stored makes an ablation.');
  const withHeads = result.outcomes.flatMap((outcome, at) => {
    const others = result.outcomes.slice(at - (at % 2), at - (at % 2) + 2);
    return at % 2 === 0 ? [outcome, ...others.slice(1), ...others.map((one) => ({ ...one, cells: [] }))] : [];
  });
  const repeated: StudyRecord = {
    ...record,
    config: { ...config, head: ['trained', 'refit_after'] },
    result: { ...result, outcomes: withHeads },
  };
  expect(withHeads).toHaveLength(8);
  expect(seedDeviation([repeated], pruned, place)).toEqual(seedDeviation([record], pruned, place));
});

test('falls back to other data, other methods and the published studies, and names which', () => {
  const far = stored('far', [0.02, -0.04, 0.1, 0.06, 0], { dataset: 'other data' });
  const other = stored('other', [0.2, -0.2, 0.1, 0, 0.1], { method: 'magnitude' });
  expect(seedDeviation([far, other], pruned, place)).toMatchObject({ studies: 1, scope: 'method' });
  expect(seedDeviation([other], pruned, place)).toMatchObject({ studies: 1, scope: 'kind' });
  const alone = { family: 'alone', method: null } as const;
  expect(seedDeviation([far, other], alone, place)).toEqual({
    deviation: publishedDeviations.alone,
    studies: 0,
    scope: 'kind',
  });
  // Two differences of three seeds decide nothing.
  expect(seedDeviation([stored('few', [0.1, 0, 0.2])], pruned, place).studies).toBe(0);
});

/** Number of questions of a bundled benchmark. */
function questionsOf(benchmark: string): number {
  const file = new URL(`../../../../assets/benchmarks/${benchmark}/questions.jsonl`, import.meta.url);
  return readFileSync(file, 'utf8').trimEnd().split('\n').length;
}

test('has the deviations of the published studies as fallback', () => {
  const folder = fileURLToPath(new URL('../../../../docs/results/studies/', import.meta.url));
  const sums = { alone: [0, 0], merge: [0, 0], prune: [0, 0] };
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.md'))) {
    const settings = readFileSync(`${folder}${file.replace(/md$/, 'yaml')}`, 'utf8');
    if (!settings.includes('kind: ablation')) continue;
    const benchmark = /^score: \{ task: (\S+) \}/m.exec(settings)?.[1];
    const examples =
      benchmark === undefined ? Number(/eval_samples: (\d+)/.exec(settings)?.[1]) : questionsOf(benchmark);
    const sections = readFileSync(`${folder}${file}`, 'utf8').split('\n## ').slice(1);
    for (const section of sections) {
      const label = /^(.*): accuracy of each cell/.exec(section)?.[1];
      // With another cell's head or strength, its spread is added.
      if (label === undefined || label.includes(', ')) continue;
      const family = label === 'Alone' ? 'alone' : label.endsWith('of two seeds') ? 'merge' : 'prune';
      let reference: number[] = [];
      for (const line of section.split('\n').slice(4)) {
        const cells = line.split('|').map((cell) => cell.trim());
        const values = (cells[3] ?? '').split(',').map((value) => Number(value.replace('−', '-')));
        if (cells[1]?.includes('(reference)')) reference = values;
        else if (values.length > 1 && values.every(Number.isFinite)) {
          const differences = values.map((value, at) => (value - (reference[at] ?? 0)) / 100);
          // One training that collapsed says nothing about how the others vary.
          const middle = quantileOf(
            differences.toSorted((a, b) => a - b),
            0.5,
          );
          if (differences.some((one) => Math.abs(one - middle) > 0.5)) continue;
          const isPairs = label.endsWith('of two seeds');
          // Seeds that make this many pairs: n · (n − 1) / 2.
          const seeds = isPairs ? (1 + Math.sqrt(1 + 8 * values.length)) / 2 : values.length;
          const bySeed = isPairs
            ? pseudoValues(
                differences.map((one) => [one]),
                seeds,
              ).map(([one]) => one ?? 0)
            : differences;
          const variance = Math.max(0, sampleStandardDeviation(bySeed) ** 2 - interactionVariance(examples));
          sums[family][0] = (sums[family][0] ?? 0) + (seeds - 1) * variance;
          sums[family][1] = (sums[family][1] ?? 0) + seeds - 1;
        }
      }
    }
  }
  for (const family of ['alone', 'merge', 'prune'] as const) {
    const [sum = 0, degrees = 0] = sums[family];
    const ratio = publishedDeviations[family] / Math.sqrt(sum / degrees);
    expect(ratio).toBeGreaterThan(0.9);
    expect(ratio).toBeLessThan(1.1);
  }
});

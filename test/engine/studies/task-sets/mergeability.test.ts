import { expect, test } from 'vitest';
import { studyWork } from '../../../../src-main/engine/studies/index.ts';
import type { PairsOfAdapters } from '../../../../src-shared/domain/merging/mergeability.ts';
import type { Score, ScoreSpec } from '../../../../src-shared/domain/studies/plan.ts';
import { studyConfigSchema } from '../../../../src-shared/studies/index.ts';
import { mergeabilityStudy } from '../../../../src-shared/studies/task-sets/mergeability.ts';
import { mergeabilityResultSchema } from '../../../../src-shared/studies/task-sets/mergeability-schemas.ts';

const work = studyWork('mergeability');
const tasks = ['a', 'b', 'c'];
const sets = (seeds: readonly number[]) =>
  seeds.map((seed) => ({ seed, adapters: tasks.map((task) => ({ adapterId: `${task}${seed}` })) }));
const given = (more: object = {}) => ({
  kind: 'mergeability',
  tasks: tasks.map((dataset) => ({ dataset })),
  methods: ['weight-average'],
  groups: [{ label: 'LoRA', coto: false, sets: sets([1, 2, 3]) }],
  ...more,
});
const parse = (more: object = {}) => studyConfigSchema.parse(given(more));
const score = (accuracy: number): Score => ({ accuracy, loss: 1, metrics: {}, examples: 50, kept: null, total: null });

/** Adapters 0, 1, 2 of the first task, then those of the others; pairs of one task have a cosine, others none. */
function pairsOf(cosine: (first: number, second: number) => number): PairsOfAdapters {
  return Array.from({ length: 9 }, (_, first) => first).flatMap((first) =>
    Array.from({ length: 9 - first - 1 }, (_, offset) => {
      const second = first + 1 + offset;
      const value = cosine(first, second);
      return {
        first,
        second,
        overlap: 0.2,
        expected: 0.1,
        deviations: 1,
        cosine: value,
        cosineDeviations: 1,
        conflict: 0.5,
        balance: 1,
        verdict: value < 0 ? ('do not' as const) : ('merge' as const),
        reason: '',
      };
    }),
  );
}
/** Own scores of 0.8; a merge of two loses half where their cosine is negative, else a tenth of what the cosine lacks. */
const scoreOf = (cosine: (first: number, second: number) => number) => (key: string) => {
  const [, kind, what = ''] = key.split('/');
  if (kind === 'own') return score(0.8);
  if (kind === 'set') return score(0.4);
  const [first = 0, second = 0] = what.split('-').map(Number);
  const value = cosine(first, second);
  return score(0.8 * (value < 0 ? 0.5 : 0.9 + 0.1 * value));
};
const cosine = (first: number, second: number) =>
  Math.floor(first / 3) === Math.floor(second / 3) ? 0.5 : -0.5 - 0.01 * (first + second);

test('pairs of one task and of one seed are merged under both heads, sets as a whole, and one map compares all', () => {
  const specs = work.plan(parse());
  const [map] = specs.filter((spec) => spec.kind === 'mergeability');
  expect(map?.subjects).toHaveLength(9);
  expect(map?.names[3]).toBe('The adapter of b, LoRA, seed 1');
  const scores = specs.filter((spec): spec is ScoreSpec => spec.kind === 'score');
  // 9 alone, 9 pairs of seeds and 9 of tasks under two heads, 3 sets of three.
  expect(scores).toHaveLength(9 + 18 * 2 + 9);
  expect(work.plan(parse({ pairs: 'all' })).filter(({ key }) => key.includes('/pair/'))).toHaveLength(36 * 2);
  const leaf = (adapterId: string) => ({ kind: 'adapter', adapter: { adapterId } });
  expect(scores.find(({ key }) => key === '0/pair/0-3/0/3')).toMatchObject({
    dataset: 'b',
    subject: {
      kind: 'withHead',
      head: leaf('b1'),
      subject: { inputs: [{ subject: leaf('a1') }, { subject: leaf('b1') }] },
    },
  });
});

test("compares a merge's loss with verdict and measures, and answers in words", () => {
  const result = mergeabilityResultSchema.parse(work.fold(parse(), scoreOf(cosine), undefined, () => pairsOf(cosine)));
  const [group] = result.groups;
  expect(group?.pairs).toHaveLength(18);
  expect(group?.pairs.find(({ first, second }) => first === 0 && second === 1)?.merges[0]?.lost).toBeCloseTo(0.05, 12);
  expect(group?.pairs.find(({ first, second }) => first === 0 && second === 3)?.merges[0]?.lost).toBeCloseTo(0.5, 12);
  expect(group?.sets[0]).toMatchObject({ seed: 1, verdict: 'do not', merges: [{ values: [0.4, 0.4, 0.4] }] });
  const of = (scope: string, predictor: string) =>
    result.associations.find((one) => one.scope === scope && one.predictor === predictor);
  expect(of('all', 'verdict')).toMatchObject({ n: 18, tau: 1, rho: 1 });
  expect(of('all', 'verdict')?.tauP).toBeLessThan(0.05);
  expect(of('all', 'cosine')?.tau).toBeLessThan(-0.7);
  // Within a kind of pair the verdict and the loss are the same for all, and balance is so everywhere.
  expect(of('same task', 'verdict')?.tau).toBeNull();
  expect(of('all', 'balance')?.tau).toBeNull();
  expect(result.byVerdict.map(({ verdict, lost }) => [verdict, lost.n])).toEqual([
    ['merge', 9],
    ['do not', 9],
  ]);
  expect(result.answers).toEqual([
    expect.stringMatching(
      /^ΔW average: a worse verdict goes with a larger loss \(Kendall's τ = 1\.00, p = 0\.0\d\d, 18 pairs\); among pairs alike same task: not decided, different tasks: not decided\.$/,
    ),
  ]);
  const words = { mergeMethod: (id: string) => id };
  const tables = mergeabilityStudy.table(result, parse(), words);
  expect(tables.map(({ rows }) => rows.length)).toEqual([1, 2, 15, 3, 18]);
  expect(tables[1]?.rows[1]?.cells.slice(0, 2)).toEqual(['do not', '50.0']);
  for (const { draw } of mergeabilityStudy.figures(result, parse(), words))
    expect(draw({ dark: true }).data).toHaveLength(2);
});

test('a verdict that predicts nothing is said to', () => {
  const constant = work.fold(parse(), scoreOf(cosine), undefined, () => pairsOf(() => 0.3));
  expect(mergeabilityResultSchema.parse(constant).answers[0]).toMatch(/"merge" for all 18 pairs, so that it predicts/);
  const noise = (first: number, second: number) => ((first + second) % 2 === 0 ? -1 : 1);
  const other = (first: number, second: number) => 0.1 * ((3 * first + 2 * second) % 7);
  const unrelated = work.fold(parse(), scoreOf(other), undefined, () => pairsOf(noise));
  expect(mergeabilityResultSchema.parse(unrelated).answers[0]).toMatch(/does not predict what the merge loses/);
});

test('too few pairs, and methods without a merge of weights, are refused', () => {
  const few = { tasks: tasks.slice(0, 2).map((dataset) => ({ dataset })) };
  const one = { label: 'LoRA', coto: false, sets: [{ seed: 1, adapters: [{ adapterId: 'a' }, { adapterId: 'b' }] }] };
  expect(() => work.plan(parse({ ...few, groups: [one] }))).toThrow(/make 1 pair,/);
  expect(() => work.plan(parse({ methods: ['ensemble'] }))).toThrow(/Output ensemble does not merge the weights/);
  expect(() => work.plan(parse({ methods: [{ method: 'ties', parameters: { search: 'weights' } }] }))).toThrow(/TIES/);
});

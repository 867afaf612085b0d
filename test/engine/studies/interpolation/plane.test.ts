import { expect, test } from 'vitest';
import type { StudyAdapters } from '../../../../src-main/engine/studies/define-study-work.ts';
import { studyWork } from '../../../../src-main/engine/studies/index.ts';
import type { Score, Subject } from '../../../../src-shared/domain/studies/plan.ts';
import { encodeOutcomes } from '../../../../src-shared/results/outcomes.ts';
import { type StudyConfig, studyConfigSchema } from '../../../../src-shared/studies/index.ts';
import { planeGrid } from '../../../../src-shared/studies/interpolation/plane-schemas.ts';
import { studyAdapters } from '../study-adapters.ts';

const adapters = ['a', 'b', 'c'].map((adapterId) => ({ adapterId }));
const configOf = (more: object = {}): StudyConfig =>
  studyConfigSchema.parse({
    kind: 'plane',
    dataset: 'data',
    triples: [{ label: 'LoRA', coto: false, adapters }],
    ...more,
  });
const work = studyWork('plane');
const subjectsOf = (config: StudyConfig) =>
  new Map(work.plan(config).flatMap((spec) => (spec.kind === 'score' ? [[spec.key, spec.subject] as const] : [])));
const weightsOf = (subject: Subject | undefined) =>
  subject?.kind === 'merge'
    ? subject.inputs.map(({ subject: leaf, weight }) => [
        leaf.kind === 'adapter' && 'adapterId' in leaf.adapter ? leaf.adapter.adapterId : '',
        weight,
      ])
    : null;

test('five subdivisions are 21 points by each method: corners are the adapters, edges merges of two', () => {
  expect(planeGrid({ subdivisions: 5, beyond: 0 })).toHaveLength(21);
  const subjects = subjectsOf(configOf());
  // Three corners, the ensemble, and for each of two methods 1:1:1 and 18 points that are no corner.
  expect(subjects.size).toBe(3 + 1 + 2 * 19);
  expect(subjects.get('0/corner/1')).toEqual({ kind: 'adapter', adapter: { adapterId: 'b' } });
  expect(weightsOf(subjects.get('0/factor-average/2:3:0'))).toEqual([
    ['a', 2 / 5],
    ['b', 3 / 5],
  ]);
  expect(weightsOf(subjects.get('0/weight-average/1:1:3'))).toEqual([
    ['a', 1 / 5],
    ['b', 1 / 5],
    ['c', 3 / 5],
  ]);
  expect(weightsOf(subjects.get('0/weight-average/center'))).toEqual(adapters.map(({ adapterId }) => [adapterId, 1]));
  // If 1:1:1 is a point of the grid, it is scored once.
  expect(subjectsOf(configOf({ subdivisions: 3 })).has('0/factor-average/1:1:1')).toBe(false);
});

test('an edge is the same content as a point of an interpolation, so that it is scored once', () => {
  const line = studyConfigSchema.parse({
    kind: 'interpolation',
    dataset: 'data',
    points: 11,
    pairs: [{ label: 'LoRA', coto: false, from: adapters[0], to: adapters[1] }],
  });
  const points = studyWork('interpolation').plan(line);
  const edge = subjectsOf(configOf()).get('0/factor-average/1:4:0');
  expect(points.find((spec) => spec.kind === 'score' && spec.key === '0/factor-average/8')).toMatchObject({
    subject: edge,
  });
});

test('beyond the triangle weights are negative, and add up to one', () => {
  const grid = planeGrid({ subdivisions: 4, beyond: 1 });
  expect(grid).toHaveLength((8 * 9) / 2);
  expect(grid.every(([first, second, third]) => first + second + third === 4)).toBe(true);
  expect(Math.min(...grid.flat())).toBe(-1);
});

test('folds to 1:1:1 against its corners and the ensemble, with intervals over the examples', () => {
  const config = configOf({ subdivisions: 2 });
  // Four examples: the corners are right on the first two, 1:1:1 on the first three, the ensemble on all.
  const scoreOf = (key: string): Score => {
    const right = key.endsWith('center') ? 3 : key.endsWith('ensemble') ? 4 : 2;
    const correct = Uint8Array.from({ length: 4 }, (_, at) => (at < right ? 1 : 0));
    const losses = Float32Array.from(correct, (one) => (one === 1 ? 0 : 1));
    const outcomes = encodeOutcomes({ losses, correct, tokens: null });
    return { accuracy: right / 4, loss: 1 - right / 4, metrics: {}, examples: 4, kept: null, total: null, outcomes };
  };
  const result = work.fold(config, scoreOf);
  if (result.kind !== 'plane') throw new Error('another kind');
  const [triple] = result.triples;
  expect(triple?.surfaces.map(({ method, points }) => [method, points.length])).toEqual([
    ['factor-average', 7],
    ['weight-average', 7],
  ]);
  const surface = triple?.surfaces[0];
  expect(surface?.points.at(-1)).toMatchObject({ weights: [1 / 3, 1 / 3, 1 / 3], accuracy: 0.75 });
  const gained = surface?.againstCorners.accuracy;
  // One example of four makes the difference: it is drawn 0 to 4 times of 4.
  expect(gained?.value).toBeCloseTo(0.25, 12);
  expect(gained?.low).toBe(0);
  expect(gained?.high).toBe(0.75);
  expect(surface?.againstEnsemble?.loss.value).toBeCloseTo(0.25, 12);
  expect(triple?.ensemble?.accuracy).toBe(1);
});

test('refuses outputs as a surface; leaves out the ensemble where outputs cannot be averaged', async () => {
  expect(() => work.plan(configOf({ methods: ['ensemble'] }))).toThrow(/makes no adapter to score over the plane/);
  const asked: (readonly unknown[])[] = [];
  const facts: StudyAdapters = {
    ...studyAdapters,
    refusalOf: async ({ method, weights }) => {
      asked.push([method, ...weights]);
      return method === 'ensemble' ? { message: 'language models.', hint: null } : null;
    },
  };
  const config = await work.fit(configOf({ beyond: 1 }), facts);
  // The farthest point of the grid stands for all.
  expect(asked[0]).toEqual(['factor-average', 7 / 5, -1 / 5, -1 / 5]);
  expect(subjectsOf(config).has('0/ensemble')).toBe(false);
  const none: StudyAdapters = { ...facts, refusalOf: async () => ({ message: 'not B·A alone.', hint: 'Another.' }) };
  await expect(work.fit(configOf(), none)).rejects.toThrow(/ΔW average of LoRA: not B·A alone/);
});

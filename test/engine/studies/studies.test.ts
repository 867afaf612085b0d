import { expect, test } from 'vitest';
import type { AdapterState } from '../../../src-main/engine/adapters/state.ts';
import { runStudy, studyPasses } from '../../../src-main/engine/studies/index.ts';
import { lambdaGrid } from '../../../src-main/engine/studies/lambda.ts';
import type { StudyEnvironment } from '../../../src-main/engine/studies/study-kind.ts';
import {
  lambdaStudyConfigSchema,
  mergingStudyConfigSchema,
  pruningStudyConfigSchema,
} from '../../../src-shared/domain/study.ts';
import { change, description, factors, state } from '../merge/states.ts';

const module = 'vit.layers.0.attention.q_proj';
/** An adapter whose one entry of A is `value`. */
const numbered = (value: number) => state({ [module]: factors([[value, 0]], [[1], [0]], 1) });

/** Scores are made of the adapter itself, so that what was scored can be read from the result. */
function environment(adapters: Record<string, AdapterState>) {
  const phases: string[] = [];
  const value = (scored: AdapterState) => {
    const factor = scored.modules.get(module);
    return factor ? (change(factor)[0] ?? 0) : 0;
  };
  const environment: StudyEnvironment = {
    base: { description: description(12), directory: '' },
    examples: 2,
    async adapter(reference) {
      const found = 'adapterId' in reference ? adapters[reference.adapterId] : undefined;
      if (!found) throw new Error('unknown adapter');
      return found;
    },
    async score(scored, phase) {
      phases.push(phase);
      return { accuracy: value(scored), loss: -value(scored) };
    },
    async outputs(scored, phase) {
      phases.push(phase);
      // Two examples of label 0 and 1; the adapter's value is how sure it is of label 0 in both.
      const sure = value(scored);
      return {
        kind: 'classes',
        logits: Float32Array.from([sure, 0, sure, 0]),
        labels: Int32Array.from([0, 1]),
        classCount: 2,
      };
    },
  };
  return { environment, phases };
}

test('λ runs evenly from 0 to 1 and its ends are the adapters', async () => {
  expect(lambdaGrid(5)).toEqual([0, 0.25, 0.5, 0.75, 1]);
  expect(lambdaGrid(21).at(-1)).toBe(1);
  // B is 1 and −1: halfway B vanishes, and with it ΔW.
  const second = state({ [module]: factors([[-3, 0]], [[-1], [0]], 1) });
  const { environment: studied, phases } = environment({ a: numbered(1), b: second });
  const config = lambdaStudyConfigSchema.parse({
    kind: 'lambda',
    dataset: 'data',
    points: 5,
    pairs: [{ label: 'LoRA', coto: false, from: { adapterId: 'a' }, to: { adapterId: 'b' } }],
  });
  expect(studyPasses(config)).toBe(5);
  const result = await runStudy(config, studied);
  if (result.kind !== 'lambda') throw new Error('another kind');
  const [pair] = result.pairs;
  // ((1−λ)·1 + λ·(−3)) · ((1−λ)·1 + λ·(−1)): 1, 0·0.5, (−1)·0, (−2)·(−0.5), 3.
  expect(pair?.points.map((point) => point.accuracy)).toEqual([1, 0, 0, 1, 3]);
  // The line is 1, 1.5, 2, 2.5, 3: the curve lies 2 below it at λ = ½.
  expect(pair?.accuracyBarrier).toBe(2);
  expect(pair?.lossBarrier).toBe(2);
  expect(phases).toHaveLength(5);
  expect(phases[1]).toBe('λ = 0.25, LoRA');
});

test('pruning scores the whole adapter, each pattern and each sparsity', async () => {
  const layered = state(
    Object.fromEntries(
      Array.from({ length: 12 }, (_, layer) => [
        `vit.layers.${layer}.attention.q_proj`,
        factors([[7, 1]], [[1], [0]], 1),
      ]),
    ),
  );
  const { environment: studied } = environment({ a: layered });
  const config = pruningStudyConfigSchema.parse({
    kind: 'pruning',
    dataset: 'data',
    adapters: [{ label: 'LoRA', coto: false, seed: 3, adapter: { adapterId: 'a' } }],
  });
  expect(studyPasses(config)).toBe(9);
  const result = await runStudy(config, studied);
  if (result.kind !== 'pruning') throw new Error('another kind');
  const [adapter] = result.adapters;
  expect(adapter?.unpruned.accuracy).toBe(7);
  // Layer 0 is in the even layers and the low third only.
  expect(adapter?.patterns.map(({ label, accuracy }) => [label, accuracy])).toEqual([
    ['Every other layer', 7],
    ['Low third', 7],
    ['Middle third', 0],
    ['High third', 0],
  ]);
  // Each factor has two entries: half of them is one, 0.9 of them still one.
  expect(adapter?.sparsities.map(({ kept, total, accuracy }) => [kept, total, accuracy])).toEqual([
    [48, 48, 7],
    [24, 48, 7],
    [24, 48, 7],
    [24, 48, 7],
  ]);
});

test('merging: alone, each merge, and the ensemble of what the adapters said alone', async () => {
  const { environment: studied, phases } = environment({ a: numbered(Math.log(3)), b: numbered(-Math.log(3)) });
  const config = mergingStudyConfigSchema.parse({
    kind: 'merging',
    dataset: 'data',
    groups: [{ label: 'LoRA', coto: false, adapters: [{ adapterId: 'a' }, { adapterId: 'b' }] }],
  });
  expect(studyPasses(config)).toBe(4);
  const result = await runStudy(config, studied);
  if (result.kind !== 'merging') throw new Error('another kind');
  const [group] = result.groups;
  // The first says label 0 at ¾ in both examples: right once; losses −ln ¾ and −ln ¼.
  const loss = -(Math.log(3 / 4) + Math.log(1 / 4)) / 2;
  for (const alone of group?.alone ?? []) {
    expect(alone.accuracy).toBe(0.5);
    expect(alone.loss).toBeCloseTo(loss, 6);
  }
  expect(group?.merged.map((merge) => merge.method)).toEqual(['factor-average', 'weight-average', 'ensemble']);
  // Probabilities ¾ and ¼ average to ½: the ensemble's loss is ln 2.
  expect(group?.merged[2]?.loss).toBeCloseTo(Math.LN2, 6);
  expect(phases).toHaveLength(4);
});

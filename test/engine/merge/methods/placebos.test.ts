import { describe, expect, test } from 'vitest';
import { svd } from '../../../../src-main/engine/linalg/index.ts';
import { mergeMethod, placeboIds } from '../../../../src-main/engine/merge/methods/index.ts';
import { mergeStates } from '../../../../src-main/engine/merge/run/merge-states.ts';
import { mergingWork } from '../../../../src-main/engine/studies/merging/merging.ts';
import { mergingStudy } from '../../../../src-shared/studies/merging/merging.ts';
import { relativeDifference } from '../../golden.ts';
import { change, description, factors, matrix, state } from '../states.ts';

const base = { description: description(3, 4), directory: '' };
const q = (layer: number) => `vit.layers.${layer}.attention.q_proj`;
const v = (layer: number) => `vit.layers.${layer}.attention.v_proj`;
/** Ranks 2 on q of three layers, 1 on v of two. */
const adapter = () =>
  state(
    {
      ...Object.fromEntries(
        [0, 1, 2].map((layer) => [
          q(layer),
          factors(
            [
              [1, 2, layer, 0],
              [0, layer + 1, 1, -1],
            ],
            [
              [1, 0],
              [0, 2],
              [layer, 1],
              [-1, 1],
            ],
            0.5,
          ),
        ]),
      ),
      [v(0)]: factors([[1, 0, 0, 1]], [[1], [2], [3], [4]], 2),
      [v(2)]: factors([[0, 5, 0, 1]], [[1], [-2], [3], [4]], 2),
    },
    { saved: { 'classifier.bias': matrix([[7]]) } },
  );

const placebo = (method: string, seed = 0, weight = 1) =>
  mergeStates({ method: mergeMethod(method), weights: [weight], parameters: { seed }, base }, [adapter()]);
const deltas = (from: ReturnType<typeof state>) =>
  new Map([...from.modules].map(([name, module]) => [name, change(module)]));
const valuesOf = (delta: Float64Array) => svd({ shape: [4, 4], data: delta }).s;

test.each(placeboIds)('%s takes one adapter, is drawn by its seed, and leaves the head', async (id) => {
  const [one, again, other] = [await placebo(id), await placebo(id), await placebo(id, 1)];
  expect(deltas(one)).toEqual(deltas(again));
  expect(deltas(one)).not.toEqual(deltas(other));
  expect([...one.modules.keys()].sort()).toEqual([...adapter().modules.keys()].sort());
  expect(one.saved.get('classifier.bias')?.data[0]).toBe(7);
  const two = { method: mergeMethod(id), weights: [1, 1], parameters: {}, base };
  await expect(mergeStates(two, [adapter(), adapter()])).rejects.toThrow(/merges 1 adapter, not 2/);
});

test('random directions keep every singular value, and no direction', async () => {
  const [before, after] = [deltas(adapter()), deltas(await placebo('random-directions'))];
  for (const [name, delta] of before) {
    const drawn = after.get(name) ?? new Float64Array();
    expect(relativeDifference(valuesOf(drawn), valuesOf(delta)), name).toBeLessThan(1e-6);
    expect(relativeDifference(drawn, delta), name).toBeGreaterThan(0.1);
  }
  const doubled = deltas(await placebo('random-directions', 0, 2)).get(q(1)) ?? new Float64Array();
  expect(
    relativeDifference(
      valuesOf(doubled),
      valuesOf(before.get(q(1)) ?? doubled).map((value) => 2 * value),
    ),
  ).toBeLessThan(1e-6);
});

describe('shuffled layers', () => {
  test('move every update to another layer of its kind', async () => {
    const [before, after] = [deltas(adapter()), deltas(await placebo('shuffled-layers'))];
    for (const names of [
      [q(0), q(1), q(2)],
      [v(0), v(2)],
    ]) {
      const [was, is] = [names.map((name) => before.get(name)), names.map((name) => after.get(name))];
      const inOrder = (list: typeof was) => list.map((delta) => delta?.join()).sort();
      expect(inOrder(is)).toEqual(inOrder(was));
      for (const [index, delta] of is.entries()) expect(delta).not.toEqual(was[index]);
    }
  });

  test('refuse an adapter with each kind of module in one layer only', async () => {
    const one = state({ [q(0)]: factors([[1, 2, 3, 4]], [[1], [1], [1], [1]], 1) });
    const request = { method: mergeMethod('shuffled-layers'), weights: [1], parameters: {}, base };
    await expect(mergeStates(request, [one])).rejects.toThrow(/nothing to shuffle/);
  });
});

test('the merging study scores placebos of each merge on request, and names the best adapter alone', () => {
  const config = mergingStudy.configSchema.parse({
    kind: 'merging',
    dataset: 'data',
    methods: ['linear', 'ensemble'],
    placebos: true,
    seed: 3,
    groups: [{ label: 'LoRA', coto: false, adapters: [{ adapterId: 'a' }, { adapterId: 'b' }] }],
  });
  const plan = mergingWork.plan(config);
  const controls = plan.filter(({ key }) => key.includes('placebo'));
  expect(controls.map(({ key }) => key)).toEqual(placeboIds.map((id) => `0/placebo/linear/${id}`));
  expect(controls[0]).toMatchObject({
    subject: {
      kind: 'merge',
      method: 'random-directions',
      parameters: { seed: 3 },
      inputs: [{ subject: { method: 'linear' } }],
    },
  });
  const scores = new Map(plan.map(({ key }, index) => [key, (index + 1) / 100]));
  const result = mergingWork.fold(config, (key) => ({
    accuracy: scores.get(key) ?? 0,
    loss: 1,
    metrics: {},
    examples: 10,
    kept: null,
    total: null,
  }));
  if (result.kind !== 'merging') throw new Error('another kind');
  const [scored, beside] = mergingStudy.table(result, config, { mergeMethod: (id) => id });
  expect(scored?.rows[0]?.cells).toEqual(['LoRA', '1.0, 2.0', '2.0', '4.0', '3.0']);
  expect(beside?.rows).toEqual([{ cells: ['LoRA', 'linear', '4.0', '5.0', '6.0', '2.0'] }]);
});

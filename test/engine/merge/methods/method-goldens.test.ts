import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { matmul, svd, transpose } from '../../../../src-main/engine/linalg/index.ts';
import type { MergeData } from '../../../../src-main/engine/merge/merge-data.ts';
import { matrixMergers } from '../../../../src-main/engine/merge/methods/core-space-mergers.ts';
import { mergeMethod, mergeMethods } from '../../../../src-main/engine/merge/methods/index.ts';
import { mergeStates } from '../../../../src-main/engine/merge/run/merge-states.ts';
import type { HostTensor } from '../../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { parameterValuesSchema } from '../../../../src-shared/domain/parameters/parameter.ts';
import { goldenPath, relativeDifference, taken } from '../../golden.ts';
import { change, description, moduleOf, state } from '../states.ts';

const settingsSchema = z.looseObject({
  scaling: z.number(),
  ranks: z.array(z.number()),
  parameters: parameterValuesSchema.default({}),
});

const name = 'vit.layers.0.attention.q_proj';
const base = { description: description(1), directory: '' };

interface Golden {
  readonly values: ReadonlyMap<string, HostTensor>;
  readonly settings: z.infer<typeof settingsSchema>;
}

async function golden(id: string): Promise<Golden> {
  const values = await readSafetensors(goldenPath('methods', id, 'values.safetensors'));
  const settings = JSON.parse(readFileSync(goldenPath('methods', id, 'settings.json'), 'utf8'));
  return { values, settings: settingsSchema.parse(settings) };
}

/** ΔW of the merge of the adapters `<i>.A`, `<i>.B`, on one module. */
async function mergedDelta(id: string, { values, settings }: Golden, parameters: ParameterValues, data?: MergeData) {
  const states = settings.ranks.map((_, index) =>
    state({ [name]: moduleOf(taken(values, `${index}.A`), taken(values, `${index}.B`), settings.scaling) }),
  );
  const request = {
    method: mergeMethod(id),
    weights: states.map(() => 1),
    parameters,
    base,
    ...(data ? { data } : {}),
  };
  const merged = (await mergeStates(request, states)).modules.get(name);
  if (!merged) throw new Error('the module was not merged');
  return change(merged);
}

/** Methods whose golden folder has the merged `delta` (test/golden/make/make-merge-golden.py), inputs X where they need them. */
const withDelta = mergeMethods
  .map(({ declaration }) => declaration.id)
  .filter((id) => existsSync(goldenPath('methods', id, 'values.safetensors')));

describe.each(withDelta)('%s', (id) => {
  test("has the reference's ΔW", async ({ skip }) => {
    const one = await golden(id);
    const expected = one.values.get('delta');
    if (!expected) return skip('its golden values have a test of their own');
    const data: MergeData = {
      inputs: async (adapter) => taken(one.values, `${adapter}.X`),
      loss: () => Promise.reject(new Error('not asked for')),
      score: () => Promise.reject(new Error('not asked for')),
      masks: () => ({ score: () => Promise.reject(new Error('not asked for')) }),
    };
    const delta = await mergedDelta(id, one, one.settings.parameters, data);
    expect(relativeDifference(delta, expected.data)).toBeLessThanOrEqual(1e-5);
  });
});

test('every data-free method of the wave has golden values', () => {
  expect(withDelta).toEqual(
    expect.arrayContaining(['core-space', 'iso-c', 'iso-cts', 'robustmerge', 'tsv-m', 'wudi', 'regmean', 'adamerging']),
  );
});

describe('Core Space', () => {
  test.each([
    ['ties', { merger: 'ties-svd', density: [0.4] }],
    ['tsv-m', { merger: 'tsv-m' }],
    ['iso-c', { merger: 'iso-c' }],
  ])('with %s on top is what the released construction gives', async (key, parameters) => {
    const one = await golden('core-space');
    const delta = await mergedDelta('core-space', one, parameters);
    expect(relativeDifference(delta, taken(one.values, key).data)).toBeLessThanOrEqual(1e-5);
  });

  test('with density 1 and no conflict loses nothing: the sum of one adapter twice, halved by TIES', async () => {
    const one = await golden('core-space');
    const twice = new Map(one.values).set('1.A', taken(one.values, '0.A')).set('1.B', taken(one.values, '0.B'));
    const settings = { ...one.settings, ranks: [2, 2] };
    const alone = await mergedDelta('weight-average', { values: twice, settings: { ...settings, ranks: [2] } }, {});
    const merged = await mergedDelta('core-space', { values: twice, settings }, { merger: 'ties-svd', density: [1] });
    // The adapters are equal: half of the space has no direction, which must not come out as noise.
    expect(relativeDifference(merged, alone)).toBeLessThanOrEqual(1e-5);
  });
});

describe("Core Space's mergers", () => {
  test.each(
    matrixMergers.filter(({ needs }) => needs?.adapters?.maximum !== 2).map(({ declaration }) => declaration.id),
  )('%s runs, with its own defaults where nothing is set', async (merger) => {
    const one = await golden('core-space');
    const delta = await mergedDelta('core-space', one, { merger });
    expect(delta.every(Number.isFinite)).toBe(true);
  });

  test("refuse what they cannot do: SLERP three adapters, DELLA's probabilities above 1, two densities for three", async () => {
    const one = await golden('core-space');
    await expect(mergedDelta('core-space', one, { merger: 'slerp' })).rejects.toThrow(
      'SLERP merges 2 adapters, not 3.',
    );
    const epsilon = { merger: 'della', density: [0.9], epsilon: [0.3] };
    await expect(mergedDelta('core-space', one, epsilon)).rejects.toThrow(/keep entries with probabilities/);
    const two = { merger: 'breadcrumbs', density: [0.9, 0.5] };
    await expect(mergedDelta('core-space', one, two)).rejects.toThrow('2 values of density for 3 adapters');
  });

  test('task arithmetic in Core Space is task arithmetic on ΔW', async () => {
    const one = await golden('core-space');
    const delta = await mergedDelta('core-space', one, { merger: 'task-arithmetic' });
    expect(relativeDifference(delta, taken(one.values, 'sum').data)).toBeLessThanOrEqual(1e-5);
  });
});

describe('WUDI', () => {
  test.each(['adam', 'closed_form'])('by %s', async (solver) => {
    const one = await golden('wudi');
    const delta = await mergedDelta('wudi', one, { ...one.settings.parameters, solver });
    expect(relativeDifference(delta, taken(one.values, solver).data)).toBeLessThanOrEqual(1e-5);
  });
});

describe('adapters that share A, as of LoRA-FA', () => {
  test.each(['tsv-m', 'iso-c', 'wudi', 'core-space'])(
    '%s makes nothing up for the directions they lack',
    async (id) => {
      const one = await golden('core-space');
      const shared = new Map(one.values);
      for (const index of [1, 2]) shared.set(`${index}.A`, taken(one.values, '0.A'));
      const delta = await mergedDelta(id, { ...one, values: shared }, {});
      expect(delta.every(Number.isFinite)).toBe(true);
      // Every row of ΔW is a combination of the two rows of A: what A's null space sees is 0.
      const a = taken(one.values, '0.A');
      const { vt } = svd({ shape: [6, 6], data: [...a.data, ...new Float32Array(24)] });
      const rest = { shape: [4, 6], data: vt.data.subarray(12) };
      const seen = matmul({ shape: [7, 6], data: delta }, transpose(rest)).data;
      const largest = delta.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(Math.max(...seen.map(Math.abs))).toBeLessThan(1e-5 * largest);
    },
  );
});

test.each(['core-space', 'lora-lego', 'knots', 'robustmerge', 'tsv-m', 'wudi', 'aligned-average'])(
  '%s refuses DoRA, with the way out',
  async (id) => {
    const one = await golden('core-space');
    const module = moduleOf(taken(one.values, '0.A'), taken(one.values, '0.B'));
    const dora = state({ [name]: module }, { variant: 'dora' });
    const request = { method: mergeMethod(id), weights: [1, 1], parameters: {}, base };
    await expect(mergeStates(request, [dora, dora])).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('DoRA'),
      hint: expect.stringContaining('output ensemble'),
    });
  },
);

test.each(['core-space', 'knots', 'tsv-m', 'aligned-average'])(
  '%s refuses numbers that are not finite, which folders are refused for when they are read',
  async (id) => {
    const one = await golden('core-space');
    const broken = taken(one.values, '1.A');
    const data = Float32Array.from(broken.data, (value, at) => (at === 3 ? Number.NaN : value));
    const values = new Map(one.values).set('1.A', { ...broken, data });
    await expect(mergedDelta(id, { ...one, values }, {})).rejects.toMatchObject({ code: 'not_finite' });
  },
);

import { describe, expect, test } from 'vitest';
import { derivePeftConfig } from '../../../../src-main/engine/adapters/peft/derive-config.ts';
import { checkFingerprints, preflightLines } from '../../../../src-main/engine/merge/checks/preflight.ts';
import { mergeMethod, mergeMethods, placeboIds } from '../../../../src-main/engine/merge/methods/index.ts';
import { mergeStates } from '../../../../src-main/engine/merge/run/merge-states.ts';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { cotoSettingsSchema } from '../../../../src-shared/domain/runs/coto.ts';
import { change, description, factors, factorsOf, matrix, state } from '../states.ts';

/** Methods that merge; a placebo changes the one adapter that it takes. */
const makers = mergeMethods.filter(
  ({ makes, declaration }) => makes === 'adapter' && !placeboIds.includes(declaration.id),
);
const one = () => state({ q_proj: factors([[1, 2]], [[3], [4]], 2) });
const two = () => state({ q_proj: factors([[5, -1]], [[1], [0]], 2) });

function verdict(method: string, states: Parameters<typeof merge>[1], weights: number[], check: string) {
  return preflightLines(mergeMethod(method), states, weights, {}).find((line) => line.check === check);
}
/** The modules go by short names here. */
const short = description(1).linears.map((module) => ({
  ...module,
  name: module.name.replace(/^vit\.layers\.0\.attention\./, ''),
}));
const base = { description: { ...description(1), linears: short }, directory: '' };

function merge(method: string, states: ReturnType<typeof state>[], weights: number[], parameters = {}) {
  return mergeStates({ method: mergeMethod(method), weights, parameters, base }, states);
}
const written = (merged: ReturnType<typeof state>) => derivePeftConfig({ ...merged, savedNames: [] }, base.description);

/** Methods with data have tests of their own. */
const dataFree = makers.filter(({ needs }) => needs.data === undefined);

describe.each(dataFree.map(({ declaration, needs }) => ({ method: declaration.id, needs })))(
  '$method',
  ({ method, needs }) => {
    test.skipIf(needs.changesSingle || (needs.adapters?.minimum ?? 1) > 1)(
      'one adapter at weight 1 reproduces itself, to the bit',
      async () => {
        const adapter = one();
        if ((mergeMethod(method).needs.adapters?.minimum ?? 1) === 1)
          expect(await merge(method, [adapter], [1], {})).toEqual(adapter);
        expect(await merge(method, [adapter, two()], [1, 0], {})).toEqual(adapter);
      },
    );

    test('inputs stay as they were', async () => {
      const states = [one(), two()];
      const before = structuredClone(states.map((entry) => [...entry.modules]));
      await merge(method, states, [0.25, 0.75], {});
      expect(states.map((entry) => [...entry.modules])).toEqual(before);
    });
  },
);

test.each(['factor-average', 'weight-average', 'linear'])('%s of equal adapters at equal weights', async (method) => {
  const merged = await merge(method, [one(), one()], [0.5, 0.5], {});
  const factor = merged.modules.get('q_proj');
  // Linear adds the factors with √½ each: twice √½ is √2 in both, so ΔW doubles.
  const expected = method === 'linear' ? [12, 24, 16, 32] : [6, 12, 8, 16];
  expected.forEach((value, index) => {
    expect(factor && change(factor)[index]).toBeCloseTo(value, 5);
  });
});

test('factor average by hand: A = (1·A₁ + 3·A₂)/4, B likewise, scaling kept', async () => {
  const merged = (await merge('factor-average', [one(), two()], [1, 3])).modules.get('q_proj');
  expect([...(merged?.tensors.get('a')?.data ?? [])]).toEqual([4, -0.25]);
  expect([...(merged?.tensors.get('b')?.data ?? [])]).toEqual([1.5, 1]);
  expect(merged?.scaling).toBe(2);
});

test('factor average of different scalings counts each adapter with its own strength', async () => {
  // Scalings 1 and 4: √(4/1) = 2 goes into both factors of the second, so at weight (0, 1) its ΔW is whole.
  const first = state({ q_proj: factors([[1, 0]], [[1], [0]], 1) });
  const second = state({ q_proj: factors([[0, 3]], [[0], [5]], 4) });
  const merged = (await merge('factor-average', [first, second], [1, 1])).modules.get('q_proj');
  expect([...(merged?.tensors.get('a')?.data ?? [])]).toEqual([0.5, 3]);
  expect([...(merged?.tensors.get('b')?.data ?? [])]).toEqual([0.5, 5]);
  expect(merged?.scaling).toBe(1);
  const end = (await merge('factor-average', [first, second], [0, 1])).modules.get('q_proj');
  expect(end && [...change(end)]).toEqual([0, 0, 0, 60]);
});

test('ΔW average is exact, with mixed ranks and a module that one adapter lacks', async () => {
  const first = state({ q_proj: factors([[1, 2]], [[3], [4]], 2) });
  const second = state({
    q_proj: factors(
      [
        [1, 0],
        [0, 1],
      ],
      [
        [1, 2],
        [3, 4],
      ],
      0.5,
    ),
    v_proj: factors(
      [
        [2, 2],
        [0, 0],
      ],
      [
        [1, 0],
        [1, 0],
      ],
      0.5,
    ),
  });
  const merged = await merge('weight-average', [first, second], [1, 1]);
  const q = merged.modules.get('q_proj');
  const v = merged.modules.get('v_proj');
  // ΔW₁ = [[6, 12], [8, 16]], ΔW₂ = [[0.5, 1], [1.5, 2]]; halves of their sum.
  expect(q && [...change(q)]).toEqual([3.25, 6.5, 4.75, 9]);
  expect(q?.rank).toBe(3);
  // Only the second has v_proj: half of [[1, 1], [1, 1]].
  expect(v && [...change(v)]).toEqual([0.5, 0.5, 0.5, 0.5]);
  expect(written(merged)['rank_pattern']).toEqual({ v_proj: 2 });
  expect(written(merged)['target_modules']).toEqual(['q_proj', 'v_proj']);
});

test('negative weights: ΔW average without normalizing subtracts, factor average goes beyond its ends', async () => {
  const merged = (await merge('weight-average', [one(), one()], [1, -1], { normalize: false })).modules.get('q_proj');
  expect(merged && [...change(merged)].every((value) => value === 0)).toBe(true);
  const beyond = await merge('factor-average', [one(), two()], [1.5, -0.5]);
  const [far, ends] = [
    factorsOf(beyond.modules.get('q_proj')),
    [one(), two()].map((end) => factorsOf(end.modules.get('q_proj'))),
  ];
  for (const part of ['a', 'b'] as const)
    expect([...far[part].data]).toEqual(
      [...(ends[0]?.[part].data ?? [])].map((value, at) => 1.5 * value - 0.5 * (ends[1]?.[part].data[at] ?? 0)),
    );
  await expect(merge('factor-average', [one(), two()], [1, -1])).rejects.toThrow(/add up to zero/);
  await expect(merge('lora-lego', [one(), two()], [1.5, -0.5])).rejects.toThrow(/does not support negative weights/);
  await expect(merge('weight-average', [one(), two()], [1, -1])).rejects.toThrow(/add up to zero/);
});

test('heads of one task are averaged by the same weights; of other labels left out with the label named', async () => {
  const head = (value: number) => ({
    'classifier.weight': matrix([
      [value, 0],
      [0, value],
    ]),
  });
  const module = { q_proj: factors([[1, 2]], [[3], [4]], 2) };
  const first = state(module, { saved: head(1), labels: ['cat', 'dog'] });
  const second = state(module, { saved: head(5), labels: ['cat', 'dog'] });
  const merged = await merge('factor-average', [first, second], [3, 1]);
  expect([...(merged.saved.get('classifier.weight')?.data ?? [])]).toEqual([2, 0, 0, 2]);
  expect(merged.labels).toEqual(['cat', 'dog']);
  const other = state(module, { saved: head(5), labels: ['cat', 'fox'] });
  // Adapters of two tasks: ΔW is merged, the heads are not.
  const headless = await merge('weight-average', [first, other], [1, 1]);
  expect(headless).toMatchObject({ saved: new Map(), labels: null, config: { modules_to_save: null } });
  expect(change(headless.modules.get('q_proj'))).toEqual(change(first.modules.get('q_proj')));
  const line = verdict('weight-average', [first, other], [1, 1], 'heads');
  expect(line?.verdict).toBe('warning');
  expect(line?.message).toMatch(
    /^The task heads differ in their labels: label 1 is "dog" in adapter 1 and "fox" in adap/,
  );
  expect(verdict('ensemble', [first, other], [1, 1], 'heads')?.verdict).toBe('warning');
  const more = state(module, { saved: { ...head(5), 'pooler.weight': matrix([[1]]) }, labels: ['cat', 'dog'] });
  expect(verdict('weight-average', [first, more], [1, 1], 'heads')?.verdict).toBe('refused');
});

test('different ranks: refused by factor average and linear with the way out, fine for the ΔW average', async () => {
  const wide = state({
    q_proj: factors(
      [
        [1, 0],
        [0, 1],
      ],
      [
        [1, 2],
        [3, 4],
      ],
      1,
    ),
  });
  const line = verdict('factor-average', [one(), wide], [1, 1], 'ranks');
  expect(line?.verdict).toBe('refused');
  expect(line?.message).toContain('adapter 1 has rank 1 on q_proj, adapter 2 has 2');
  expect(line?.remedy).toMatch(/ΔW average/);
  expect(verdict('linear', [one(), wide], [1, 1], 'ranks')?.verdict).toBe('refused');
  expect(verdict('weight-average', [one(), wide], [1, 1], 'ranks')?.verdict).toBe('ok');
});

test('CoTo mixed with plain is a warning, and the merge does not carry the mark', async () => {
  const coto = cotoSettingsSchema.parse({});
  const marked = state({ q_proj: factors([[1, 2]], [[3], [4]], 2) }, { coto });
  expect(verdict('factor-average', [marked, two()], [1, 1], 'CoTo')?.verdict).toBe('warning');
  expect((await merge('factor-average', [marked, two()], [1, 1])).coto).toBeNull();
  expect((await merge('factor-average', [marked, marked], [1, 1])).coto).toEqual(coto);
});

test('DoRA is refused by name, rsLoRA with LoRA is not and loses the flag that would scale it twice', async () => {
  const dora = state({ q_proj: factors([[1, 2]], [[3], [4]], 2) }, { variant: 'dora' });
  await expect(merge('linear', [one(), dora], [1, 1])).rejects.toThrow(/adapter 2 is a DoRA adapter/);
  const rslora = state({ q_proj: factors([[1, 2]], [[3], [4]], 2) }, { variant: 'rslora' });
  const merged = await merge('factor-average', [rslora, rslora], [1, 1]);
  expect(written(merged)).toMatchObject({ use_rslora: false, r: 1, lora_alpha: 2 });
});

test('bases are told apart by fingerprint', async () => {
  expect(checkFingerprints(['a', 'a'], ['first', 'second']).verdict).toBe('ok');
  expect(checkFingerprints(['a', 'b'], ['first', 'second'])).toMatchObject({
    verdict: 'refused',
    message: 'first and second have different base models.',
  });
});

test('unknown methods and parameters are refused by name', async () => {
  expect(() => mergeMethod('average')).toThrow(StudioError);
  await expect(merge('weight-average', [one()], [2], { normalise: true })).rejects.toThrow(/ΔW average/);
  await expect(merge('ensemble', [one()], [1])).rejects.toThrow(/no adapter to store/);
});

describe('weights by layer', () => {
  const layers = { description: description(2), directory: '' };
  const q = (layer: number) => `vit.layers.${layer}.attention.q_proj`;
  const adapter = (value: number, module = [0, 1]) =>
    state(Object.fromEntries(module.map((layer) => [q(layer), factors([[value, 0]], [[1], [0]], 1)])), {
      saved: { 'classifier.bias': matrix([[value]]) },
    });
  const firstOf = (merged: ReturnType<typeof state>, layer: number) => {
    const module = merged.modules.get(q(layer));
    return module && change(module)[0];
  };

  test('each layer has its own; a head takes the mean', async () => {
    const merged = await mergeStates(
      { method: mergeMethod('cat'), weights: [[1, 0.5], 2], parameters: {}, base: layers },
      [adapter(4), adapter(10)],
    );
    expect([firstOf(merged, 0), firstOf(merged, 1)]).toEqual([24, 22]);
    expect(merged.saved.get('classifier.bias')?.data[0]).toBeCloseTo((0.75 * 4 + 2 * 10) / 2.75, 5);
  });

  test('an average divides by the sum in each layer; a layer of zeros is left out', async () => {
    const merged = await mergeStates(
      {
        method: mergeMethod('weight-average'),
        weights: [
          [3, 0],
          [1, 0],
        ],
        parameters: {},
        base: layers,
      },
      [adapter(4), adapter(8)],
    );
    expect(firstOf(merged, 0)).toBe(5);
    expect([...merged.modules.keys()]).toEqual([q(0)]);
  });

  test('a list of another length, a layer that cancels out, and an ensemble are refused', () => {
    const states = [adapter(4), adapter(8)];
    const refusal = (method: string, weights: (number | number[])[]) =>
      preflightLines(mergeMethod(method), states, weights, { normalize: true }, { layerCount: 2 }).find(
        (line) => line.verdict === 'refused',
      )?.message;
    expect(refusal('cat', [[1, 2, 3], 1])).toBe('adapter 1 has 3 weights by layer, but the base has 2 layers.');
    expect(
      refusal('weight-average', [
        [1, 1],
        [1, -1],
      ]),
    ).toBe('The weights add up to zero in layer 1, so there is no average.');
    expect(refusal('ensemble', [[1, 1], 1])).toBe(
      'Output ensemble averages predictions, which have no weights by layer.',
    );
    expect(refusal('cat', [[1, 2], 1])).toBeUndefined();
  });
});

import { describe, expect, test } from 'vitest';
import { mergeMethod } from '../../../../src-main/engine/merge/methods/index.ts';
import { identityTest, productError } from '../../../../src-main/engine/merge/run/identity-test.ts';
import { description, factors, matrix, state } from '../states.ts';

const base = { description: description(2, 4), directory: null };
const q = (layer: number) => `vit.layers.${layer}.attention.q_proj`;
const adapter = () =>
  state(
    Object.fromEntries(
      [0, 1].map((layer) => [
        q(layer),
        factors(
          [
            [1, 2, layer, 0.5],
            [0.25, layer + 1, 1, -1],
          ],
          [
            [1, 0.125],
            [0, 2],
            [layer, 1],
            [-1, 1],
          ],
          0.5,
        ),
      ]),
    ),
    { saved: { 'classifier.bias': matrix([[7, 3]]) } },
  );
const tested = (method: string, parameters = {}) =>
  identityTest({ method: mergeMethod(method), parameters, base }, adapter());

describe('the identity test', () => {
  test.each(['factor-average', 'weight-average', 'cat', 'svd'])('%s gives the adapter back', async (method) => {
    const [alone, twice] = await tested(method);
    expect(alone).toMatchObject({ of: 'alone', exact: true, error: 0 });
    expect(twice?.error).toBeLessThan(1e-6);
  });

  test('averaged factors of equal adapters are the same bit for bit; a sum of ΔW is so only in effect', async () => {
    expect((await tested('factor-average'))[1]).toMatchObject({ exact: true, error: 0, module: null });
    expect((await tested('weight-average'))[1]).toMatchObject({ exact: false });
  });

  test('a method that trims changes it, and the test says where most', async () => {
    const [, twice] = await tested('ties', { density: 0.5 });
    expect(twice?.error).toBeGreaterThan(0.1);
    expect([q(0), q(1)]).toContain(twice?.module);
  });

  test("PEFT's linear, which weighs the factors by the root of the weight, doubles an adapter at twice one half", async () => {
    const [, twice] = await tested('linear');
    // (2 · √½)² = 2.
    expect(twice?.error).toBeCloseTo(1, 6);
  });

  test('a method that takes one adapter says so of two', async () => {
    const [alone, twice] = await tested('shuffled-layers');
    expect(alone?.reason).toBeNull();
    expect(twice).toMatchObject({ error: null, reason: expect.stringMatching(/merges 1 adapter, not 2/) });
  });
});

test('the error of a product is that of ΔW', () => {
  // ΔW = [[2, 0], [0, 0]] and [[2, 1], [0, 0]]: a difference of 1 against a norm of 2.
  const own = { a: matrix([[1, 0]]), b: matrix([[1], [0]]), rank: 1, scaling: 2 };
  const other = { a: matrix([[2, 1]]), b: matrix([[1], [0]]), rank: 1, scaling: 1 };
  expect(productError(own, other)).toBeCloseTo(0.5, 12);
  expect(productError(own, own)).toBe(0);
});

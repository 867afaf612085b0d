import { describe, expect, it } from 'vitest';
import { initializationOf, initializations } from '../../../../src-main/engine/adapters/initializations/index.ts';
import type {
  CalibrationData,
  Factors,
  StartedModule,
  StartingModule,
} from '../../../../src-main/engine/adapters/initializations/initialization.ts';
import { svd } from '../../../../src-main/engine/linalg/index.ts';
import type { HostTensor } from '../../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { floats, goldenPath, relativeDifference } from '../../golden.ts';
import { change, moduleOf } from '../../merge/states.ts';

/** Module of test/golden/methods/initialisations: W [10, 8], its gradient, 40 inputs, r 2, lora_alpha 6. */
const module: StartingModule = { name: 'linear', inFeatures: 8, outFeatures: 10, rank: 2, scaling: 3 };
const golden = (name: string) => readSafetensors(goldenPath('methods', 'initialisations', `${name}.safetensors`));
const { W, gradient } = named(await golden('inputs'));
const { X } = named(await golden('data'));

function named(tensors: ReadonlyMap<string, HostTensor>): Record<string, HostTensor> {
  return Object.fromEntries(tensors);
}

function tensor(given: HostTensor | undefined): HostTensor {
  if (given === undefined) throw new Error('the golden file lacks a tensor');
  return given;
}

async function start(
  id: string,
  parameters: ParameterValues = {},
  { weight = tensor(W), calibration = {} }: { weight?: HostTensor; calibration?: CalibrationData } = {},
  given = module,
) {
  const initialization = initializationOf({ init_lora_weights: id });
  const defaults = Object.fromEntries(initialization.declaration.parameters.map((spec) => [spec.name, spec.default]));
  initialization.check?.(given);
  return initialization.start(given, {
    parameters: { ...defaults, ...parameters },
    random: RandomStream.seeded(1, 'initialization'),
    weight: async () => weight,
    calibration,
  });
}

/** scale · B·A */
function product({ a, b }: Factors, scale: number): number[] {
  return [...change(moduleOf(a, b, scale))];
}

/** Rows of A or columns of B with the first entry of each positive: their signs are free. */
function withSigns({ shape, data }: HostTensor, axis: 0 | 1): number[] {
  const columns = shape[1] ?? 1;
  const vectorOf = (place: number) => (axis === 0 ? Math.floor(place / columns) : place % columns);
  const signs = new Map<number, number>();
  Array.from(data).forEach((value, place) => {
    if (!signs.has(vectorOf(place))) signs.set(vectorOf(place), Math.sign(value));
  });
  return Array.from(data, (value, place) => value * (signs.get(vectorOf(place)) ?? 1));
}

/** Σx, Σxᵀx of the golden inputs, each divided by `divisor`. */
function moments(divisor: number): CalibrationData {
  const rows = tensor(X).shape[0] ?? 0;
  const sum = new Float64Array(8);
  const gram = new Float64Array(64);
  for (let row = 0; row < rows; row++)
    for (let one = 0; one < 8; one++) {
      const value = (tensor(X).data[row * 8 + one] ?? 0) / divisor;
      sum[one] = (sum[one] ?? 0) + value;
      for (let other = 0; other < 8; other++)
        gram[one * 8 + other] =
          (gram[one * 8 + other] ?? 0) + (value * (tensor(X).data[row * 8 + other] ?? 0)) / divisor;
    }
  return { moments: { rows, batches: 1, sum, gram: { shape: [8, 8], data: gram } } };
}

describe('LoRA-GA', () => {
  const cases = ['ArBr', 'A2rBr', 'ArB2r'].flatMap((direction) => [
    ...['stable', 'weight_svd', 'gd_scale', 'unit'].map((scale) => ({ direction, scale, formula: 'peft' })),
    { direction, scale: 'stable', formula: 'paper' },
  ]);

  it.each(cases)('$formula: $direction, $scale', async ({ direction, scale, formula }) => {
    const file = formula === 'peft' ? `lora-ga-${direction}-${scale}` : `lora-ga-authors-${direction}-${scale}`;
    const { A, B } = named(await golden(file));
    const parameters = { lora_ga_direction: direction, lora_ga_scale: scale, lora_ga_formula: formula };
    const { a, b } = await start('lora-ga', parameters, { calibration: { gradient: tensor(gradient) } });
    expect(relativeDifference(withSigns(a, 0), withSigns(tensor(A), 0))).toBeLessThan(1e-5);
    expect(relativeDifference(withSigns(b, 1), withSigns(tensor(B), 1))).toBeLessThan(1e-5);
  });

  it('random takes the same components for A and B, so that the unit start is a part of the gradient', async () => {
    const parameters = { lora_ga_direction: 'random', lora_ga_scale: 'unit', lora_ga_formula: 'peft' };
    const { a, b } = await start('lora-ga', parameters, { calibration: { gradient: tensor(gradient) } });
    const { s } = svd({ shape: [10, 8], data: product({ a, b }, 1) });
    const all = svd(tensor(gradient)).s;
    for (const value of s.slice(0, 2)) expect(Math.min(...all.map((one) => Math.abs(one - value)))).toBeLessThan(1e-5);
  });

  it("has no weight_svd in the paper's formula", async () => {
    const calibration = { gradient: tensor(gradient) };
    const parameters = { lora_ga_scale: 'weight_svd', lora_ga_formula: 'paper' };
    await expect(start('lora-ga', parameters, { calibration })).rejects.toThrow(/lora_ga_scale/);
  });
});

it.each(['ipm', 'kpm'])('CorDA: %s', async (method) => {
  const { scaled_product: expected } = named(await golden(`corda-${method}`));
  const largest = Array.from(tensor(X).data).reduce((most, value) => Math.max(most, value), 0);
  const factors = await start('corda', { corda_method: method }, { calibration: moments(largest) });
  expect(relativeDifference(product(factors, 3), floats(tensor(expected)))).toBeLessThan(1e-5);
});

describe('EVA', () => {
  it('takes the directions in which the inputs vary most', async () => {
    const { A } = named(await golden('eva'));
    const { a, b } = await start('eva', { eva_rho: 1 }, { calibration: moments(1) });
    expect(relativeDifference(a.data, floats(tensor(A)))).toBeLessThan(1e-5);
    expect(b.data.every((value) => value === 0)).toBe(true);
  });

  it('whitens by the root of the singular value', async () => {
    const plain = await start('eva', { eva_rho: 1 }, { calibration: moments(1) });
    const { a } = await start('eva', { eva_rho: 1, eva_whiten: true }, { calibration: moments(1) });
    const norm = Math.hypot(...a.data.slice(0, 8));
    const variance = projectedVariance(plain.a.data.slice(0, 8));
    expect(norm).toBeCloseTo(variance ** -0.25, 5);
  });

  /** Σ over rows of the squared distance from the mean along a unit direction. */
  function projectedVariance(direction: ArrayLike<number>): number {
    const values = Array.from({ length: 40 }, (_, row) =>
      Array.from(direction).reduce((sum, value, at) => sum + value * (tensor(X).data[row * 8 + at] ?? 0), 0),
    );
    const mean = values.reduce((sum, value) => sum + value, 0) / 40;
    return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  }

  const started = (shares: number[]): StartedModule => ({
    rank: 2,
    scaling: 3,
    start: {
      a: { shape: [shares.length, 3], data: Float32Array.from({ length: 3 * shares.length }, (_, place) => place) },
      b: { shape: [5, shares.length], data: new Float32Array(5 * shares.length) },
      shares: Float64Array.from(shares),
    },
  });
  const modules = new Map([
    ['flat', started([0.2, 0.15, 0.1, 0.1])],
    ['steep', started([0.9, 0.3, 0.25, 0.21])],
    ['none', started([0.05, 0.04, 0.03, 0.02])],
  ]);

  it('gives the ranks to the greatest shares, and leaves a module without any out', () => {
    const { redistribute } = initializationOf({ init_lora_weights: 'eva' });
    const made = redistribute?.(modules, { eva_adjust_scaling_factors: true });
    expect([...(made ?? [])].map(([name, { rank, scaling }]) => [name, rank, scaling])).toEqual([
      ['flat', 2, 3],
      ['steep', 4, 3],
    ]);
    expect(made?.get('flat')?.start.a).toEqual({ shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) });
    expect(made?.get('steep')?.start.b.shape).toEqual([5, 4]);
  });

  it('lets the scaling fall with the rank where lora_alpha stays', () => {
    const { redistribute } = initializationOf({ init_lora_weights: 'eva' });
    const made = redistribute?.(modules, { eva_adjust_scaling_factors: false });
    expect(made?.get('steep')?.scaling).toBe(1.5);
  });
});

/** 2 × 2: singular values 4 and 1, on axes that are swapped between in- and outputs. */
const small = { shape: [2, 2], data: Float32Array.of(0, 4, 1, 0) };
const smallModule = { ...module, inFeatures: 2, outFeatures: 2, rank: 1, scaling: 2 };

describe('by hand', () => {
  it('PiSSA takes the greatest singular component, half its root on either side', async () => {
    const factors = await start('pissa', {}, { weight: small }, smallModule);
    expect(product(factors, 2)).toEqual([0, expect.closeTo(4), 0, 0]);
    expect(Math.abs(factors.a.data[1] ?? 0)).toBeCloseTo(Math.SQRT2);
    expect(Math.abs(factors.b.data[0] ?? 0)).toBeCloseTo(Math.SQRT2);
  });

  it('MiLoRA takes the smallest', async () => {
    const factors = await start('milora', {}, { weight: small }, smallModule);
    expect(product(factors, 2)).toEqual([0, 0, expect.closeTo(1), 0]);
  });

  it("OLoRA takes Q's first column and R's first row, whatever the scaling", async () => {
    const factors = await start(
      'olora',
      {},
      { weight: { shape: [2, 2], data: Float32Array.of(3, 1, 4, 2) } },
      smallModule,
    );
    // Q's column is (3, 4) / 5, and R's row (5, 11 / 5).
    expect(product(factors, 1)).toEqual([3, 1.32, 4, 1.76].map((value) => expect.closeTo(value)));
    expect(Array.from(factors.b.data)).toEqual([0.6, 0.8].map((value) => expect.closeTo(value)));
  });

  it('Orthogonal starts both factors, whose product is zero', async () => {
    const factors = await start('orthogonal', {}, {}, { ...module, rank: 4 });
    expect(product(factors, 3).every((value) => Math.abs(value) < 1e-6)).toBe(true);
    const deviation = (data: ArrayLike<number>) => Math.hypot(...Array.from(data)) / Math.sqrt(data.length);
    for (const { data } of [factors.a, factors.b]) expect(deviation(data)).toBeGreaterThan(0.03);
  });
});

it('PiSSA by power iterations is near the exact one', async () => {
  const exact = product(await start('pissa'), 3);
  const randomized = product(await start('pissa', { pissa_niter: 8 }), 3);
  expect(relativeDifference(randomized, exact)).toBeLessThan(1e-4);
});

describe('refusals', () => {
  it('names the module whose rank is too high, and the rank that is not', async () => {
    for (const id of ['pissa', 'milora', 'olora'])
      await expect(start(id, {}, {}, { ...module, rank: 9 })).rejects.toMatchObject({
        message: expect.stringContaining('linear has 8'),
        hint: expect.stringContaining('at most 8'),
      });
    const calibration = { gradient: tensor(gradient) };
    await expect(start('lora-ga', {}, { calibration }, { ...module, rank: 5 })).rejects.toMatchObject({
      hint: expect.stringContaining('at most 4'),
    });
  });

  it('orthogonal needs an even rank', async () => {
    await expect(start('orthogonal', {}, {}, { ...module, rank: 3 })).rejects.toThrow(/even rank/);
  });

  it('an unknown initialization is named with those there are', () => {
    expect(() => initializationOf({ init_lora_weights: 'other' })).toThrow(/no initialization "other"/);
  });
});

it('no two initializations use one name for different parameters', () => {
  const seen = new Map<string, unknown>();
  for (const { declaration } of initializations)
    for (const spec of declaration.parameters)
      expect(seen.set(spec.name, seen.get(spec.name) ?? spec).get(spec.name)).toBe(spec);
});

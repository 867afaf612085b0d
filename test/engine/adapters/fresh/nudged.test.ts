import { beforeAll, expect, it } from 'vitest';
import { nudged } from '../../../../src-main/engine/adapters/fresh/nudged.ts';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import { adapterSettingsSchema } from '../../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { goldenPath } from '../../golden.ts';
import { factors, state } from '../../merge/states.ts';
import { testCompute } from '../../test-compute.ts';

beforeAll(() => activateCompute(testCompute));

const module = 'vit.layers.0.attention.q_proj';
/** The factors A of an adapter, row by row. */
const valuesOf = (repeat: number | null) => {
  const plain = state({ [module]: factors([[1, -2, 0.75, 3]], [[0], [0.5]], 1) });
  const made = repeat === null ? plain : nudged(plain, repeat);
  const part = (name: string) => [...(made.modules.get(module)?.tensors.get(name)?.data ?? [])].map(Number);
  return { a: part('a'), b: part('b') };
};

it('moves each weight to the float next to it, and leaves zeros', () => {
  const [plain, moved] = [valuesOf(null), valuesOf(1)];
  // The distance of floats from 1 to 2 is 2⁻²³; just below a power of two it is half of that above.
  const steps = [
    [2 ** -24, 2 ** -23],
    [2 ** -23, 2 ** -22],
    [2 ** -24, 2 ** -24],
    [2 ** -22, 2 ** -22],
  ];
  for (const [at, value] of plain.a.entries())
    expect(steps[at]).toContain(Math.abs((moved.a[at] ?? Number.NaN) - value));
  expect(moved.b[0]).toBe(0);
  expect([2 ** -25, 2 ** -24]).toContain(Math.abs((moved.b[1] ?? Number.NaN) - 0.5));
});

it('moves them alike for the same repeat and otherwise for another', () => {
  expect(valuesOf(1)).toEqual(valuesOf(1));
  const all = [1, 2, 3, 4, 5, 6, 7, 8].map((repeat) => JSON.stringify(valuesOf(repeat)));
  expect(new Set(all).size).toBeGreaterThan(1);
});

it('starts a run on the drawn weights, moved', async () => {
  const base = await loadBaseModel(goldenPath('llama', 'base'));
  const started = async (roundingRepeat: number) => {
    const model = new AdaptedModel(base);
    const settings = adapterSettingsSchema.parse({ r: 2, target_modules: ['q_proj'] });
    const random = RandomStream.seeded(1, 'initialization');
    await model.createAdapter(settings, { random, labels: null, roundingRepeat });
    const state = await model.exportState();
    model.dispose();
    return state;
  };
  const [plain, repeat] = [await started(0), await started(3)];
  expect(repeat.modules).not.toEqual(plain.modules);
  expect(repeat.modules).toEqual(nudged(plain, 3).modules);
  base.dispose();
});

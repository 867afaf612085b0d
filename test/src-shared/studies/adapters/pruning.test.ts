import { expect, test } from 'vitest';
import { pruningStudy } from '../../../../src-shared/studies/adapters/pruning.ts';
import { pruningConfigSchema } from '../../../../src-shared/studies/adapters/pruning-schemas.ts';
import { pruningResult } from '../../figures/results.ts';

const config = pruningConfigSchema.parse({
  kind: 'pruning',
  dataset: 'data',
  adapters: pruningResult.adapters.map(({ label, coto, seed }) => ({
    label,
    coto,
    seed,
    adapter: { adapterId: `${coto ? 'coto' : 'lora'}-${seed}` },
  })),
});
const words = { mergeMethod: (id: string) => id };
const figures = pruningStudy.figures(pruningResult, config, words);

/** The adapters behind each point of a trace. */
function keptOf(figure: number, trace: string) {
  const chosen = figures[figure];
  const found = chosen
    ?.draw({ dark: false })
    .data.find((one) => one['name'] === trace && String(one['mode']).includes('markers'));
  const points = found?.['customdata'];
  if (!Array.isArray(points)) throw new Error(`no points of ${trace}`);
  return points.map((point) => chosen?.keep?.(point).map(({ of, name }) => ({ of, name })));
}

test('a mean stands for the adapter of every seed, none of which is taken for the others', () => {
  expect(keptOf(0, 'LoRA + CoTo')[1]).toEqual([
    { of: { adapterId: 'coto-1' }, name: 'LoRA + CoTo, seed 1: Low third' },
    { of: { adapterId: 'coto-2' }, name: 'LoRA + CoTo, seed 2: Low third' },
  ]);
});

test('so does a point of a curve, and the unpruned one stands for nothing to save', () => {
  expect(keptOf(1, 'LoRA')).toEqual([
    [],
    [
      { of: { adapterId: 'lora-1' }, name: 'LoRA, seed 1: 50 % zeroed' },
      { of: { adapterId: 'lora-2' }, name: 'LoRA, seed 2: 50 % zeroed' },
    ],
  ]);
});

test("a seed's own point stands for its adapter alone", () => {
  expect(figures[0]?.keep?.([2, 0])).toMatchObject([{ of: { adapterId: 'coto-1' } }]);
  expect(figures[0]?.keep?.('elsewhere')).toEqual([]);
});

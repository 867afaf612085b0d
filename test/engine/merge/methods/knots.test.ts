import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { mergeMethod } from '../../../../src-main/engine/merge/methods/index.ts';
import { mergeStates } from '../../../../src-main/engine/merge/run/merge-states.ts';
import type { HostTensor } from '../../../../src-main/engine/tensors/host-tensor.ts';
import { MagnitudeThreshold } from '../../../../src-main/engine/tensors/magnitude-threshold.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { goldenPath, relativeDifference, taken } from '../../golden.ts';
import { change, description, maskDraws, moduleOf, state } from '../states.ts';

const settings = z
  .array(
    z.looseObject({
      case: z.string(),
      ranks: z.array(z.number()),
      merge_method: z.enum(['ties', 'tv']),
      topK: z.number(),
      scaling_coeffs: z.number(),
      dare: z.boolean(),
      dare_pruning_coeffs: z.number(),
    }),
  )
  .parse(JSON.parse(readFileSync(goldenPath('methods', 'knots', 'settings.json'), 'utf8')));

const base = { description: description(1), directory: '' };
const modules = new Map([
  ['a.q', 'vit.layers.0.attention.q_proj'],
  ['b.v', 'vit.layers.0.attention.v_proj'],
]);
const read = (file: string) => readSafetensors(goldenPath('methods', 'knots', `${file}.safetensors`));
let inputs: ReadonlyMap<string, HostTensor>;
beforeAll(async () => {
  inputs = await read('inputs');
});

function states(ranks: readonly number[]) {
  return ranks.map((_, index) =>
    state(
      Object.fromEntries(
        [...modules].map(([short, name]) => {
          const part = (letter: string) => taken(inputs, `${short}.${index}.${letter}`);
          return [name, moduleOf(part('A'), part('B'))];
        }),
      ),
    ),
  );
}

describe.each(settings)("the released code's $case", (one) => {
  test('ΔW', async () => {
    const expected = await read(one.case);
    const masks = (module: string) => (purpose: string) => {
      const short = [...modules].find(([, name]) => name === module)?.[0];
      return maskDraws(expected.get(`${short}.${purpose.split('/')[1]}.mask`));
    };
    const merged = await mergeStates(
      {
        method: mergeMethod('knots'),
        // Equal weights are the released code's one scaling coefficient.
        weights: one.ranks.map(() => one.scaling_coeffs),
        parameters: {
          merger: one.merge_method === 'ties' ? 'ties' : 'task-arithmetic',
          density: one.topK / 100,
          dare_pruning_coeffs: one.dare ? one.dare_pruning_coeffs : 0,
        },
        base,
        random: masks,
      },
      states(one.ranks),
    );
    for (const [short, name] of modules) {
      const module = merged.modules.get(name);
      const theirs = expected.get(`${short}.delta`)?.data ?? [];
      expect(module && relativeDifference(change(module), theirs), name).toBeLessThanOrEqual(1e-5);
    }
  });
});

test('the threshold over pieces is that of all values: the third largest of −4 1 | 3 −2 is 2', () => {
  const pieces = [Float32Array.of(-4, 1), Float32Array.of(3, -2)];
  const threshold = new MagnitudeThreshold();
  for (const piece of pieces) threshold.countHigh(piece);
  expect(threshold.size).toBe(4);
  threshold.choose(3);
  for (const piece of pieces) threshold.countLow(piece);
  expect(threshold.value()).toBe(2);
});

import { expect, it } from 'vitest';
import { seededBy } from '../../../../src-main/engine/adapters/fresh/seed-adapter.ts';
import type { AdapterState } from '../../../../src-main/engine/adapters/variant/state.ts';
import { lora } from '../../../../src-main/engine/adapters/variants/lora.ts';
import { adapterConfigSchema } from '../../../../src-shared/domain/adapters/adapter.ts';

const filled = (shape: number[], value: number) => ({
  shape,
  data: new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(value),
});

/** A LoRA of rank 2 on one linear [3, 4] with a head for these labels, all of one value. */
function adapter(value: number, labels: string[] | null, biases: [string, number][] = []): AdapterState {
  const saved = labels === null ? [] : [['head.weight', filled([labels.length, 3], value)] as const];
  return {
    variant: lora,
    parameters: {},
    config: adapterConfigSchema.parse({}),
    coto: null,
    modules: new Map([
      [
        'linear',
        {
          rank: 2,
          scaling: 1,
          tensors: new Map([
            ['a', filled([2, 4], value)],
            ['b', filled([3, 2], value)],
          ]),
        },
      ],
    ]),
    shared: new Map(),
    saved: new Map(saved),
    biases: new Map(biases.map(([name, size]) => [name, filled([size], value)])),
    labels,
  };
}

it('gives its factors, and its head where the labels are the same', () => {
  const seeded = seededBy(adapter(7, ['a', 'b']), adapter(1, ['a', 'b']));
  expect(seeded.modules.get('linear')?.tensors.get('b')).toEqual(filled([3, 2], 7));
  expect(seeded.saved.get('head.weight')).toEqual(filled([2, 3], 7));
});

it('leaves a head for other labels new, as many or not', () => {
  for (const labels of [
    ['a', 'c'],
    ['a', 'b', 'c'],
  ]) {
    const seeded = seededBy(adapter(7, ['a', 'b']), adapter(1, labels));
    expect(seeded.saved.get('head.weight')).toEqual(filled([labels.length, 3], 1));
    expect(seeded.labels).toEqual(labels);
    expect(seeded.modules.get('linear')?.tensors.get('a')).toEqual(filled([2, 4], 7));
  }
});

it('is refused where something of it would be lost', () => {
  expect(() => seededBy(adapter(7, ['a', 'b']), adapter(1, null))).toThrow(/head.weight of its own/);
  expect(() => seededBy(adapter(7, null, [['linear.bias', 3]]), adapter(1, null))).toThrow(/replaces biases/);
});

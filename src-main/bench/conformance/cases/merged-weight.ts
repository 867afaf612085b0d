import { mergedWeight } from '../../../engine/ops/linear/merged-weight.ts';
import { get, transpose } from '../reference.ts';
import { changedWeight, gains } from './dora.ts';
import type { OperationCase } from './operation-case.ts';

const scaling = 1.7;

const merged = (
  sizes: { readonly inputs: number; readonly outputs: number; readonly rank: number },
  { inputsFirst = false, magnitude = false },
): OperationCase => {
  const { inputs, outputs, rank } = sizes;
  const place = inputsFirst ? 'inputs first' : 'outputs first';
  return {
    name: `merged weight ${outputs} × ${inputs}, rank ${rank}, ${magnitude ? 'with magnitudes, ' : ''}${place}`,
    shapes: {
      weight: inputsFirst ? [inputs, outputs] : [outputs, inputs],
      a: [rank, inputs],
      b: [outputs, rank],
      magnitude: [outputs],
    },
    wanted: [],
    run: (take) => {
      const factors = { a: take('a'), b: take('b'), scaling, magnitude: magnitude ? take('magnitude') : null };
      return mergedWeight(take('weight'), factors, inputsFirst);
    },
    reference: (take) => {
      const changed = changedWeight(take, sizes, inputsFirst);
      const gain = magnitude ? gains(take, 'magnitude', changed, inputs) : [];
      const all = changed.map((value, at) => value * (magnitude ? get(gain, Math.floor(at / inputs)) : 1));
      return inputsFirst ? transpose(all, outputs, inputs) : all;
    },
  };
};

const odd = { inputs: 7, outputs: 13, rank: 3 };
const wide = { inputs: 64, outputs: 48, rank: 8 };

export const mergedWeightCases: readonly OperationCase[] = [odd, wide].flatMap((sizes) =>
  [false, true].flatMap((inputsFirst) => [false, true].map((magnitude) => merged(sizes, { inputsFirst, magnitude }))),
);

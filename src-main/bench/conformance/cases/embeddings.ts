import * as tf from '@tensorflow/tfjs-core';
import { gatherRows } from '../../../engine/ops/index.ts';
import { doraEmbedding, loraEmbedding } from '../../../engine/ops/linear/lora-embedding.ts';
import { get, transpose } from '../reference.ts';
import { changedWeight, gains, magnitudesOf } from './dora.ts';
import { int32, matrix, type OperationCase, withFrozen } from './operation-case.ts';

const ids = [4, 0, 4, 2, 6, 4];
const sizes = { inputs: 7, outputs: 5, rank: 3 };
const { inputs, outputs, rank } = sizes;
const shapes = { weight: [inputs, outputs], a: [rank, inputs], b: [outputs, rank] };
const scaling = 1.7;

/** Rows of a table [inputs, outputs] given as its transpose. */
const rowsOf = (turned: readonly number[]) => {
  const table = transpose(turned, outputs, inputs);
  return ids.flatMap((id) => table.slice(id * outputs, (id + 1) * outputs));
};

const dora = (drawn: 'gain' | 'magnitude'): OperationCase => ({
  name: `dora embedding, ${drawn}`,
  shapes: { ...shapes, [drawn]: [outputs] },
  wanted: drawn === 'gain' ? ['a', 'b'] : ['magnitude'],
  run: (take, values) =>
    withFrozen(
      take,
      (frozen) => {
        const magnitude = magnitudesOf(take, values, drawn, sizes, true);
        return doraEmbedding(int32(ids), frozen, { a: take('a'), b: take('b'), magnitude, scaling });
      },
      false,
    ),
  reference: (take) => {
    const changed = changedWeight(take, sizes, true);
    const gain = gains(take, drawn, changed, inputs);
    return rowsOf(changed).map((value, index) => value * get(gain, index % outputs));
  },
});

export const embeddingCases: readonly OperationCase[] = [
  {
    name: 'rows taken from a table, some again',
    shapes: { weight: [inputs, outputs] },
    wanted: ['weight'],
    run: (take) => gatherRows(matrix(take, 'weight'), int32(ids)),
    reference: (take) => rowsOf(transpose(take('weight'), inputs, outputs)),
  },
  {
    name: 'lora embedding, ids that come again',
    shapes,
    wanted: ['a', 'b'],
    run: (take) =>
      withFrozen(take, (frozen) => loraEmbedding(int32(ids), frozen, { a: take('a'), b: take('b'), scaling }), false),
    reference: (take) => rowsOf(changedWeight(take, sizes, true)),
  },
  dora('gain'),
  dora('magnitude'),
  {
    name: 'slices on the tape',
    shapes: { x: [4, 6] },
    wanted: ['x'],
    run: (take) => tf.add(tf.slice(take('x'), [1, 0], [2, 3]), tf.slice(take('x'), [2, 2], [2, 3])),
    reference: (take) =>
      Array.from({ length: 6 }, (_, at) => {
        const [row, column] = [Math.floor(at / 3), at % 3];
        return get(take('x'), (row + 1) * 6 + column) + get(take('x'), (row + 2) * 6 + column + 2);
      }),
  },
  {
    name: 'tiles on the tape',
    shapes: { x: [2, 3] },
    wanted: ['x'],
    run: (take) => tf.tile(take('x'), [3, 2]),
    reference: (take) =>
      Array.from({ length: 6 * 6 }, (_, at) => get(take('x'), (Math.floor(at / 6) % 2) * 3 + (at % 3))),
  },
];

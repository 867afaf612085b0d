import type { HostTensor } from '../../tensors/host-tensor.ts';
import { markedRowTensors, offsetsOf } from '../shared/row-tensors.ts';
import type { PairRows } from './pair-rows.ts';

/**
 * The examples `indices` of a split for the Python script: `<split>.texts` with the rows of tokens, each text once,
 * `<split>.pairs` [examples, 2] with the rows of anchor and other text, `<split>.negatives` with those of wrong candidates, which
 * begin at `<split>.negative_offsets`, and `<split>.targets`, empty of a ranking.
 */
export function exportedPairs(
  split: 'train' | 'test',
  rows: PairRows,
  targets: Float32Array,
  indices: Int32Array,
): (readonly [name: string, tensor: HostTensor])[] {
  const pairs = [...indices].map((index) => rows.at(index));
  const used = [...new Set(pairs.flatMap(({ anchor, other, negatives }) => [anchor, other, ...negatives]))];
  const places = new Map(used.map((row, place) => [row, place]));
  const placeOf = (row: number) => places.get(row) ?? 0;
  const vector = <Data extends Int32Array | Float32Array>(data: Data) => ({ shape: [data.length], data });
  const chosen = targets.length === 0 ? targets : Float32Array.from(indices, (index) => targets[index] ?? 0);
  return [
    ...markedRowTensors(
      `${split}.texts`,
      used.map((row) => rows.row(row)),
      'token_type_ids',
    ),
    [
      `${split}.pairs`,
      {
        shape: [pairs.length, 2],
        data: Int32Array.from(pairs.flatMap(({ anchor, other }) => [placeOf(anchor), placeOf(other)])),
      },
    ],
    [`${split}.negatives`, vector(Int32Array.from(pairs.flatMap(({ negatives }) => negatives.map(placeOf))))],
    [`${split}.negative_offsets`, vector(offsetsOf(pairs.map(({ negatives }) => negatives)))],
    [`${split}.targets`, vector(chosen)],
  ];
}

import { replaceColumns, replacedColumns, replaceRows, trainedRowsCrossEntropy } from '../../../engine/ops/index.ts';
import { addRows, crossEntropy, get, multiply, transpose, type Values } from '../reference.ts';
import { int32, lasting, matrix, type OperationCase, withFrozen } from './operation-case.ts';

const replaced = [4, 0, 6];
const [rows, hidden, vocabulary] = [5, 3, 7];
const ignored = -100;

/** The tensors that name the replaced columns outlive the tape, as those of an adapter do. */
const columnsOf = (width: number) => {
  const { ids, sources, kept } = replacedColumns(replaced, width);
  return { ids: lasting(ids), sources: lasting(sources), kept: lasting(kept) };
};

/** A table [vocabulary, hidden] with the trained rows in it. */
const withRows = (table: Values, own: Values) =>
  Array.from({ length: vocabulary * hidden }, (_, at) => {
    const place = replaced.indexOf(Math.floor(at / hidden));
    return place < 0 ? get(table, at) : get(own, place * hidden + (at % hidden));
  });

const loss = (labels: readonly number[], cap: number, hasBias: boolean): OperationCase => ({
  name: `linear cross-entropy with trained rows, ${hasBias ? 'a bias' : 'no bias'}, soft cap ${cap}`,
  shapes: {
    x: [rows, hidden],
    weight: [vocabulary, hidden],
    own: [replaced.length, hidden],
    ...(hasBias ? { bias: [vocabulary] } : {}),
  },
  wanted: ['x', 'own'],
  run: (take) =>
    withFrozen(
      take,
      (frozen) => {
        const trained = { rows: matrix(take, 'own'), replaced: columnsOf(vocabulary) };
        return trainedRowsCrossEntropy(matrix(take, 'x'), frozen, trained, int32(labels), cap);
      },
      hasBias,
    ),
  reference: (take) => {
    const weight = transpose(withRows(take('weight'), take('own')), vocabulary, hidden);
    const products = multiply(take('x'), weight, rows, hidden, vocabulary);
    const plain = hasBias ? addRows(products, take('bias')) : products;
    const logits = cap === 0 ? plain : plain.map((logit) => cap * Math.tanh(logit / cap));
    return [crossEntropy(logits, labels, vocabulary)];
  },
});

const places = [0, 2, 1, 0, 2, 3];

export const trainedTokenCases: readonly OperationCase[] = [
  {
    name: 'rows replaced by others, some again',
    shapes: { x: [places.length, hidden], own: [replaced.length, hidden] },
    wanted: ['x', 'own'],
    run: (take) => replaceRows(matrix(take, 'x'), matrix(take, 'own'), int32(places)),
    reference: (take) =>
      places.flatMap((place, row) =>
        Array.from({ length: hidden }, (_, at) =>
          place === 0 ? get(take('x'), row * hidden + at) : get(take('own'), (place - 1) * hidden + at),
        ),
      ),
  },
  {
    name: 'columns replaced by others',
    shapes: { x: [rows, vocabulary], columns: [rows, replaced.length] },
    wanted: ['x', 'columns'],
    run: (take) => replaceColumns(matrix(take, 'x'), matrix(take, 'columns'), columnsOf(vocabulary)),
    reference: (take) =>
      Array.from({ length: rows * vocabulary }, (_, at) => {
        const place = replaced.indexOf(at % vocabulary);
        const row = Math.floor(at / vocabulary);
        return place < 0 ? get(take('x'), at) : get(take('columns'), row * replaced.length + place);
      }),
  },
  loss([0, 4, ignored, 6, 3], 0, false),
  loss([4, 1, 2, ignored, 0], 0, true),
  loss([5, 4, 6, 0, 1], 3, false),
];

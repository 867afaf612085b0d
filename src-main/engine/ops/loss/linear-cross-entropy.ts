import * as tf from '@tensorflow/tfjs-core';
import { isTaping } from '../../compute/tfjs-internals.ts';
import {
  as1D,
  as2D,
  attribute,
  defineOperation,
  first,
  givenInputs,
  input,
  type OperationAttributes,
  type OperationDefinition,
  type OperationInputs,
  onlyScalar,
} from '../autograd/operation.ts';
import { type ReplacedColumns, withColumns } from '../indexing/replace-columns.ts';
import type { FrozenWeight } from '../linear/frozen-weight.ts';
import { matmul } from '../linear/matmul.ts';
import {
  formAttributes,
  formOfAttributes,
  type LabelForm,
  labelLossOf,
  labelSlopesOf,
  plainForm,
} from './label-form.ts';
import { countedLabels } from './softmax-cross-entropy.ts';

/** Logits that the composition computes at a time: 16 MB. */
const logitsAtOnce = 4 * 1024 * 1024;

/** Outputs: the loss, and the gradients of x and of trained rows for a loss gradient of 1 ([0] if they are not needed). */
function compose(inputs: OperationInputs, attributes: OperationAttributes): tf.Tensor[] {
  const [x, weight] = [as2D(input(inputs, 'x')), as2D(input(inputs, 'weight'))];
  const options = { frozen: true, bfloat16: attribute(attributes, 'bfloat16') !== 0 };
  const softcap = attributes['softcap'] ?? 0;
  const wantsGradient = attribute(attributes, 'wantsGradient') !== 0;
  const labels = as1D(input(inputs, 'labels'));
  const form = formOfAttributes(attributes);
  const trained = trainedRows(inputs);
  const { weights } = countedLabels(labels);
  const divisor = tf.maximum(tf.sum(weights), 1);
  const [rows, hidden] = x.shape;
  // A soft cap takes four times as much at its peak, replaced columns twice as much.
  const valuesAtOnce = logitsAtOnce / (softcap === 0 ? 1 : 4) / (trained === null ? 1 : 2);
  const rowsAtOnce = Math.max(1, Math.floor(valuesAtOnce / weight.shape[0]));
  const losses: tf.Tensor[] = [];
  const gradients: tf.Tensor[] = [];
  const rowGradients: tf.Tensor[] = [];
  for (let start = 0; start < rows; start += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, rows - start);
    const made = tf.tidy(() => {
      const states = tf.slice(x, [start, 0], [count, hidden]);
      const product = matmul(states, weight, { ...options, transposeB: true, bias: inputs['bias'] });
      const plain = trained === null ? product : trained.replaceIn(product, states);
      if (plain !== product) product.dispose();
      const bent = softcap === 0 ? null : tf.tidy(() => tf.tanh(tf.div(plain, softcap)));
      const logits = bent === null ? plain : tf.mul<tf.Tensor2D>(bent, softcap);
      if (bent !== null) plain.dispose();
      const own = tf.slice(labels, [start], [count]);
      const share = tf.div(tf.sum(tf.slice(weights, [start], [count])), divisor);
      const loss = tf.mul(labelLossOf(form, logits, own), share);
      if (!wantsGradient) return [loss];
      const slope = labelSlopesOf(form, logits, own, share);
      if (bent === null) return [loss, ...backward(slope, states)];
      logits.dispose();
      const factor = tf.tidy(() => tf.sub(1, tf.square(bent)));
      bent.dispose();
      return [loss, ...backward(tf.mul<tf.Tensor2D>(slope, factor), states)];
    });
    losses.push(first(made));
    gradients.push(...made.slice(1, 2));
    rowGradients.push(...made.slice(2));
  }
  const none = () => tf.tensor1d([], 'float32');
  const sums = trained === null ? [] : [wantsGradient ? tf.addN(rowGradients) : none()];
  return [tf.addN(losses), wantsGradient ? tf.concat(gradients, 0) : none(), ...sums];

  /** The gradients of x and of the trained rows for that of the logits. */
  function backward(slope: tf.Tensor2D, states: tf.Tensor2D): tf.Tensor[] {
    if (trained === null) return [matmul(slope, weight, options)];
    const own = trained.columnsOf(slope);
    const frozen = matmul(tf.mul(slope, trained.kept), weight, options);
    return [matmul(own, trained.rows, { addend: frozen }), matmul(own, states, { transposeA: true })];
  }
}

/** The rows of the weight that are trained, as `inputs` of the operation name them. */
function trainedRows({ rows, rowBias, ids, sources, kept }: OperationInputs) {
  if (rows === undefined || ids === undefined || sources === undefined || kept === undefined) return null;
  return {
    rows,
    kept,
    replaceIn: (logits: tf.Tensor2D, states: tf.Tensor2D) =>
      withColumns(logits, matmul(states, rows, { transposeB: true, bias: rowBias }), as1D(sources)),
    columnsOf: (slope: tf.Tensor2D) => as2D(tf.gather(slope, as1D(ids), 1)),
  };
}

const definition: OperationDefinition = {
  name: 'CotoLinearCrossEntropy',
  compose,
  saved: { outputs: [null, 'dx'] },
  gradients: (dy, saved) => ({ x: () => tf.mul(input(saved, 'dx'), dy) }),
};

const operation = defineOperation(definition);

/** The same with a bias, a soft cap or another form of the loss, by the composition on every backend. */
const operationWithBend = defineOperation({ ...definition, name: 'CotoBentLinearCrossEntropy' });

/**
 * `softmaxCrossEntropy` of the logits x·Wᵀ + b, in blocks of rows: the logits [rows, vocabulary] are never in memory as a
 * whole, neither here nor in the backward pass (the gradient is computed with the loss). x [rows, hidden], frozen W
 * [vocabulary, hidden], labels [rows] int32, −100 ignored. The gradient goes to x.
 * @param softcap bends the logits to softcap · tanh(logits / softcap); 0: they stay
 */
export function linearCrossEntropy(
  x: tf.Tensor2D,
  { weight, bias, bfloat16 }: FrozenWeight,
  labels: tf.Tensor1D,
  softcap = 0,
  form: LabelForm = plainForm,
): tf.Scalar {
  const attributes = { bfloat16: Number(bfloat16), wantsGradient: Number(isTaping()), ...formAttributes(form) };
  if (bias === null && softcap === 0 && form.kind === 'plain')
    return onlyScalar(operation({ x, weight, labels }, attributes));
  return onlyScalar(operationWithBend(givenInputs({ x, weight, bias, labels }), { ...attributes, softcap }));
}

/** Rows of a frozen weight that are trained in its place. */
export interface TrainedRows {
  /** [count, hidden] */
  readonly rows: tf.Tensor2D;
  readonly replaced: ReplacedColumns;
}

const operationWithRows = defineOperation({
  name: 'CotoTrainedRowsCrossEntropy',
  compose,
  saved: { outputs: [null, 'dx', 'dRows'] },
  gradients: (dy, saved) => ({
    x: () => tf.mul(input(saved, 'dx'), dy),
    rows: () => tf.mul(input(saved, 'dRows'), dy),
  }),
});

/** The same where some rows of W are trained, whose gradient is computed with the loss; by the composition on every backend. */
export function trainedRowsCrossEntropy(
  x: tf.Tensor2D,
  { weight, bias, bfloat16 }: FrozenWeight,
  { rows, replaced }: TrainedRows,
  labels: tf.Tensor1D,
  softcap = 0,
  form: LabelForm = plainForm,
): tf.Scalar {
  const attributes = {
    bfloat16: Number(bfloat16),
    wantsGradient: Number(isTaping()),
    softcap,
    ...formAttributes(form),
  };
  const rowBias = bias === null ? null : tf.gather(bias, replaced.ids);
  return onlyScalar(
    operationWithRows(givenInputs({ x, weight, bias, labels, rows, rowBias, ...replaced }), attributes),
  );
}

import * as tf from '@tensorflow/tfjs-core';
import { type KernelModule, loadKernels } from './shared-memory.ts';

type Inputs = Readonly<Record<string, tf.TensorInfo>>;
type Attributes = Readonly<Record<string, number>>;
type Kernel = (module: KernelModule, inputs: Inputs, attributes: Attributes) => tf.TensorInfo | tf.TensorInfo[];

/** Columns of a packed panel. */
const panelColumns = 8;
/** Rows of queries per block of attention. */
const attentionBlock = 66;

/**
 * Our operations by name, implemented in the C files in this folder. Others are composed of these and of tfjs's kernels.
 */
const kernels: ReadonlyMap<string, Kernel> = new Map<string, Kernel>([
  ['CotoMatmul', matmul],
  ['CotoGelu', (module, inputs, attributes) => gelu(module, 'gelu', inputs, attributes)],
  ['CotoGeluGradient', (module, inputs, attributes) => gelu(module, 'gelu_gradient', inputs, attributes)],
  ['CotoGeluDerivative', (module, inputs, attributes) => gelu(module, 'gelu_derivative', inputs, attributes)],
  ['CotoGatedSilu', (module, inputs) => elementwise(module, 'gated_silu', takenAll(inputs, 'gate', 'up'), 1)],
  [
    'CotoGatedSiluGradient',
    (module, inputs) => elementwise(module, 'gated_silu_gradient', takenAll(inputs, 'gate', 'up', 'dy'), 2),
  ],
  ['CotoLayerNorm', (...of) => rows('layer_norm', ['x', 'scale', 'shift'], ...of)],
  ['CotoLayerNormGradient', (...of) => rows('layer_norm_gradient', ['x', 'scale', 'dy', 'addend'], ...of)],
  ['CotoRmsNorm', (...of) => rows('rms_norm', ['x', 'scale'], ...of)],
  ['CotoRmsNormGradient', (...of) => rows('rms_norm_gradient', ['x', 'scale', 'dy', 'addend'], ...of)],
  ['CotoRotary', rotary],
  ['CotoAttention', attention],
  ['CotoAttentionGradient', attentionGradient],
  ['CotoSoftmaxCrossEntropy', crossEntropy],
  ['CotoSoftmaxCrossEntropyGradient', crossEntropyGradient],
  ['CotoSumsOfSquares', sumsOfSquares],
  ['CotoAdamW', adamw],
]);

/**
 * Registers our kernels (C files in this folder) on tfjs's wasm backend. False if unsupported here: the compositions are
 * used.
 */
export function registerWasmKernels(): boolean {
  const module = loadKernels();
  if (module === null) return false;
  unregisterWasmKernels();
  for (const [kernelName, kernel] of kernels)
    tf.registerKernel({
      kernelName,
      backendName: 'wasm',
      kernelFunc: ({ inputs, attrs }) => kernel(module, given(inputs), numbers(attrs)),
    });
  return true;
}

/** Removes the kernels again, to compare both. */
export function unregisterWasmKernels(): void {
  for (const kernelName of kernels.keys())
    if (tf.getKernel(kernelName, 'wasm')) tf.unregisterKernel(kernelName, 'wasm');
}

function matmul(module: KernelModule, inputs: Inputs, attributes: Attributes): tf.TensorInfo {
  const [a, b] = [taken(inputs, 'a'), taken(inputs, 'b')];
  const [transposeA, transposeB] = [number(attributes, 'transposeA'), number(attributes, 'transposeB')];
  const [m, k] = transposeA ? [size(a, 1), size(a, 0)] : [size(a, 0), size(a, 1)];
  const [inner, n] = transposeB ? [size(b, 1), size(b, 0)] : [size(b, 0), size(b, 1)];
  if (k !== inner) throw new Error(`a product of ${m} × ${k} by ${inner} × ${n}`);
  const k2 = inputs['a2'] === undefined ? 0 : size(inputs['a2'], 1);
  const panels = module.scratch((k + k2) * rounded(n));
  const out = module.output([m, n]);
  const place = (name: string) => optional(module, inputs, name);
  module.call(
    'matmul',
    ...[module.address(a), module.address(b), module.address(out), m, n, k, transposeA, transposeB],
    ...[number(attributes, 'scale'), place('bias'), place('addend'), place('multiplier'), place('a2'), place('b2'), k2],
    ...[number(attributes, 'transposeB2'), number(attributes, 'scale2'), panels],
  );
  return out;
}

function gelu(module: KernelModule, name: string, inputs: Inputs, attributes: Attributes): tf.TensorInfo[] {
  const given = name === 'gelu_gradient' ? takenAll(inputs, 'x', 'dy') : takenAll(inputs, 'x');
  return elementwise(module, name, given, name === 'gelu_derivative' ? 2 : 1, number(attributes, 'tanh'));
}

/** Outputs of the inputs' shape, element by element. */
function elementwise(
  module: KernelModule,
  name: string,
  inputs: readonly tf.TensorInfo[],
  outputs: number,
  ...more: number[]
): tf.TensorInfo[] {
  const shape = inputs[0]?.shape ?? [];
  const made = Array.from({ length: outputs }, () => module.output(shape));
  module.call(name, ...[...inputs, ...made].map(module.address), tf.util.sizeFromShape(shape), ...more);
  return made;
}

/** One output of the first input's shape, row by row. `addend` is optional. */
function rows(
  name: string,
  names: readonly string[],
  module: KernelModule,
  inputs: Inputs,
  attributes: Attributes,
): tf.TensorInfo {
  const x = taken(inputs, 'x');
  const out = module.output(x.shape);
  const places = names.map((one) =>
    one === 'addend' ? optional(module, inputs, one) : module.address(taken(inputs, one)),
  );
  module.call(name, ...places, module.address(out), size(x, 0), size(x, 1), number(attributes, 'epsilon'));
  return out;
}

function rotary(module: KernelModule, inputs: Inputs, attributes: Attributes): tf.TensorInfo {
  const [x, cos] = [taken(inputs, 'x'), taken(inputs, 'cos')];
  const out = module.output(x.shape);
  const places = [x, cos, taken(inputs, 'sin'), out].map(module.address);
  const direction = number(attributes, 'inverse') === 0 ? 1 : -1;
  module.call('rotary', ...places, size(x, 0), size(cos, 0), number(attributes, 'heads'), size(cos, 1), direction);
  return out;
}

function attention(module: KernelModule, inputs: Inputs, attributes: Attributes): tf.TensorInfo[] {
  const [q, k, v] = [taken(inputs, 'q'), taken(inputs, 'k'), taken(inputs, 'v')];
  const { sizes, scores, panels } = attentionSizes(q, attributes);
  const scratch = module.scratch(scores + panels);
  const out = module.output(q.shape);
  const sums = module.output([
    number(attributes, 'batch') * number(attributes, 'heads'),
    number(attributes, 'queries'),
  ]);
  module.call(
    'attention',
    ...[q, k, v].map(module.address),
    optional(module, inputs, 'mask'),
    ...[out, sums].map(module.address),
    ...sizes,
    ...[scratch, scratch + scores * 4],
  );
  return [out, sums];
}

function attentionGradient(module: KernelModule, inputs: Inputs, attributes: Attributes): tf.TensorInfo[] {
  const [q, k, v] = [taken(inputs, 'q'), taken(inputs, 'k'), taken(inputs, 'v')];
  const { sizes, scores, panels } = attentionSizes(q, attributes);
  const scratch = module.scratch(2 * scores + panels);
  const made = [q, k, v].map((one) => module.output(one.shape));
  module.call(
    'attention_gradient',
    ...[q, k, v].map(module.address),
    optional(module, inputs, 'mask'),
    ...[...takenAll(inputs, 'y', 'logSumExp', 'dy'), ...made].map(module.address),
    ...sizes,
    ...[scratch, scratch + scores * 4, scratch + 2 * scores * 4],
  );
  return made;
}

function crossEntropy(module: KernelModule, inputs: Inputs): tf.TensorInfo {
  const logits = taken(inputs, 'logits');
  const powers = module.scratch(size(logits, 1));
  const out = module.output([]);
  const places = [logits, taken(inputs, 'labels', 'int32'), out].map(module.address);
  module.call('cross_entropy', ...places, size(logits, 0), size(logits, 1), powers);
  return out;
}

function crossEntropyGradient(module: KernelModule, inputs: Inputs): tf.TensorInfo {
  const logits = taken(inputs, 'logits');
  const out = module.output(logits.shape);
  const places = [logits, taken(inputs, 'labels', 'int32'), taken(inputs, 'dy'), out].map(module.address);
  module.call('cross_entropy_gradient', ...places, size(logits, 0), size(logits, 1));
  return out;
}

function sumsOfSquares(module: KernelModule, inputs: Inputs, attributes: Attributes): tf.TensorInfo {
  const count = number(attributes, 'count');
  const out = module.output([count]);
  const place = module.address(out);
  for (let index = 0; index < count; index++) {
    const tensor = taken(inputs, index);
    module.call('square_sum', module.address(tensor), tf.util.sizeFromShape(tensor.shape), place + index * 4);
  }
  return out;
}

/** In place, without an output. */
function adamw(module: KernelModule, inputs: Inputs, attributes: Attributes): tf.TensorInfo[] {
  const [beta1, beta2] = [number(attributes, 'beta1'), number(attributes, 'beta2')];
  const rate = number(attributes, 'learningRate');
  for (let index = 0; index < number(attributes, 'count'); index++) {
    const tensors = takenAll(inputs, 4 * index, 4 * index + 1, 4 * index + 2, 4 * index + 3);
    module.call(
      'adamw',
      ...tensors.map(module.address),
      tf.util.sizeFromShape(taken(inputs, 4 * index).shape),
      ...[number(attributes, 'gradientScale'), beta1, 1 - beta1, beta2, 1 - beta2],
      1 / Math.sqrt(number(attributes, 2 * index + 1)),
      number(attributes, 'epsilon'),
      rate / number(attributes, 2 * index),
      1 - rate * number(attributes, 'weightDecay'),
    );
  }
  return [];
}

/** Sizes of attention, and the number of floats for scores and panels. */
function attentionSizes(q: tf.TensorInfo, attributes: Attributes): { sizes: number[]; scores: number; panels: number } {
  const [queries, tokens] = [number(attributes, 'queries'), number(attributes, 'tokens')];
  const heads = number(attributes, 'heads');
  const headSize = size(q, 1) / heads;
  const block = Math.min(queries, attentionBlock);
  return {
    sizes: [
      ...[number(attributes, 'batch'), queries, tokens, heads, number(attributes, 'keyValueHeads'), headSize],
      ...[number(attributes, 'causal'), number(attributes, 'window')],
      ...[number(attributes, 'scale'), number(attributes, 'softcap')],
    ],
    scores: Math.ceil((block * tokens) / 4) * 4,
    panels: Math.max(headSize * rounded(tokens), Math.max(tokens, block) * rounded(headSize)),
  };
}

function rounded(columns: number): number {
  return Math.ceil(columns / panelColumns) * panelColumns;
}

function taken(inputs: Inputs, name: string | number, dtype: 'float32' | 'int32' = 'float32'): tf.TensorInfo {
  const found = inputs[name];
  if (found === undefined) throw new Error(`kernel input ${name} is missing`);
  if (found.dtype !== dtype) throw new Error(`kernel input ${name} is ${found.dtype}, not ${dtype}`);
  return found;
}

function takenAll(inputs: Inputs, ...names: (string | number)[]): tf.TensorInfo[] {
  return names.map((name) => taken(inputs, name));
}

/** Address of an optional input; 0 if absent. */
function optional(module: KernelModule, inputs: Inputs, name: string): number {
  return inputs[name] === undefined ? 0 : module.address(taken(inputs, name));
}

function number(attributes: Attributes, name: string | number): number {
  const found = attributes[name];
  if (found === undefined) throw new Error(`kernel attribute ${name} is missing`);
  return found;
}

function size(tensor: tf.TensorInfo, axis: number): number {
  const found = tensor.shape[axis];
  if (found === undefined) throw new Error(`a kernel input has no axis ${axis}`);
  return found;
}

function given(inputs: tf.NamedTensorInfoMap): Inputs {
  const present: Record<string, tf.TensorInfo> = {};
  for (const [name, tensor] of Object.entries(inputs)) if (tensor !== undefined) present[name] = tensor;
  return present;
}

function numbers(attributes: object | undefined): Attributes {
  const checked: Record<string, number> = {};
  for (const [name, value] of Object.entries(attributes ?? {})) if (typeof value === 'number') checked[name] = value;
  return checked;
}

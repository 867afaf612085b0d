import * as tf from '@tensorflow/tfjs-core';
import { type KernelModule, loadKernels } from './shared-memory.ts';

type Inputs = Readonly<Record<string, tf.TensorInfo>>;
type Attributes = Readonly<Record<string, number>>;
type Kernel = (module: KernelModule, inputs: Inputs, attributes: Attributes) => tf.TensorInfo | tf.TensorInfo[];

/** Columns of a packed panel in kernels.c. */
const panelColumns = 8;

/** Our operations by name, as kernels.c computes them. What is not listed is composed of these and of tfjs's own kernels. */
const kernels: ReadonlyMap<string, Kernel> = new Map<string, Kernel>([
  [
    'CotoProduct',
    (module, inputs, attributes) => {
      const [a, b] = [taken(inputs, 'a'), taken(inputs, 'b')];
      const [transposeA, transposeB] = [number(attributes, 'transposeA'), number(attributes, 'transposeB')];
      const [m, k] = transposeA ? [size(a, 1), size(a, 0)] : [size(a, 0), size(a, 1)];
      const [inner, n] = transposeB ? [size(b, 1), size(b, 0)] : [size(b, 0), size(b, 1)];
      if (k !== inner) throw new Error(`a product of ${m} × ${k} by ${inner} × ${n}`);
      const k2 = inputs['a2'] === undefined ? 0 : size(inputs['a2'], 1);
      const panels = module.scratch((k + k2) * rounded(n));
      const out = module.output([m, n]);
      const place = (name: string) => (inputs[name] === undefined ? 0 : module.address(inputs[name]));
      module.call(
        'product',
        ...[module.address(a), module.address(b), module.address(out), m, n, k, transposeA, transposeB],
        ...[number(attributes, 'scale'), place('bias'), place('plus'), place('a2'), place('b2'), k2],
        ...[number(attributes, 'transposeB2'), number(attributes, 'scale2'), panels],
      );
      return out;
    },
  ],
  [
    'CotoGelu',
    (module, inputs) => {
      const x = taken(inputs, 'x');
      const out = module.output(x.shape);
      module.call('gelu', module.address(x), module.address(out), tf.util.sizeFromShape(x.shape));
      return out;
    },
  ],
  [
    'CotoGeluGradient',
    (module, inputs) => {
      const [x, dy] = [taken(inputs, 'x'), taken(inputs, 'dy')];
      const out = module.output(x.shape);
      const count = tf.util.sizeFromShape(x.shape);
      module.call('gelu_gradient', module.address(x), module.address(dy), module.address(out), count);
      return out;
    },
  ],
  [
    'CotoLayerNorm',
    (module, inputs, attributes) => {
      const x = taken(inputs, 'x');
      const out = module.output(x.shape);
      const places = [x, taken(inputs, 'scale'), taken(inputs, 'shift'), out].map(module.address);
      module.call('layer_norm', ...places, size(x, 0), size(x, 1), number(attributes, 'epsilon'));
      return out;
    },
  ],
  [
    'CotoLayerNormGradient',
    (module, inputs, attributes) => {
      const x = taken(inputs, 'x');
      const out = module.output(x.shape);
      const places = [x, taken(inputs, 'scale'), taken(inputs, 'dy'), out].map(module.address);
      module.call('layer_norm_gradient', ...places, size(x, 0), size(x, 1), number(attributes, 'epsilon'));
      return out;
    },
  ],
  [
    'CotoAttention',
    (module, inputs, attributes) => {
      const [q, k, v] = [taken(inputs, 'q'), taken(inputs, 'k'), taken(inputs, 'v')];
      const sizes = attentionSizes(q, attributes);
      const panels = module.scratch(attentionPanels(sizes));
      const out = module.output(q.shape);
      const p = module.output([sizes.batch * sizes.heads, sizes.queries, sizes.tokens]);
      module.call('attention', ...[q, k, v, out, p].map(module.address), ...attentionArguments(sizes), panels);
      return [out, p];
    },
  ],
  [
    'CotoAttentionGradient',
    (module, inputs, attributes) => {
      const [q, k, v] = [taken(inputs, 'q'), taken(inputs, 'k'), taken(inputs, 'v')];
      const sizes = attentionSizes(q, attributes);
      const scores = Math.ceil((sizes.queries * sizes.tokens) / 4) * 4;
      const scratch = module.scratch(scores + attentionPanels(sizes));
      const made = [q, k, v].map((one) => module.output(one.shape));
      module.call(
        'attention_gradient',
        ...[q, k, v, taken(inputs, 'probabilities'), taken(inputs, 'dy'), ...made].map(module.address),
        ...attentionArguments(sizes),
        scratch,
        scratch + scores * 4,
      );
      return made;
    },
  ],
]);

/** Lets tfjs's wasm backend run our operations by kernels.c. False where this machine cannot: the compositions stay. */
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

/** Back to the compositions: how the two are compared. */
export function unregisterWasmKernels(): void {
  for (const kernelName of kernels.keys())
    if (tf.getKernel(kernelName, 'wasm')) tf.unregisterKernel(kernelName, 'wasm');
}

interface AttentionSizes {
  readonly batch: number;
  readonly queries: number;
  readonly tokens: number;
  readonly heads: number;
  readonly headSize: number;
}

function attentionSizes(q: tf.TensorInfo, attributes: Attributes): AttentionSizes {
  const heads = number(attributes, 'heads');
  return {
    batch: number(attributes, 'batch'),
    queries: number(attributes, 'queries'),
    tokens: number(attributes, 'tokens'),
    heads,
    headSize: size(q, 1) / heads,
  };
}

function attentionArguments({ batch, queries, tokens, heads, headSize }: AttentionSizes): number[] {
  return [batch, queries, tokens, heads, headSize, 1 / Math.sqrt(headSize)];
}

function attentionPanels({ queries, tokens, headSize }: AttentionSizes): number {
  return Math.max(headSize * rounded(tokens), Math.max(tokens, queries) * rounded(headSize));
}

function rounded(columns: number): number {
  return Math.ceil(columns / panelColumns) * panelColumns;
}

function taken(inputs: Inputs, name: string): tf.TensorInfo {
  const found = inputs[name];
  if (found === undefined) throw new Error(`kernel input ${name} is missing`);
  if (found.dtype !== 'float32') throw new Error(`kernel input ${name} is ${found.dtype}, not float32`);
  return found;
}

function number(attributes: Attributes, name: string): number {
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

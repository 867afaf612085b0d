import type { MaskEvaluator } from '../../../src-main/engine/adapters/model/mask-evaluator.ts';
import { type Matrix, type MatrixLike, matmul, transpose } from '../../../src-main/engine/linalg/index.ts';
import type {
  CandidateLoss,
  LossRequest,
  MergeCandidate,
  MergeData,
} from '../../../src-main/engine/merge/merge-data.ts';
import type { LowRankUpdate } from '../../../src-main/engine/merge/merge-method.ts';
import type { HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';

/** A linear layer x·(weight + ΔW)ᵀ. */
export interface ToyLayer {
  readonly name: string;
  readonly weight: MatrixLike;
}

export interface ToyExamples {
  readonly inputs: MatrixLike;
  /** Targets of the outputs; unused by the objective `entropy`. */
  readonly targets?: MatrixLike;
}

/**
 * Linear layers with tanh between them, in double precision, written out with their gradients: the losses of
 * `MergeData` without a model. Squared errors are means over all entries.
 */
export class ToyNetwork implements MergeData {
  private readonly layers: readonly ToyLayer[];
  private readonly examples: (request: LossRequest) => readonly ToyExamples[];
  readonly requests: LossRequest[] = [];

  constructor(layers: readonly ToyLayer[], examples: (request: LossRequest) => readonly ToyExamples[]) {
    this.layers = layers;
    this.examples = examples;
  }

  outputs(candidate: MergeCandidate, inputs: MatrixLike): Matrix {
    return this.forward(candidate, inputs).at(-1) ?? matrixOf(inputs);
  }

  loss(candidate: MergeCandidate, request: LossRequest): Promise<CandidateLoss> {
    this.requests.push(request);
    const all = this.examples(request);
    let loss = 0;
    const gradients = new Map<string, { a: HostTensor; b: HostTensor }>();
    for (const { inputs, targets } of all) {
      const states = this.forward(candidate, inputs);
      const last = states.at(-1) ?? matrixOf(inputs);
      const own = request.objective === 'entropy' ? entropy(last) : squaredError(last, targets ?? last);
      loss += own.loss / all.length;
      this.backward(candidate, states, own.slope, all.length, gradients);
    }
    return Promise.resolve({ loss, gradients: request.gradients === true ? gradients : null });
  }

  inputs(): Promise<HostTensor> {
    return Promise.reject(new Error('no inputs are asked for'));
  }

  score(): Promise<number> {
    return Promise.reject(new Error('no score is asked for'));
  }

  masks(): MaskEvaluator {
    return { score: () => this.score().then(() => []) };
  }

  /** The inputs of every layer, then the outputs. */
  private forward(candidate: MergeCandidate, inputs: MatrixLike): Matrix[] {
    const states = [matrixOf(inputs)];
    for (const [index, layer] of this.layers.entries()) {
      const before = states.at(-1) ?? matrixOf(inputs);
      const after = matmul(before, transpose(plus(layer.weight, candidate.get(layer.name))));
      states.push(index + 1 < this.layers.length ? map(after, Math.tanh) : after);
    }
    return states;
  }

  private backward(
    candidate: MergeCandidate,
    states: readonly Matrix[],
    slope: Matrix,
    count: number,
    gradients: Map<string, { a: HostTensor; b: HostTensor }>,
  ): void {
    let current = slope;
    for (let index = this.layers.length - 1; index >= 0; index--) {
      const layer = this.layers[index];
      const [input, output] = [states[index], states[index + 1]];
      if (!layer || !input || !output) throw new Error('a layer is missing');
      if (index + 1 < this.layers.length)
        current = {
          shape: current.shape,
          data: current.data.map((value, at) => value * (1 - (output.data[at] ?? 0) ** 2)),
        };
      const update = candidate.get(layer.name);
      const ofWeight = matmul(transpose(current), input);
      if (update) {
        const share = update.scaling / count;
        const before = gradients.get(layer.name);
        gradients.set(layer.name, {
          a: added(before?.a, matmul(transpose(update.b), ofWeight), share),
          b: added(before?.b, matmul(ofWeight, transpose(update.a)), share),
        });
      }
      current = matmul(current, plus(layer.weight, update));
    }
  }
}

export function squaredError(outputs: Matrix, targets: MatrixLike): { loss: number; slope: Matrix } {
  const differences = outputs.data.map((value, at) => value - (targets.data[at] ?? 0));
  const count = differences.length;
  const loss = differences.reduce((sum, value) => sum + value * value, 0) / count;
  return { loss, slope: { shape: outputs.shape, data: differences.map((value) => (2 * value) / count) } };
}

/** Mean entropy of the softmax of each row, and its gradient −p·(log p + H) / rows. */
function entropy({ shape, data }: Matrix): { loss: number; slope: Matrix } {
  const [rows, columns] = shape;
  const slope = new Float64Array(data.length);
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const logits = data.subarray(row * columns, (row + 1) * columns);
    const largest = Math.max(...logits);
    const total = logits.reduce((sum, value) => sum + Math.exp(value - largest), 0);
    const logs = logits.map((value) => value - largest - Math.log(total));
    const own = -logs.reduce((sum, value) => sum + Math.exp(value) * value, 0);
    loss += own / rows;
    slope.set(
      logs.map((value) => (-Math.exp(value) * (value + own)) / rows),
      row * columns,
    );
  }
  return { loss, slope: { shape, data: slope } };
}

function plus(weight: MatrixLike, update: LowRankUpdate | undefined): Matrix {
  const own = matrixOf(weight);
  if (!update) return own;
  const delta = matmul(update.b, update.a);
  return { shape: own.shape, data: own.data.map((value, at) => value + update.scaling * (delta.data[at] ?? 0)) };
}

function added(before: HostTensor | undefined, { shape, data }: Matrix, factor: number): HostTensor {
  return { shape, data: Float32Array.from(data, (value, at) => factor * value + (before?.data[at] ?? 0)) };
}

function map({ shape, data }: Matrix, change: (value: number) => number): Matrix {
  return { shape, data: data.map(change) };
}

function matrixOf({ shape: [rows = 0, columns = 0], data }: MatrixLike): Matrix {
  return { shape: [rows, columns], data: Float64Array.from(data) };
}

import type { PruneDeclaration } from '../../../src-shared/domain/adapters/prune.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import type { ModuleState } from '../adapters/variant/state.ts';
import { factorsOfSvd, leading, type Matrix, randomizedSvd, type Svd, svd, svdOfProduct } from '../linalg/index.ts';
import { deltaOf } from '../merge/spaces/delta.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';
import { countEntries, type PruneMethod, productOf, refuseNotFinite, requireProduct } from './prune-method.ts';

/** Up to this size a weight is decomposed in full. */
const fullSize = 768;
/** Leading singular vectors of a larger weight that are looked at. */
const maxVectors = 256;

const declaration: PruneDeclaration = {
  id: 'intruder-dimensions',
  label: 'Intruder dimensions',
  summary:
    "Weakens directions that training put among the strongest of W + ΔW although no singular vector of the base resembles them. Recovers what the base knew, at a cost of the task's accuracy.",
  paper: {
    title: 'LoRA vs Full Fine-tuning: An Illusion of Equivalence',
    url: 'https://arxiv.org/abs/2410.21228',
  },
  parameters: [
    {
      name: 'top_k',
      label: 'Top k',
      type: 'integer',
      default: 10,
      minimum: 1,
      maximum: 256,
      help: 'Number of the strongest singular vectors of W + ΔW that are examined.',
    },
    {
      name: 'threshold_epsilon',
      label: 'Threshold ε',
      type: 'number',
      default: 0.5,
      minimum: 0,
      maximum: 1,
      step: 0.05,
      help: 'A vector is an intruder if its cosine similarity with every singular vector of the base is below this.',
    },
    {
      name: 'mitigation_lambda',
      label: 'Mitigation λ',
      type: 'number',
      default: 0.75,
      minimum: 0,
      maximum: 1,
      step: 0.05,
      help: 'Share of an intruder that stays: 1 changes nothing, 0 removes it.',
    },
  ],
  patterns: [],
  grid: {
    parameter: 'mitigation_lambda',
    values: [],
    label: 'Intruders times {value}',
    percent: false,
    axis: 'share of the intruder dimensions that stays',
    unchanged: 1,
  },
};

/**
 * PEFT's reduce_intruder_dimension: of W + ΔW = U·S·Vᵀ, those of the first top_k columns of U whose largest |cosine|
 * with a left singular vector of W is below ε are intruders; ΔW + (λ − 1)·Σ uᵢsᵢvᵢᵀ is cut back to the module's rank,
 * through its factors. For weights larger than 768 in both directions, randomized SVD computes the leading 256 singular
 * vectors instead of all.
 */
export const intruderDimensions: PruneMethod = {
  declaration,
  check: (adapter) => requireProduct(adapter, declaration.label),
  async prune(state, _description, given, { baseWeight, progress }) {
    const parameters = checkedParameters(declaration, given);
    requireProduct(state, declaration.label);
    refuseNotFinite(state);
    const modules = new Map(state.modules);
    let intruders = 0;
    for (const [place, [name, module]] of [...state.modules].entries()) {
      await progress('Finding intruder dimensions', place, state.modules.size);
      const changed = mitigate(module, await baseWeight(name), name, {
        topK: Number(parameters['top_k']),
        epsilon: Number(parameters['threshold_epsilon']),
        lambda: Number(parameters['mitigation_lambda']),
      });
      if (changed === null) continue;
      intruders += changed.intruders;
      modules.set(name, changed.module);
    }
    return {
      state: { ...state, modules },
      kept: countEntries(modules),
      total: countEntries(state.modules),
      note: `${intruders} intruder dimensions in ${state.modules.size} modules.`,
    };
  },
};

/** The module without its intruders; null if it has none. */
function mitigate(
  module: ModuleState,
  weight: HostTensor,
  name: string,
  { topK, epsilon, lambda }: { readonly topK: number; readonly epsilon: number; readonly lambda: number },
): { module: ModuleState; intruders: number } | null {
  const update = productOf(module);
  const delta = deltaOf(update);
  const merged = { shape: delta.shape, data: delta.data.map((value, at) => value + (weight.data[at] ?? 0)) };
  const least = Math.min(weight.shape[0] ?? 0, weight.shape[1] ?? 0);
  const decompose = (matrix: HostTensor, rank: number, purpose: string): Svd =>
    least <= fullSize
      ? svd(matrix)
      : randomizedSvd(matrix, { rank }, RandomStream.named(0, 'merge', `prune/${purpose}/${name}`));
  const base = decompose(weight, maxVectors, 'base');
  const both = decompose(merged, topK, 'merged');
  const found = Array.from({ length: Math.min(topK, both.s.length) }, (_, index) => index).filter(
    (index) => similarity(both.u, index, base.u) < epsilon,
  );
  if (found.length === 0) return null;
  const joined = withoutIntruders(update, both, found, lambda);
  const cut = leading(svdOfProduct(joined.b, joined.a), update.rank);
  const tensors = new Map([...module.tensors, ...Object.entries(factorsOfSvd(cut, 1))]);
  return { module: { ...module, rank: cut.s.length, tensors }, intruders: found.length };
}

/** Largest |cosine| of a column of `u` with a column of `base`, both orthonormal. */
function similarity(u: Matrix, column: number, base: Matrix): number {
  const [rows, width] = u.shape;
  const columns = base.shape[1];
  const dots = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    const factor = u.data[row * width + column] ?? 0;
    for (let at = 0; at < columns; at++) dots[at] = (dots[at] ?? 0) + factor * (base.data[row * columns + at] ?? 0);
  }
  return dots.reduce((largest, dot) => Math.max(largest, Math.abs(dot)), 0);
}

/** Factors of (ΔW + (λ − 1)·Σ uᵢsᵢvᵢᵀ) / scaling: those of the adapter beside those of the intruders. */
function withoutIntruders(
  { a, b, rank, scaling }: ReturnType<typeof productOf>,
  { u, s, vt }: Svd,
  intruders: readonly number[],
  lambda: number,
): { a: Matrix; b: Matrix } {
  const [outputs = 0, inputs = 0] = [b.shape[0], a.shape[1]];
  const width = rank + intruders.length;
  const left = new Float64Array(outputs * width);
  const right = new Float64Array(width * inputs);
  right.set(a.data);
  for (let row = 0; row < outputs; row++) {
    for (let k = 0; k < rank; k++) left[row * width + k] = b.data[row * rank + k] ?? 0;
    intruders.forEach((index, place) => {
      const factor = ((lambda - 1) * (s[index] ?? 0)) / scaling;
      left[row * width + rank + place] = factor * (u.data[row * s.length + index] ?? 0);
    });
  }
  intruders.forEach((index, place) => {
    right.set(vt.data.subarray(index * inputs, (index + 1) * inputs), (rank + place) * inputs);
  });
  return { a: { shape: [width, inputs], data: right }, b: { shape: [outputs, width], data: left } };
}

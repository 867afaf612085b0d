import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import type { RandomStream } from '../../../../src-shared/random.ts';
import { type Matrix, scaledRows, symmetricEigen, toFloat32 } from '../../linalg/index.ts';
import {
  calibrationExamples,
  exactSize,
  type Initialization,
  type InputMoments,
  leadingSvd,
  requireComponents,
  requireMoments,
  type Start,
  type StartedModule,
} from './initialization.ts';

/**
 * EVA: A starts as the directions in which a module's inputs vary most, B is zero; ranks go where much variance is explained, up to
 * ρ·r a module. Paischer et al. 2024, section 3.2; the budget and the scale are PEFT's.
 */
export const eva: Initialization = {
  declaration: {
    id: 'eva',
    label: 'EVA',
    summary:
      "Starts A along the directions in which the run's own inputs vary most; modules with more explained variance get higher ranks.",
    paper: {
      title: 'Parameter Efficient Fine-tuning via Explained Variance Adaptation',
      url: 'https://arxiv.org/abs/2410.07170',
    },
    parameters: [
      {
        name: 'eva_rho',
        label: 'EVA ρ',
        type: 'number',
        default: 2,
        minimum: 1,
        help: "Maximum rank of a module as a multiple of r; the sum of ranks is unchanged. 1 keeps all ranks (PEFT's eva_config.rho). For init_lora_weights eva.",
        advanced: true,
      },
      {
        name: 'eva_whiten',
        label: 'EVA whitening',
        type: 'boolean',
        default: false,
        help: "Divides each row of A by the root of its singular value (PEFT's eva_config.whiten). For init_lora_weights eva.",
        advanced: true,
      },
      {
        name: 'eva_adjust_scaling_factors',
        label: 'EVA keeps the scaling',
        type: 'boolean',
        default: true,
        help: "Adjusts lora_alpha to a module's new rank, which keeps its scaling (PEFT's eva_config.adjust_scaling_factors). For init_lora_weights eva.",
        advanced: true,
      },
      calibrationExamples,
    ],
  },
  peft: { value: () => 'eva' },
  residual: false,
  calibration: { of: 'inputs', dividedByMaximum: false },
  check: (module) => requireComponents('EVA', module, module.rank, module.inFeatures),
  start({ rank, inFeatures, outFeatures }, source) {
    const rho = numberOf(source.parameters, 'eva_rho');
    const count = Math.min(inFeatures, Math.max(rank, Math.round(rank * rho)));
    const { directions, variances, total } = principal(requireMoments(source), count, source.random);
    const whitened = source.parameters['eva_whiten'] === true;
    const a = whitened
      ? scaledRows(
          directions,
          variances.map((value) => (value > 0 ? value ** -0.25 : 0)),
        )
      : directions;
    return {
      a: toFloat32(a),
      b: { shape: [outFeatures, count], data: new Float32Array(outFeatures * count) },
      shares: variances.map((value) => (total > 0 ? value / total : 0)),
    };
  },
  redistribute(started, parameters) {
    const budget = [...started.values()].reduce((sum, { rank }) => sum + rank, 0);
    const candidates = [...started].flatMap(([name, { start }]) =>
      Array.from(start.shares ?? [], (share) => ({ name, share })),
    );
    // The sort is stable: among equal shares those of the modules that the input meets first come first.
    const kept = candidates.sort((one, other) => other.share - one.share).slice(0, budget);
    const redistributed = new Map<string, StartedModule>();
    for (const [name, module] of started) {
      const rank = kept.filter((candidate) => candidate.name === name).length;
      if (rank > 0) redistributed.set(name, withRank(module, rank, parameters));
    }
    return redistributed;
  },
};

/** Unit directions [count, in] by falling variance, Σ over rows of the squared distance from the mean along each, and their sum. */
function principal({ rows, sum, gram }: InputMoments, count: number, random: RandomStream) {
  const [size = 0] = gram.shape;
  const data = Float64Array.from(
    gram.data,
    (value, index) => value - ((sum[Math.floor(index / size)] ?? 0) * (sum[index % size] ?? 0)) / rows,
  );
  const centered: Matrix = { shape: [size, size], data };
  let total = 0;
  for (let index = 0; index < size; index++) total += data[index * size + index] ?? 0;
  if (size > exactSize) {
    const { s, vt } = leadingSvd(centered, count, random);
    return { directions: vt, variances: s, total };
  }
  const { values, vectors } = symmetricEigen(centered);
  const directions = new Float64Array(count * size);
  for (let row = 0; row < count; row++)
    for (let column = 0; column < size; column++)
      directions[row * size + column] = vectors.data[column * size + size - 1 - row] ?? 0;
  const variances = Float64Array.from({ length: count }, (_, row) => Math.max(0, values[size - 1 - row] ?? 0));
  const made: Matrix = { shape: [count, size], data: directions };
  return { directions: made, variances, total };
}

function withRank({ start, rank: before, scaling }: StartedModule, rank: number, parameters: ParameterValues) {
  const { a, b } = start;
  const [inFeatures = 0, outFeatures = 0] = [a.shape[1], b.shape[0]];
  const cut: Start = {
    a: { shape: [rank, inFeatures], data: a.data.slice(0, rank * inFeatures) },
    b: { shape: [outFeatures, rank], data: new Float32Array(outFeatures * rank) },
  };
  const keepsScaling = parameters['eva_adjust_scaling_factors'] !== false;
  return { start: cut, rank, scaling: keepsScaling ? scaling : (scaling * before) / rank };
}

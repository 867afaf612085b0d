import { z } from 'zod';
import {
  type Matrix,
  type MatrixLike,
  matmul,
  scaledColumns,
  scaledRows,
  symmetricEigen,
  toFloat32,
  transpose,
  truncatedSvd,
} from '../../linalg/index.ts';
import {
  calibrationExamples,
  type Initialization,
  leadingSvd,
  requireComponents,
  requireMoments,
  smallerSide,
} from './initialization.ts';

const methodSchema = z.enum(['ipm', 'kpm']);
/** Addition to the covariance's diagonal, as a share of its mean; PEFT's value. */
const damping = 0.01;

/**
 * CorDA: the SVD of W·C, C the covariance of the inputs; A and B hold its greatest components (ipm) or its smallest (kpm), and A
 * undoes C. Yang et al. 2024, equations 1 to 6; damping and scale of the inputs are PEFT's.
 */
export const corda: Initialization = {
  declaration: {
    id: 'corda',
    label: 'CorDA',
    summary:
      "Decomposes each weight by the run's own inputs; trains the components that the inputs use most, or least.",
    paper: {
      title: 'CorDA: Context-Oriented Decomposition Adaptation of Large Language Models',
      url: 'https://arxiv.org/abs/2406.05223',
    },
    parameters: [
      {
        name: 'corda_method',
        label: 'CorDA method',
        type: 'choice',
        default: 'ipm',
        choices: [
          { value: 'ipm', label: 'IPM: instruction-previewed' },
          { value: 'kpm', label: 'KPM: knowledge-preserved' },
        ],
        help: 'ipm trains the components that the inputs use most, kpm the components that they use least. For init_lora_weights corda.',
        advanced: true,
      },
      calibrationExamples,
    ],
  },
  peft: { value: () => 'corda' },
  residual: true,
  calibration: { of: 'inputs', dividedByMaximum: true },
  check: (module) => requireComponents('CorDA', module, module.rank, smallerSide(module)),
  async start({ rank, scaling }, source) {
    const { gram, batches } = requireMoments(source);
    const { covariance, inverse } = dampedCovariance(gram, batches);
    const weighted = matmul(await source.weight(), covariance);
    const isIpm = methodSchema.parse(source.parameters['corda_method'] ?? 'ipm') === 'ipm';
    const { u, s, vt } = isIpm ? leadingSvd(weighted, rank, source.random) : truncatedSvd(weighted, rank, 'smallest');
    const roots = s.map((value) => Math.sqrt(value / scaling));
    return {
      a: toFloat32(matmul(scaledRows(vt, roots), inverse)),
      b: toFloat32(scaledColumns(u, roots)),
    };
  },
};

/** C = gram / batches + 0.01 · mean(diagonal) · I, and its inverse by its eigenvalues. [in, in] */
function dampedCovariance(gram: MatrixLike, batches: number): { covariance: Matrix; inverse: Matrix } {
  const [size = 0] = gram.shape;
  const data = Float64Array.from(gram.data, (value) => value / batches);
  let trace = 0;
  for (let index = 0; index < size; index++) trace += data[index * size + index] ?? 0;
  for (let index = 0; index < size; index++)
    data[index * size + index] = (data[index * size + index] ?? 0) + (damping * trace) / size;
  const covariance: Matrix = { shape: [size, size], data };
  const { values, vectors } = symmetricEigen(covariance);
  const inverse = matmul(
    scaledColumns(
      vectors,
      values.map((value) => 1 / value),
    ),
    transpose(vectors),
  );
  return { covariance, inverse };
}

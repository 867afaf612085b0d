import { numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import { factorsOfSvd, randomizedSvd, truncatedSvd } from '../../linalg/index.ts';
import { type Initialization, requireComponents, smallerSide } from './initialization.ts';

/** PiSSA: A and B hold the r greatest singular components of W, the base what is left of it. Meng et al. 2024, equations 2 to 4. */
export const pissa: Initialization = {
  declaration: {
    id: 'pissa',
    label: 'PiSSA',
    summary: 'Trains the greatest singular components of each weight; the base keeps the rest.',
    paper: {
      title: 'PiSSA: Principal Singular Values and Singular Vectors Adaptation of Large Language Models',
      url: 'https://arxiv.org/abs/2404.02948',
    },
    parameters: [
      {
        name: 'pissa_niter',
        label: 'PiSSA power iterations',
        type: 'integer',
        default: 0,
        minimum: 0,
        maximum: 64,
        help: "Power iterations of the randomized SVD (PEFT's pissa_niter_N), much faster for weights above 1024; 0: exact SVD. For init_lora_weights pissa.",
        advanced: true,
      },
    ],
  },
  peft: {
    value(parameters) {
      const iterations = parameters['pissa_niter'] ?? 0;
      return iterations === 0 ? 'pissa' : `pissa_niter_${String(iterations)}`;
    },
    parameters(value) {
      const iterations = /^pissa_niter_(\d+)$/.exec(value)?.[1];
      return iterations === undefined ? null : { pissa_niter: Number(iterations) };
    },
    isRebuilt: true,
  },
  residual: true,
  check: (module) => requireComponents('PiSSA', module, module.rank, smallerSide(module)),
  async start({ rank, scaling }, { parameters, random, weight }) {
    const powerIterations = numberOf({ pissa_niter: 0, ...parameters }, 'pissa_niter');
    const matrix = await weight();
    const parts =
      powerIterations === 0 ? truncatedSvd(matrix, rank) : randomizedSvd(matrix, { rank, powerIterations }, random);
    return factorsOfSvd(parts, scaling);
  },
};

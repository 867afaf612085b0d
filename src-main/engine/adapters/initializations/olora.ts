import { qr, toFloat32 } from '../../linalg/index.ts';
import { type Initialization, requireComponents, smallerSide } from './initialization.ts';

/** OLoRA: W = Q·R; B is Q's first r columns, A is R's first r rows, and W loses s·B·A. Büyükakyüz 2024, algorithm 1. */
export const olora: Initialization = {
  declaration: {
    id: 'olora',
    label: 'OLoRA',
    summary: 'Starts from the QR decomposition of each weight, with orthonormal columns in B; the base keeps the rest.',
    paper: {
      title: 'OLoRA: Orthonormal Low-Rank Adaptation of Large Language Models',
      url: 'https://arxiv.org/abs/2406.01775',
    },
    parameters: [],
  },
  peft: { value: () => 'olora', isRebuilt: true },
  residual: true,
  check: (module) => requireComponents('OLoRA', module, module.rank, smallerSide(module)),
  async start({ rank, inFeatures, outFeatures }, { weight }) {
    const { q, r } = qr(await weight());
    const size = q.shape[1];
    const b = new Float64Array(outFeatures * rank);
    for (let row = 0; row < outFeatures; row++) b.set(q.data.subarray(row * size, row * size + rank), row * rank);
    return {
      a: toFloat32({ shape: [rank, inFeatures], data: r.data.slice(0, rank * inFeatures) }),
      b: toFloat32({ shape: [outFeatures, rank], data: b }),
    };
  },
};

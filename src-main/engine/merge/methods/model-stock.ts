import { sum } from '../merge-method.ts';
import type { Combination } from '../spaces/combination.ts';

/**
 * t times the mean of n ΔW, with t = n·cos θ / (1 + (n − 1)·cos θ) of their mean cosine: the point of their plane that
 * is nearest to where many more would average. Jang et al. 2024, equation 9; mergekit's method "model_stock".
 */
export const modelStock: Combination = {
  declaration: {
    id: 'model-stock',
    label: 'Model Stock',
    summary: 'The mean of the weight updates, shrunk by the angle between them: updates that agree less count less.',
    paper: {
      title: 'Model Stock: All we need is just a few fine-tuned models',
      url: 'https://arxiv.org/abs/2403.19522',
    },
    parameters: [
      {
        name: 'filter_wise',
        label: 'By rows',
        type: 'boolean',
        default: false,
        help: 'An angle for each row of ΔW, which is one output feature. Off: one for the matrix.',
      },
    ],
  },
  needs: {
    negativeWeights: true,
    normalized: () => false,
    ignoresWeights: true,
    adapters: { minimum: 2 },
  },
  vectors: ({ filter_wise }) => (filter_wise === true ? 'rows' : 'matrices'),
  coefficients(gram) {
    const count = gram.length;
    if (count < 2) return [1];
    const cosines = gram.flatMap((row, i) =>
      row.slice(i + 1).map((value, at) => {
        const norms = Math.sqrt((row[i] ?? 0) * (gram[i + 1 + at]?.[i + 1 + at] ?? 0));
        return norms === 0 ? 0 : Math.min(1, Math.max(-1, value / norms));
      }),
    );
    const cosine = sum(cosines) / cosines.length;
    const denominator = 1 + (count - 1) * cosine;
    // Updates that cancel out have no such point: the base stays.
    const t = Math.abs(denominator) < 1e-6 ? 0 : (count * cosine) / denominator;
    return gram.map(() => t / count);
  },
};

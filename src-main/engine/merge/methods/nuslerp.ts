import type { Combination } from '../spaces/combination.ts';

/** SLERP of two ΔW by weights, over the whole matrix or for each row or column. mergekit's method "nuslerp". */
export const nuslerp: Combination = {
  declaration: {
    id: 'nuslerp',
    label: 'NuSLERP',
    summary: 'Interpolates two weight updates along the arc between them: as a whole, by rows, or by columns.',
    parameters: [
      {
        name: 'nuslerp_flatten',
        label: 'As a whole',
        type: 'boolean',
        default: true,
        help: 'One arc for the whole matrix. Off: one for each row, or each column.',
      },
      {
        name: 'nuslerp_row_wise',
        label: 'By columns of ΔW',
        type: 'boolean',
        default: false,
        help: "If not as a whole: one arc for each column of ΔW [out, in], which is one input feature (mergekit's name).",
      },
    ],
  },
  needs: { negativeWeights: true, normalized: () => false, adapters: { minimum: 2, maximum: 2 } },
  vectors: ({ nuslerp_flatten, nuslerp_row_wise }) =>
    nuslerp_flatten === true ? 'matrices' : nuslerp_row_wise === true ? 'columns' : 'rows',
  coefficients([first = [], second = []], [one = 0, other = 0]) {
    const total = one + other;
    const t = Math.abs(total) < 1e-6 ? 0.5 : other / total;
    const norms = Math.sqrt((first[0] ?? 0) * (second[1] ?? 0));
    const cosine = norms === 0 ? 0 : Math.min(1, Math.max(-1, (first[1] ?? 0) / norms));
    if (1 - cosine * cosine <= 1e-16) return [1 - t, t];
    const angle = Math.acos(cosine);
    return [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)];
  },
};

import { sum } from '../merge-method.ts';
import type { Combination } from '../spaces/combination.ts';

/**
 * The Karcher mean of the directions of ΔW on the unit sphere, times the weighted mean of their lengths. Every iterate
 * is a combination of the inputs, so the iteration runs on coefficients and inner products. mergekit's "karcher".
 */
export const karcher: Combination = {
  declaration: {
    id: 'karcher',
    label: 'Karcher mean',
    summary: 'The mean direction of the weight updates on the sphere, at their mean length: SLERP for any number.',
    paper: {
      title: 'Riemannian center of mass and mollifier smoothing',
      url: 'https://doi.org/10.1002/cpa.3160300502',
    },
    parameters: [
      {
        name: 'max_iter',
        label: 'Most iterations',
        type: 'integer',
        default: 10,
        minimum: 1,
        maximum: 1000,
        step: 1,
        help: 'Steps towards the mean, at most.',
      },
      {
        name: 'tol',
        label: 'Tolerance',
        type: 'number',
        default: 1e-5,
        above: 0,
        maximum: 1,
        help: 'Ends the iteration when a step is shorter than this, in radians.',
      },
    ],
  },
  needs: { negativeWeights: false, normalized: () => true },
  coefficients(gram, weights, { max_iter, tol }) {
    const tolerance = Number(tol);
    const norms = gram.map((row, index) => Math.sqrt(row[index] ?? 0));
    const used = norms.map((norm) => norm > 0);
    const total = sum(weights.filter((_, index) => used[index]));
    const alphas = weights.map((weight, index) => (used[index] ? weight / total : 0));
    // Coefficients represent the unit vectors, whose inner products are the cosines.
    const cosines = gram.map((row, i) =>
      row.map((value, j) => (used[i] && used[j] ? value / (norms[i] ?? 1) / (norms[j] ?? 1) : 0)),
    );
    const dots = (c: readonly number[]) => cosines.map((row) => sum(row.map((value, j) => value * (c[j] ?? 0))));
    const length = (c: readonly number[]) =>
      Math.sqrt(Math.max(0, sum(dots(c).map((value, i) => value * (c[i] ?? 0)))));
    let mean = alphas;
    const start = length(mean);
    mean =
      start < tolerance
        ? used.map((isUsed, index) => (isUsed && index === used.indexOf(true) ? 1 : 0))
        : mean.map((value) => value / start);
    for (let step = 0; step < Number(max_iter); step++) {
      const own = dots(mean).map((value) => Math.min(1, Math.max(-1, value)));
      const tangent = mean.map(() => 0);
      for (const [index, alpha] of alphas.entries()) {
        const angle = Math.acos(own[index] ?? 1);
        if (!used[index] || angle < tolerance) continue;
        const factor = (alpha * angle) / Math.sin(angle);
        for (const [at, value] of mean.entries()) tangent[at] = (tangent[at] ?? 0) - factor * (own[index] ?? 0) * value;
        tangent[index] = (tangent[index] ?? 0) + factor;
      }
      const size = length(tangent);
      if (size < tolerance) break;
      const next = mean.map((value, at) => Math.cos(size) * value + (Math.sin(size) * (tangent[at] ?? 0)) / size);
      const norm = length(next);
      mean = next.map((value) => value / norm);
    }
    const scale = sum(norms.map((norm, index) => norm * (weights[index] ?? 0)));
    return mean.map((value, index) => (used[index] ? (scale * value) / (norms[index] ?? 1) : 0));
  },
};

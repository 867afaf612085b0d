import type { Combination } from '../spaces/combination.ts';

/** Above this cosine the directions are taken for the same: the interpolation is then linear. mergekit's value. */
const colinear = 0.9995;

/**
 * Spherical interpolation of two ΔW, t the share of the second: sin((1−t)θ)/sin θ · ΔW₁ + sin(tθ)/sin θ · ΔW₂, θ the
 * angle between them. Shoemake 1985; mergekit's method "slerp", on ΔW.
 */
export const slerp: Combination = {
  declaration: {
    id: 'slerp',
    label: 'SLERP',
    summary:
      'Interpolates two weight updates along the arc between them; t is the second weight. Lengths are not lost as in an average.',
    paper: { title: 'Animating rotation with quaternion curves', url: 'https://doi.org/10.1145/325165.325242' },
    parameters: [],
  },
  needs: { negativeWeights: false, normalized: () => true, adapters: { minimum: 2, maximum: 2 } },
  coefficients([first = [], second = []], [, t = 0]) {
    const [one, other] = [Math.sqrt(first[0] ?? 0) || 1, Math.sqrt(second[1] ?? 0) || 1];
    const cosine = Math.min(1, Math.max(-1, (first[1] ?? 0) / one / other));
    if (Math.abs(cosine) > colinear) return [1 - t, t];
    const angle = Math.acos(cosine);
    return [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)];
  },
};

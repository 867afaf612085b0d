import type { Curve } from './curve.ts';

/**
 * (1 − e^(−kx)) / (1 − e^(−k)), linear in the limit k = 0. The authors' rebuttal names the curve, not its formula; this
 * form is ours.
 */
export const exponential: Curve = {
  label: 'Exponential',
  shapedBy: 'exponential_rate',
  rise: (x, { exponential_rate: k }) => (x === 1 || k === 0 ? x : Math.expm1(-k * x) / Math.expm1(-k)),
};

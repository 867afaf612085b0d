import type { Curve } from './curve.ts';

/**
 * (1 − e^(−kx)) / (1 − e^(−k)), linear in the limit k = 0. Figure r1 of the authors' rebuttal draws k = −1:
 * (e^x − 1) / (e − 1). The rate as a setting is ours.
 */
export const exponential: Curve = {
  label: 'Exponential',
  shapedBy: 'exponential_rate',
  rise: (x, { exponential_rate: k }) => (x === 1 || k === 0 ? x : Math.expm1(-k * x) / Math.expm1(-k)),
};

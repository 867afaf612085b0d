import type { Curve } from './curve.ts';

/** ⌊nx⌋ / n: n equal steps up. */
export const step: Curve = {
  label: 'Steps',
  shapedBy: 'curve_steps',
  rise: (x, { curve_steps: n }) => Math.floor(x * n) / n,
};

import type { Curve } from './curve.ts';

/** (1 − cos πx) / 2: slow at both ends. */
export const cosine: Curve = {
  label: 'Cosine (slow at both ends)',
  rise: (x) => (x === 1 ? 1 : (1 - Math.cos(Math.PI * x)) / 2),
};

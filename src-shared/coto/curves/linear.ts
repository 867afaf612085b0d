import type { Curve } from './curve.ts';

/** The curve of the authors' code. */
export const linear: Curve = { label: 'Linear', rise: (x) => x };

import type { Curve } from './curve.ts';

/** sin(πx/2): fast at first, as drawn in figure r1 of the authors' rebuttal. */
export const sine: Curve = { label: 'Sine (fast at first)', rise: (x) => (x === 1 ? 1 : Math.sin((Math.PI * x) / 2)) };

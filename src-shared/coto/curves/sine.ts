import type { Curve } from './curve.ts';

/** sin(πx/2): fast at first. The authors' rebuttal names the curve, not its formula; this form is ours. */
export const sine: Curve = { label: 'Sine (fast at first)', rise: (x) => (x === 1 ? 1 : Math.sin((Math.PI * x) / 2)) };

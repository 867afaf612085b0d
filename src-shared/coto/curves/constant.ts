import type { Curve } from './curve.ts';

/** initial_p in every step: stochastic depth with one probability for all layers. */
export const constant: Curve = { label: 'Constant (initial p)', rise: () => 0 };

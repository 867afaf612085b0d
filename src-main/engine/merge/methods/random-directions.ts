import { factorsOfSvd, leading, qr, svdOfProduct, transpose } from '../../linalg/index.ts';
import { anyAdapters, type Draws, type ModuleMergeMethod } from '../merge-method.ts';
import { seedParameter } from './parameters.ts';

/**
 * A placebo: each module's singular values stay, so that every unitarily invariant norm of ΔW does, and its singular
 * vectors become random ones. Its score above the base needs no knowledge of the adapter. Task heads stay.
 */
export const randomDirections: ModuleMergeMethod = {
  declaration: {
    id: 'random-directions',
    label: 'Placebo: random directions',
    summary: 'One adapter with the singular values of each ΔW kept and its directions drawn at random.',
    parameters: [seedParameter],
  },
  makes: 'adapter',
  needs: {
    ...anyAdapters,
    adapters: { minimum: 1, maximum: 1 },
    changesSingle: true,
  },
  mergeModule([update], [weight = 1], _parameters, { random }) {
    if (!update) throw new Error('a placebo is made of one adapter');
    const { a, b, scaling } = update;
    const rank = Math.min(update.rank, a.shape[1] ?? 0, b.shape[0] ?? 0);
    const { s } = leading(svdOfProduct(b, a, scaling * weight), rank);
    const left = orthonormal(b.shape[0] ?? 0, rank, random('left'));
    const right = orthonormal(a.shape[1] ?? 0, rank, random('right'));
    return { ...factorsOfSvd({ u: left, s, vt: transpose(right) }, 1), rank, scaling: 1 };
  },
};

/** [size, count] with orthonormal columns, uniform over all such: the Q of a Gaussian matrix. */
function orthonormal(size: number, count: number, draws: Draws) {
  const gaussian = Float64Array.from({ length: size * count }, () => draws.normal());
  return qr({ shape: [size, count], data: gaussian }).q;
}

import * as tf from '@tensorflow/tfjs-core';
import { RandomStream } from '../../../../src-shared/random.ts';
import { parametersOfRun } from '../../optimizers/declared-parameters.ts';
import type { PerturbationKind } from './perturbation.ts';

/**
 * MergOPT (Yang et al. 2026): the gradient at w + ζ, where ζ = (K·α − 1)·z stands for a later merge. In each step α is one of
 * the usual merging coefficients, K the number of merged experts, and every entry of z is drawn from a Laplace distribution, as the
 * entries of task vectors are.
 */
export const mergopt: PerturbationKind = {
  declaration: {
    id: 'mergopt',
    label: 'MergOPT',
    summary:
      'Computes gradients at weights shifted as a later merge would shift them, so that adapters bear merging better.',
    paper: {
      title: 'MergOPT: A Merge-Aware Optimizer for Robust Model Merging (ICLR 2026)',
      url: 'https://openreview.net/forum?id=C21rz8mo65',
    },
    get parameters() {
      return parametersOfRun('mergopt_b', 'mergopt_mu', 'mergopt_k_max', 'mergopt_alphas');
    },
  },
  create: ({ seed, mergopt_b: b, mergopt_mu: mu, mergopt_k_max: most, mergopt_alphas: alphas }) => ({
    needsGradients: false,
    async shifts(active, _gradients, step) {
      // A stream for each step: a resumed run shifts like a whole one.
      const random = RandomStream.numbered(seed, 'perturbation', step);
      const alpha = alphas[random.integer(alphas.length)] ?? 0;
      const factor = (1 + random.integer(most)) * alpha - 1;
      return new Map(
        active.map(([name, { shape, size }]) => {
          const values = Float32Array.from({ length: size }, () => factor * laplace(mu, b, random.uniform()));
          return [name, tf.tensor(values, shape)];
        }),
      );
    },
  }),
};

/** A number with a Laplace distribution, by the inverse of its distribution function at `uniform` in [0, 1). */
export function laplace(mu: number, b: number, uniform: number): number {
  const centered = uniform - 0.5;
  return mu - b * Math.sign(centered) * Math.log(Math.max(1 - 2 * Math.abs(centered), Number.MIN_VALUE));
}

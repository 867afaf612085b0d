import * as tf from '@tensorflow/tfjs-core';
import { sumsOfSquares } from '../../ops/optimizer/sum-of-squares.ts';
import { parametersOfRun } from '../../optimizers/declared-parameters.ts';
import type { PerturbationKind } from './perturbation.ts';

/** Keeps the division by the norm finite, as in the usual PyTorch implementation. */
const epsilon = 1e-12;

/**
 * Sharpness-aware minimization (Foret et al. 2021) of the trained weights: the gradient at w + ρ·g / ‖g‖, the highest point
 * nearby to first order. Adaptive (ASAM, Kwon et al. 2021): w + ρ·w²∘g / ‖|w|∘g‖, which does not depend on the scale of a weight.
 */
export const sam: PerturbationKind = {
  declaration: {
    id: 'sam',
    label: 'SAM',
    summary:
      'Computes gradients at the nearby weights of highest loss, which leads to flatter minima. A step costs two passes.',
    paper: {
      title: 'Sharpness-Aware Minimization for Efficiently Improving Generalization',
      url: 'https://arxiv.org/abs/2010.01412',
    },
    get parameters() {
      return parametersOfRun('sam_rho', 'sam_adaptive');
    },
  },
  create: ({ sam_rho: rho, sam_adaptive: isAdaptive }) => ({
    needsGradients: true,
    async shifts(active, gradients) {
      const pairs = active.flatMap(([name, variable]) => {
        const gradient = gradients?.get(name);
        return gradient === undefined ? [] : [{ name, variable, gradient }];
      });
      if (pairs.length === 0) return new Map();
      const squares = tf.tidy(() =>
        sumsOfSquares(
          pairs.map(({ variable, gradient }) => (isAdaptive ? tf.mul(tf.abs(variable), gradient) : gradient)),
        ),
      );
      const sums = await squares.data();
      squares.dispose();
      let total = 0;
      for (const value of sums) total += value;
      const scale = rho / (Math.sqrt(total) + epsilon);
      return new Map(
        pairs.map(({ name, variable, gradient }) => {
          const shift = tf.tidy(() => {
            const step = tf.mul(gradient, scale);
            return isAdaptive ? tf.mul(step, tf.square(variable)) : step;
          });
          return [name, shift];
        }),
      );
    },
  }),
};

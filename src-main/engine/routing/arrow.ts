import * as tf from '@tensorflow/tfjs-core';
import { requireLinear } from '../adapters/targets/target-modules.ts';
import type { AdapterState } from '../adapters/variant/state.ts';
import { withShared } from '../adapters/variant/variant.ts';
import { svdOfProduct } from '../linalg/index.ts';
import { updateOf } from '../merge/merge-method.ts';
import type { Router, RouterMaterial } from './router.ts';
import { temperatureParameter, topKParameter, topSoftmax } from './weights.ts';

/**
 * Ostapenko et al. 2024: in each module, an adapter is represented by the first right singular vector of B·A, the input
 * direction that its update amplifies most. A token's score is the absolute product with that vector, and its weights are
 * the softmax over the highest scores. PEFT's `ArrowConfig` computes the same, with power iteration for the vector.
 */
export const arrow: Router = {
  declaration: {
    id: 'arrow',
    label: 'Arrow',
    summary: 'Weighs the adapters in each module for each token, by the input direction that each amplifies most.',
    paper: {
      title: 'Towards Modular LLMs by Building and Reusing a Library of LoRAs',
      url: 'https://arxiv.org/abs/2405.11157',
    },
    parameters: [topKParameter(3), { ...temperatureParameter, name: 'router_temperature' }],
  },
  needs: { factors: true },
  open(material) {
    const { parameters, adapters } = material;
    const kept = new Map<string, Prototypes>();
    const top = Number(parameters['top_k']);
    const temperature = Number(parameters['router_temperature']);
    return {
      kind: 'tokens',
      weights(module, x) {
        const { directions, missing } = kept.get(module) ?? prototypesOf(material, module);
        kept.set(module, { directions, missing });
        const scores = tf.add<tf.Tensor2D>(tf.abs(tf.matMul(x, directions, false, true)), missing);
        return topSoftmax(scores, Math.min(top, adapters.length), temperature);
      },
      dispose: () => {
        for (const { directions, missing } of kept.values()) tf.dispose([directions, missing]);
        kept.clear();
      },
    };
  },
};

interface Prototypes {
  /** [adapters, inFeatures], zero for an adapter without the module. */
  readonly directions: tf.Tensor2D;
  /** [adapters]: 0, or a score below all others for an adapter without the module. */
  readonly missing: tf.Tensor1D;
}

function prototypesOf({ adapters, description }: RouterMaterial, module: string): Prototypes {
  const { inFeatures } = requireLinear(description, module);
  const directions = new Float32Array(adapters.length * inFeatures);
  const missing = new Float32Array(adapters.length);
  for (const [at, adapter] of adapters.entries()) {
    const direction = firstDirection(adapter, module, description);
    if (direction === null) missing[at] = -1e20;
    else directions.set(direction, at * inFeatures);
  }
  return {
    directions: tf.keep(tf.tensor2d(directions, [adapters.length, inFeatures])),
    missing: tf.keep(tf.tensor1d(missing)),
  };
}

/** First right singular vector of B·A; null where the adapter leaves the module alone. */
function firstDirection(
  adapter: AdapterState,
  name: string,
  description: RouterMaterial['description'],
): Float32Array | null {
  const own = adapter.modules.get(name);
  if (own === undefined) return null;
  const { a, b } = updateOf(adapter.variant, withShared(requireLinear(description, name), own, adapter));
  const { vt } = svdOfProduct(b, a);
  return Float32Array.from(vt.data.subarray(0, vt.shape[1]));
}

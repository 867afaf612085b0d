import * as tf from '@tensorflow/tfjs-core';
import { dampedInverse, gram } from '../../linalg/index.ts';
import { toHost } from '../../ops/to-host.ts';
import { TransformersAdamW } from '../../optimizers/transformers-adamw.ts';
import { type AdapterVariant, partOf } from '../variant/variant.ts';
import type { TrainedModule } from '../variant/variant-training.ts';
import { lora } from './lora.ts';
import { checkOwnOptimizer } from './own-optimizer.ts';
import { withoutRankSwitch } from './without-rank-switch.ts';
import { writtenAsLora } from './written-as-lora.ts';

/** PEFT's damping of A·Aᵀ. */
const delta = 1e-8;

/**
 * LoRA-FA: LoRA whose A stays as it started. Zhang et al. 2023, with the gradient of PEFT's create_lorafa_optimizer: gB ←
 * gB·(A·Aᵀ + δI)⁻¹ / scaling², which brings the step of B·A nearest to full fine-tuning's; the optimizer is Transformers' AdamW.
 */
export const loraFa: AdapterVariant = {
  ...withoutRankSwitch(lora),
  declaration: {
    id: 'lora-fa',
    label: 'LoRA-FA',
    summary:
      'LoRA with a frozen random A. Only B is trained, by gradients projected through A, with about half the parameters.',
    paper: {
      title: 'LoRA-FA: Memory-efficient Low-rank Adaptation for Large Language Models Fine-tuning',
      url: 'https://arxiv.org/abs/2308.03303',
    },
    parameters: lora.declaration.parameters.filter(({ name }) => name !== 'lora_bias'),
  },
  files: writtenAsLora,
  parts: (module, settings) =>
    lora.parts(module, settings).map((part) => (part.name === 'a' ? { ...part, trainable: false } : part)),
  training: {
    check: ({ optim }) => checkOwnOptimizer('LoRA-FA', optim),
    begin({ weightDecay }) {
      const inverses = new Map<string, tf.Tensor2D>();
      return {
        parameterGroups: (variables) => [
          {
            names: new Set(variables.keys()),
            learningRateFactor: 1,
            weightDecay,
            create: (all, { beta1, beta2, epsilon, weightDecay: decay }) =>
              new TransformersAdamW(all, { beta1, beta2, epsilon, weightDecay: decay }),
          },
        ],
        async transformGradients(gradients, active) {
          for (const adapted of active) {
            const name = adapted.trainedNames.get('b') ?? '';
            const gradient = gradients.get(name);
            if (gradient === undefined) continue;
            const known = inverses.get(adapted.module.name) ?? (await projection(adapted));
            inverses.set(adapted.module.name, known);
            gradients.set(name, tf.matMul(gradient, known));
            gradient.dispose();
          }
        },
        dispose: () => tf.dispose([...inverses.values()]),
      };
    },
  },
};

/** (A·Aᵀ + δI)⁻¹ / scaling², [r, r]: the same in every step, since A is frozen. */
async function projection(adapted: TrainedModule): Promise<tf.Tensor2D> {
  const { shape, data } = dampedInverse(
    gram([{ matrix: await toHost(partOf(adapted, 'a')), scale: 1 }], 'rows'),
    delta,
  );
  return tf.tensor2d(
    Float32Array.from(data, (value) => value / adapted.scaling ** 2),
    [...shape],
  );
}

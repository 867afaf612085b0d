import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { activate } from '../../ops/activation/activate.ts';
import { as2D } from '../../ops/autograd/operation.ts';
import { labelLosses } from '../../ops/loss/label-losses.ts';
import { readActivation } from '../activations.ts';
import type { BaseModel } from '../base-model.ts';
import { applyNorm, loadNorm } from '../blocks/norm.ts';
import { FrozenTensors } from '../blocks/weights.ts';
import { readConfig } from '../huggingface/model-folder.ts';
import { openModelWeights } from '../huggingface/model-weights.ts';
import { withCurrentNames } from './legacy-names.ts';
import { embeddingNames } from './modules.ts';

/** Names of the parts of a masked-language head in a checkpoint. */
interface HeadNames {
  readonly dense: string;
  readonly norm: string;
  readonly bias: string;
  /** Own output weight; checkpoints that lack it share the word embeddings. */
  readonly decoder: string;
}

const knownHeads: readonly HeadNames[] = [
  // BertForMaskedLM, BertForPreTraining, DebertaV2ForMaskedLM
  {
    dense: 'cls.predictions.transform.dense',
    norm: 'cls.predictions.transform.LayerNorm',
    bias: 'cls.predictions.bias',
    decoder: 'cls.predictions.decoder.weight',
  },
  // RobertaForMaskedLM, XLMRobertaForMaskedLM
  { dense: 'lm_head.dense', norm: 'lm_head.layer_norm', bias: 'lm_head.bias', decoder: 'lm_head.decoder.weight' },
  // DistilBertForMaskedLM
  {
    dense: 'vocab_transform',
    norm: 'vocab_layer_norm',
    bias: 'vocab_projector.bias',
    decoder: 'vocab_projector.weight',
  },
];

const configSchema = z.object({
  layer_norm_eps: z.number().positive().default(1e-12),
  hidden_act: z.string().optional(),
  activation: z.string().optional(),
});

/** The masked-language head of a checkpoint of pre-training, beside the encoder that the studio adapts. */
export interface MaskedHead {
  /**
   * Cross-entropies in nats of the answers [n] at `places` [n] of the last layer's states [rows, hiddenSize]; the
   * caller disposes them.
   */
  losses(hidden: tf.Tensor2D, places: Int32Array, answers: Int32Array): tf.Tensor1D;
  dispose(): void;
}

/** Loads the head from the folder of an encoder; null where the checkpoint has none. */
export async function loadMaskedHead(base: BaseModel, directory: string): Promise<MaskedHead | null> {
  const weights = await openModelWeights(directory);
  try {
    const source = withCurrentNames(weights);
    const names = knownHeads.find(({ dense, bias }) => source.has(`${dense}.weight`) && source.has(bias));
    const words = base.description.linears.find(({ name }) => name.endsWith(embeddingNames.words));
    if (names === undefined || words === undefined) return null;
    const file = await readConfig(directory);
    const config = configSchema.parse(file.value);
    const [key, name] =
      config.activation === undefined
        ? (['hidden_act', config.hidden_act ?? 'gelu'] as const)
        : (['activation', config.activation] as const);
    const activation = readActivation(file, key, name);
    const tensors = new FrozenTensors(source);
    try {
      const dense = as2D(await tensors.load(`${names.dense}.weight`));
      const denseBias = await tensors.loadVector(`${names.dense}.bias`);
      const norm = await loadNorm(tensors, names.norm, config.layer_norm_eps);
      const bias = await tensors.loadVector(names.bias);
      const own = source.has(names.decoder) ? as2D(await tensors.load(names.decoder)) : null;
      return {
        losses: (hidden, places, answers) =>
          tf.tidy(() => {
            const rows = tf.gather(hidden, tf.tensor1d(places, 'int32'));
            const transformed = tf.add<tf.Tensor2D>(tf.matMul(rows, dense, false, true), denseBias);
            const x = applyNorm(norm, activate(transformed, activation, false).value);
            // The shared table is that of the base, whatever an adapter does to the embedding.
            const table = own ?? base.frozen(words).weight;
            const logits = tf.add<tf.Tensor2D>(tf.matMul(x, table, false, true), bias);
            return labelLosses(logits, answers).losses;
          }),
        dispose: () => tensors.dispose(),
      };
    } catch (thrown) {
      tensors.dispose();
      throw thrown;
    }
  } finally {
    await weights.close();
  }
}

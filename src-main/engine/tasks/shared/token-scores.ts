import * as tf from '@tensorflow/tfjs-core';
import type { LanguageModel } from '../../adapters/model/ensemble-model.ts';
import type { HiddenStates } from '../../models/base-model.ts';
import { labelLosses } from '../../ops/loss/label-losses.ts';
import { countedPlaces } from '../../ops/loss/softmax-cross-entropy.ts';
import { notFiniteOutputs } from './head-outputs.ts';

/** Maximum logits per chunk: the vocabulary is large, and few positions of a text are in the loss. */
const heldValues = 16 * 1024 * 1024;

/** For each label in the loss, in order: −log p in nats, and 1 if no token had a higher logit. */
export interface TokenScores {
  readonly losses: Float32Array;
  readonly leads: Float32Array;
}

/**
 * @param labels [batch · tokens], −100 for ignored positions.
 * @throws StudioError not_finite if the model returns NaN.
 */
export async function tokenScores(
  model: LanguageModel,
  states: HiddenStates,
  labels: Int32Array,
): Promise<TokenScores> {
  const places = countedPlaces(labels);
  const chunk = Math.max(1, Math.floor(heldValues / (model.base.description.text?.vocabularySize ?? heldValues)));
  const losses = new Float32Array(places.length);
  const leads = new Float32Array(places.length);
  for (let start = 0; start < places.length; start += chunk) {
    const some = places.subarray(start, start + chunk);
    const scored = tf.tidy(() => scoreRows(model, states, some, labels));
    try {
      const values = await scored.data<'float32'>();
      if (!values.every(Number.isFinite)) throw notFiniteOutputs();
      losses.set(values.subarray(0, some.length), start);
      leads.set(values.subarray(some.length), start);
    } finally {
      scored.dispose();
    }
  }
  return { losses, leads };
}

/** [2 · rows]: losses, then leads. */
function scoreRows(model: LanguageModel, states: HiddenStates, places: Int32Array, labels: Int32Array): tf.Tensor1D {
  const hidden = tf.gather(states.hidden, tf.tensor1d(places, 'int32'));
  const logits = model.head({ ...states, hidden, batch: places.length, tokens: 1 });
  const { losses, leads } = labelLosses(
    logits,
    places.map((place) => labels[place] ?? 0),
  );
  return tf.concat1d([losses, tf.cast(tf.greaterEqual(leads, 0), 'float32')]);
}

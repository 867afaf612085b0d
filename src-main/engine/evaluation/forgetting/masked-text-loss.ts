import * as tf from '@tensorflow/tfjs-core';
import { stateTensors } from '../../adapters/passes/tidy-hidden-states.ts';
import { deviceInputs } from '../../losses/batch-inputs.ts';
import { loadMaskedHead } from '../../models/encoder/masked-head.ts';
import { notFiniteOutputs } from '../../tasks/shared/head-outputs.ts';
import { encoderInputs } from '../../tasks/shared/pad-rows.ts';
import { joinArrays } from '../../tensors/join-arrays.ts';
import { loadTokenizer } from '../../tokenization/tokenizer.ts';
import { hashOf, inBatches, meanOf, type OpenForgettingMeasure } from './measure.ts';
import { neutralParagraphs } from './neutral-text.ts';

const [paragraphs, maxLength, rowsAtOnce] = [32, 128, 8];
/** 15 % of the tokens, as in BERT's pre-training (Devlin et al. 2019, section 3.1), at fixed places. */
const everyMasked = 7;

/**
 * Mean loss of an encoder's own masked-language head on the neutral text, in nats per masked token: every seventh token
 * is replaced by the mask. For checkpoints of pre-training that keep that head.
 */
export const maskedTextLoss: OpenForgettingMeasure = async ({ base, modelDirectory, neutral }) => {
  const { kind, text, image } = base.description;
  // With a classifier, the last layer computes the first token alone.
  if (kind !== 'embedding' || text === null || image !== null) return null;
  const head = await loadMaskedHead(base, modelDirectory);
  if (head === null) return null;
  const tokenizer = await loadTokenizer(modelDirectory);
  const mask = tokenizer.special('mask')?.id;
  if (mask === undefined) {
    head.dispose();
    return null;
  }
  const limit = Math.min(maxLength, text.maxPositions);
  const rows = (await neutralParagraphs(neutral)).slice(0, paragraphs).map((paragraph) => {
    const { ids, typeIds } = tokenizer.encode(paragraph, { maxLength: limit });
    // The special tokens at both ends stay.
    const places = Array.from(ids.keys()).filter((at) => at > 0 && at < ids.length - 1 && at % everyMasked === 0);
    const masked = Int32Array.from(ids, (id, at) => (places.includes(at) ? mask : id));
    return { ids: masked, marks: Uint8Array.from(typeIds), places, answers: places.map((at) => ids[at] ?? 0) };
  });
  const batches = inBatches(rows, rowsAtOnce);
  return {
    id: 'masked-text-loss',
    count: rows.reduce((sum, { places }) => sum + places.length, 0),
    inputsHash: hashOf(...rows.map(({ ids }) => ids), ...rows.map(({ answers }) => Int32Array.from(answers))),
    async outputs(model, { onProgress }) {
      const losses: Float32Array[] = [];
      for (const [done, batch] of batches.entries()) {
        await onProgress(done, batches.length);
        const width = batch.reduce((longest, { ids }) => Math.max(longest, ids.length), 0);
        const device = deviceInputs(encoderInputs(batch, tokenizer.paddingId));
        const places = batch.flatMap((row, at) => row.places.map((place) => at * width + place));
        const states = model.states(device);
        const scored = head.losses(
          states.hidden,
          Int32Array.from(places),
          Int32Array.from(batch.flatMap(({ answers }) => answers)),
        );
        try {
          const values = await scored.data<'float32'>();
          if (!values.every(Number.isFinite)) throw notFiniteOutputs();
          losses.push(Float32Array.from(values));
        } finally {
          tf.dispose([...stateTensors(states), ...Object.values(device), scored]);
        }
      }
      return joinArrays(Float32Array, losses);
    },
    value: meanOf,
    dispose: () => head.dispose(),
  };
};

import * as tf from '@tensorflow/tfjs-core';
import { stateTensors } from '../../adapters/passes/tidy-hidden-states.ts';
import { deviceInputs } from '../../losses/batch-inputs.ts';
import { languageBatch } from '../../tasks/shared/pad-rows.ts';
import { tokenScores } from '../../tasks/shared/token-scores.ts';
import { joinArrays } from '../../tensors/join-arrays.ts';
import { loadTokenizer } from '../../tokenization/tokenizer.ts';
import { hashOf, inBatches, meanOf, type OpenForgettingMeasure } from './measure.ts';
import { neutralParagraphs } from './neutral-text.ts';

/** Tokens of the neutral text, and of a window that the model reads at once. */
const [tokens, window] = [2048, 128];
const rowsAtOnce = 16;

/** Mean loss of a language model over the tokens of the neutral text, window by window, in nats. */
export const textLoss: OpenForgettingMeasure = async ({ base, modelDirectory, neutral }) => {
  const { kind, text } = base.description;
  if (kind !== 'causal-lm' || text === null) return null;
  const tokenizer = await loadTokenizer(modelDirectory);
  const ids: number[] = [];
  for (const paragraph of await neutralParagraphs(neutral))
    if (ids.length < tokens) ids.push(...tokenizer.encode(`${paragraph}\n`, { addSpecialTokens: false }).ids);
  // Models that always read a begin token expect it in front of every text.
  const begin = tokenizer.special('bos')?.id;
  const prefix = begin !== undefined && tokenizer.encode('a').ids[0] === begin ? [begin] : [];
  const width = Math.min(window, text.maxPositions - prefix.length);
  const rows = Array.from({ length: Math.floor(Math.min(tokens, ids.length) / width) }, (_, row) => {
    const own = Int32Array.from([...prefix, ...ids.slice(row * width, (row + 1) * width)]);
    return { ids: own, marks: new Uint8Array(own.length).fill(1) };
  });
  const batches = inBatches(rows, rowsAtOnce).map((some) => languageBatch(some, tokenizer.paddingId));
  return {
    id: 'text-loss',
    count: rows.reduce((sum, row) => sum + row.ids.length - 1, 0),
    inputsHash: hashOf(...rows.map((row) => row.ids)),
    async outputs(model, { onProgress }) {
      const losses: Float32Array[] = [];
      for (const [done, { inputs, loss }] of batches.entries()) {
        await onProgress(done, batches.length);
        const device = deviceInputs(inputs);
        const states = model.states(device);
        try {
          losses.push((await tokenScores(model, states, loss.labels)).losses);
        } finally {
          tf.dispose([...stateTensors(states), ...Object.values(device)]);
        }
      }
      return joinArrays(Float32Array, losses);
    },
    value: meanOf,
    dispose: () => undefined,
  };
};

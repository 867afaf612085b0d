import type { BatchInputs } from '../../losses/batch-inputs.ts';
import { encoderInputs } from '../../tasks/shared/pad-rows.ts';
import { loadTokenizer } from '../../tokenization/tokenizer.ts';
import { hashOf, inBatches, type MeasureMaterial } from './measure.ts';
import { neutralSentences } from './neutral-text.ts';

const sentences = 128;
const rowsAtOnce = 32;
const maxLength = 128;

/** Sentences of the neutral text as an encoder reads them, longest first. */
export interface SentenceBatches {
  readonly count: number;
  readonly batches: readonly BatchInputs[];
  readonly inputsHash: string;
}

export async function sentenceBatches({ base, modelDirectory, neutral }: MeasureMaterial): Promise<SentenceBatches> {
  const tokenizer = await loadTokenizer(modelDirectory);
  const limit = Math.min(maxLength, base.description.text?.maxPositions ?? maxLength);
  const rows = (await neutralSentences(neutral, sentences))
    .map((sentence) => tokenizer.encode(sentence, { maxLength: limit }))
    .map(({ ids, typeIds }) => ({ ids: Int32Array.from(ids), marks: Uint8Array.from(typeIds) }))
    .sort((one, other) => other.ids.length - one.ids.length);
  return {
    count: rows.length,
    batches: inBatches(rows, rowsAtOnce).map((some) => encoderInputs(some, tokenizer.paddingId)),
    inputsHash: hashOf(...rows.map(({ ids }) => ids)),
  };
}

import type { Outcomes, Score } from '../domain/studies/plan.ts';
import type { ExampleMetricId } from '../metrics/index.ts';
import { loss } from '../metrics/loss.ts';

/** One value an example, and what each counts in the mean that is the metric. */
export interface ExampleValues {
  readonly values: Float32Array;
  /** For language models the example's tokens; null: all count the same. */
  readonly weights: Uint32Array | null;
}

/** Outcomes before they are encoded, all in the order of the evaluated indices. */
export interface ExampleOutcomes {
  /** Mean loss of each example. */
  readonly losses: Float32Array;
  /** 1: right, 0: wrong; null without classes. */
  readonly correct: Uint8Array | null;
  /** For language models: the tokens of each example in the loss, and those of the highest logit among them. */
  readonly tokens: { readonly counted: Uint32Array; readonly right: Uint32Array } | null;
}

type ScoreOutcomes = Pick<Score, 'examples' | 'outcomes'>;

export function encodeOutcomes({ losses, correct, tokens }: ExampleOutcomes): Outcomes {
  return {
    losses: toBase64(losses),
    correct: correct === null ? null : toBase64(toBits(correct)),
    tokens: tokens === null ? null : { counted: toBase64(tokens.counted), right: toBase64(tokens.right) },
  };
}

/** @throws RangeError if the outcomes are not of `examples` examples */
export function decodeOutcomes({ losses, correct, tokens }: Outcomes, examples: Score['examples']): ExampleOutcomes {
  const words = (field: string, text: string) => new Uint32Array(bytesOf(field, text, 4 * examples).buffer);
  return {
    losses: new Float32Array(bytesOf('losses', losses, 4 * examples).buffer),
    correct: correct === null ? null : fromBits(bytesOf('correct', correct, Math.ceil(examples / 8)), examples),
    tokens:
      tokens === null
        ? null
        : { counted: words('tokens.counted', tokens.counted), right: words('tokens.right', tokens.right) },
  };
}

/**
 * Returns 1 for each correct example and 0 for each wrong one, in evaluation order; the mean is the accuracy. Null
 * without classes, and for scores of earlier versions.
 * @throws RangeError if the outcomes are not of as many examples as the score
 */
export function correctOf({ outcomes, examples }: ScoreOutcomes): Uint8Array | null {
  return outcomes === undefined ? null : decodeOutcomes(outcomes, examples).correct;
}

/**
 * The loss of each example, in the order of the evaluated indices. Null for scores of earlier versions.
 * @throws RangeError if the outcomes are not of as many examples as the score
 */
export function lossesOf({ outcomes, examples }: ScoreOutcomes): Float32Array | null {
  return outcomes === undefined ? null : decodeOutcomes(outcomes, examples).losses;
}

/**
 * The values whose (weighted) mean over examples is the score's accuracy or loss, as a bootstrap resamples them. Null
 * where the metric is none, and for scores of earlier versions.
 * @throws RangeError if the outcomes are not of as many examples as the score
 */
export function exampleValues({ outcomes, examples }: ScoreOutcomes, metric: ExampleMetricId): ExampleValues | null {
  if (outcomes === undefined) return null;
  const { losses, correct, tokens } = decodeOutcomes(outcomes, examples);
  const weights = tokens?.counted ?? null;
  if (metric === loss.id) return { values: losses, weights };
  if (correct !== null) return { values: Float32Array.from(correct), weights: null };
  if (tokens === null) return null;
  // Every example of a language model has a token in the loss.
  return { values: Float32Array.from(tokens.right, (right, at) => right / (tokens.counted[at] ?? 1)), weights };
}

function toBits(flags: Uint8Array): Uint8Array {
  const bits = new Uint8Array(Math.ceil(flags.length / 8));
  for (const [at, flag] of flags.entries()) if (flag !== 0) bits[at >> 3] = (bits[at >> 3] ?? 0) | (1 << (at & 7));
  return bits;
}

function fromBits(bits: Uint8Array, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, at) => ((bits[at >> 3] ?? 0) >> (at & 7)) & 1);
}

function toBase64(values: Float32Array | Uint32Array | Uint8Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  let binary = '';
  // More arguments would overflow the stack.
  for (let start = 0; start < bytes.length; start += 8192)
    binary += String.fromCharCode(...bytes.subarray(start, start + 8192));
  return btoa(binary);
}

function bytesOf(field: string, text: string, length: number): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  if (binary.length !== length)
    throw new RangeError(`outcomes.${field} has ${binary.length} bytes where ${length} were expected.`);
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

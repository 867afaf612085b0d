import type { Members } from './outcome-type.ts';

/** Negative logarithm; a probability that underflowed to zero would make the whole mean infinite. */
export function negativeLog(probability: number): number {
  return -Math.log(Math.max(probability, Number.MIN_VALUE));
}

/** Softmax of each row of [examples, classCount], in double precision. */
export function softmaxRows(logits: Float32Array | Float64Array, classCount: number): Float64Array {
  const probabilities = new Float64Array(logits.length);
  for (let start = 0; start < logits.length; start += classCount) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let at = start; at < start + classCount; at++) largest = Math.max(largest, logits[at] ?? 0);
    let sum = 0;
    for (let at = start; at < start + classCount; at++) {
      const value = Math.exp((logits[at] ?? 0) - largest);
      probabilities[at] = value;
      sum += value;
    }
    for (let at = start; at < start + classCount; at++) probabilities[at] = (probabilities[at] ?? 0) / sum;
  }
  return probabilities;
}

/** Mean of the members' values by their shares, entry by entry. */
export function meanByShare<Outputs>(
  members: Members<Outputs>,
  valuesOf: (outputs: Outputs) => Float64Array | Float32Array,
): Float64Array {
  const parts = members.map(({ outputs, share }) => ({ values: valuesOf(outputs), share }));
  const mean = new Float64Array(parts[0]?.values.length ?? 0);
  for (const { values, share } of parts)
    for (const [at, value] of values.entries()) mean[at] = (mean[at] ?? 0) + share * value;
  return mean;
}

import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import type { RandomStream } from '../../../src-shared/random.ts';
import { logitsProcessors } from './processors/index.ts';

/**
 * The next token of a row.
 * @param scores logits [vocabulary]; changed in place.
 * @param tokens all tokens of the row so far.
 * @param random draws the token; unused at temperature 0, where the most likely token is taken, the first of equals.
 * @throws StudioError not_finite if a score is not a number.
 */
export function chooseToken(
  scores: Float32Array,
  tokens: readonly number[],
  parameters: ParameterValues,
  random: RandomStream,
): number {
  const isGreedy = Number(parameters['temperature']) === 0;
  for (const { parameter, greedyToo, isOff, process } of logitsProcessors) {
    const value = Number(parameters[parameter.name] ?? parameter.default);
    if ((!isGreedy || greedyToo) && !isOff(value)) process(scores, value, tokens);
  }
  return isGreedy ? likeliest(scores) : draw(scores, random);
}

function likeliest(scores: Float32Array): number {
  let best = -1;
  let highest = Number.NEGATIVE_INFINITY;
  for (let token = 0; token < scores.length; token++) {
    const score = scores[token] ?? Number.NaN;
    if (!(score > highest)) continue;
    best = token;
    highest = score;
  }
  if (best < 0 || highest === Number.POSITIVE_INFINITY)
    throw new StudioError(
      'not_finite',
      'The model gives no finite logits for the next token.',
      'Its weights or the adapter hold values that are not finite, or the training of the adapter diverged.',
    );
  return best;
}

/** By the probabilities softmax(scores). */
function draw(scores: Float32Array, random: RandomStream): number {
  const best = likeliest(scores);
  const highest = scores[best] ?? 0;
  let total = 0;
  for (const score of scores) total += Math.exp(score - highest);
  let left = random.uniform() * total;
  for (let token = 0; token < scores.length; token++) {
    left -= Math.exp((scores[token] ?? 0) - highest);
    if (left < 0) return token;
  }
  return best;
}

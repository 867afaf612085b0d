import { describe, expect, it } from 'vitest';
import { chooseToken } from '../../../src-main/engine/generation/choose-token.ts';
import { minP } from '../../../src-main/engine/generation/processors/min-p.ts';
import type { LogitsProcessor } from '../../../src-main/engine/generation/processors/processor.ts';
import { repetitionPenalty } from '../../../src-main/engine/generation/processors/repetition-penalty.ts';
import { temperature } from '../../../src-main/engine/generation/processors/temperature.ts';
import { topK } from '../../../src-main/engine/generation/processors/top-k.ts';
import { topP } from '../../../src-main/engine/generation/processors/top-p.ts';
import { RandomStream } from '../../../src-shared/random.ts';

const out = Number.NEGATIVE_INFINITY;

function processed(
  processor: LogitsProcessor,
  value: number,
  scores: readonly number[],
  tokens: number[] = [],
): number[] {
  const changed = Float32Array.from(scores);
  processor.process(changed, value, tokens);
  return [...changed];
}

/** Logits of these probabilities. */
function logits(...probabilities: number[]): number[] {
  return probabilities.map((probability) => Math.fround(Math.log(probability)));
}

describe('each processor, by hand', () => {
  it('repetition_penalty divides what is positive and multiplies what is negative, once a token', () => {
    expect(processed(repetitionPenalty, 2, [3, -1, 4, 0], [0, 1, 0, 3])).toEqual([1.5, -2, 4, 0]);
  });

  it('temperature divides', () => {
    expect(processed(temperature, 0.5, [1, -2])).toEqual([2, -4]);
  });

  it('top_k keeps the k largest, and what equals the last of them', () => {
    expect(processed(topK, 2, [1, 4, 3, 2])).toEqual([out, 4, 3, out]);
    expect(processed(topK, 2, [3, 4, 3, 2])).toEqual([3, 4, 3, out]);
    expect(processed(topK, 9, [1, 2])).toEqual([1, 2]);
    const many = Array.from({ length: 5000 }, (_, index) => (index * 2741) % 5000);
    expect(
      processed(topK, 50, many)
        .filter((score) => score > out)
        .sort((a, b) => a - b)[0],
    ).toBe(4950);
  });

  it('top_p keeps the likeliest until they reach p, never none', () => {
    const scores = logits(0.5, 0.1, 0.3, 0.06, 0.04);
    const kept = (p: number) => processed(topP, p, scores).flatMap((score, token) => (score > out ? [token] : []));
    expect(kept(0.75)).toEqual([0, 2]);
    expect(kept(0.85)).toEqual([0, 1, 2]);
    expect(kept(0.45)).toEqual([0]);
    expect(kept(0)).toEqual([0]);
  });

  it('min_p keeps what is at least so many times as likely as the likeliest', () => {
    expect(processed(minP, 0.25, logits(0.5, 0.1, 0.3, 0.1)).map((score) => score > out)).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});

describe('the next token', () => {
  const random = () => RandomStream.seeded(7, 'generation');

  it('is the likeliest at temperature 0, after the penalty alone', () => {
    const parameters = { temperature: 0, top_k: 1, repetition_penalty: 2 };
    expect(chooseToken(Float32Array.of(5, 4, 1), [0], parameters, random())).toBe(1);
  });

  it('is drawn with the probabilities of the processed scores', () => {
    const stream = random();
    const counts = [0, 0, 0, 0];
    const draws = 20_000;
    // Temperature 0.5 squares 4 : 2 : 1 : 1; the top three of it are 16 : 4 : 1 and its equal.
    for (let index = 0; index < draws; index++) {
      const parameters = { temperature: 0.5, top_k: 2, top_p: 1, min_p: 0 };
      const token = chooseToken(Float32Array.from(logits(0.5, 0.25, 0.125, 0.125)), [], parameters, stream);
      counts[token] = (counts[token] ?? 0) + 1;
    }
    expect(counts.slice(2)).toEqual([0, 0]);
    // Five standard deviations of a share of 0.8.
    expect(Math.abs((counts[0] ?? 0) / draws - 0.8)).toBeLessThan(5 * Math.sqrt((0.8 * 0.2) / draws));
  });

  it('is refused where there are no numbers', () => {
    expect(() => chooseToken(Float32Array.of(Number.NaN, Number.NaN), [], { temperature: 1 }, random())).toThrow(
      'no finite logits',
    );
  });
});

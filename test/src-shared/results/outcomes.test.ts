import { expect, it } from 'vitest';
import { type Score, scoreSchema } from '../../../src-shared/domain/studies/plan.ts';
import { correctOf, encodeOutcomes, exampleValues, lossesOf } from '../../../src-shared/results/outcomes.ts';

const plain: Score = { accuracy: 0.5, loss: 1, metrics: {}, examples: 10, kept: null, total: null };

it('encodes little-endian values and bits, and reads back the same', () => {
  const correct = Uint8Array.of(1, 0, 0, 1, 1, 0, 1, 0, 1, 0);
  const losses = Float32Array.from({ length: 10 }, (_, at) => at / 3);
  const outcomes = encodeOutcomes({ losses, correct, tokens: null });
  // Bits 0, 3, 4 and 6, then bit 0: 0x59, 0x01.
  expect(outcomes.correct).toBe(Buffer.from([0x59, 0x01]).toString('base64'));
  expect(Buffer.from(outcomes.losses, 'base64').readFloatLE(4)).toBeCloseTo(1 / 3, 7);
  const score = scoreSchema.parse({ ...plain, outcomes });
  expect(correctOf(score)).toEqual(correct);
  expect(lossesOf(score)).toEqual(losses);
});

it('reads many examples', () => {
  const losses = Float32Array.from({ length: 30_000 }, (_, at) => Math.sin(at));
  const outcomes = encodeOutcomes({ losses, correct: null, tokens: null });
  expect(lossesOf({ examples: 30_000, outcomes })).toEqual(losses);
  expect(correctOf({ examples: 30_000, outcomes })).toBeNull();
});

it('a score of an earlier version has none; outcomes of another number of examples are refused', () => {
  const old = scoreSchema.parse(plain);
  expect([correctOf(old), lossesOf(old), exampleValues(old, 'loss')]).toEqual([null, null, null]);
  const outcomes = encodeOutcomes({ losses: new Float32Array(9), correct: new Uint8Array(17), tokens: null });
  expect(() => lossesOf({ ...plain, outcomes })).toThrow('outcomes.losses has 36 bytes where 40 were expected');
  expect(() => correctOf({ examples: 9, outcomes })).toThrow('outcomes.correct has 3 bytes where 2 were expected');
});

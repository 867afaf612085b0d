import { expect, test } from 'vitest';
import { lastReadable, readableTokens } from '../../../src-main/engine/routing/readable-tokens.ts';

const ids = { shape: [2, 5], data: new Int32Array(10) };
const padding = { shape: [2, 5], data: Int32Array.of(1, 1, 1, 1, 1, 1, 1, 1, 0, 0) };

test('a router reads up to the token that the answer follows, and no padding', () => {
  const labels = Int32Array.of(-100, -100, 7, 8, 9, -100, 3, 4, -100, -100);
  const readable = readableTokens({ input_ids: ids, attention_mask: padding }, labels);
  expect(readable?.mask).toEqual(Float32Array.of(1, 1, 1, 0, 0, 1, 1, 0, 0, 0));
  expect(readable && lastReadable(readable)).toEqual(Int32Array.of(2, 6));
});

test('a router reads a text without answers to its end', () => {
  const readable = readableTokens({ input_ids: ids, attention_mask: padding }, null);
  expect(readable?.mask).toEqual(Float32Array.of(1, 1, 1, 1, 1, 1, 1, 1, 0, 0));
});

test('images have no tokens to read', () => {
  expect(readableTokens({ pixel_values: { shape: [1, 3, 2, 2], data: new Float32Array(12) } }, null)).toBeNull();
});

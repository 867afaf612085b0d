import { expect, it } from 'vitest';
import { outOfMemoryAt } from '../../../src-main/engine/training/out-of-memory.ts';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { classBatch, tokenBatch } from '../batches.ts';

const texts = (batch: number, tokens: number) =>
  tokenBatch(
    {
      input_ids: { shape: [batch, tokens], data: new Int32Array(batch * tokens) },
      attention_mask: { shape: [batch, tokens], data: new Int32Array(batch * tokens) },
    },
    new Int32Array(batch * tokens),
  );

it('names the step, the largest micro-batch and the way out', () => {
  const thrown = new StudioError('out_of_memory', 'no memory for 4096 bytes', null, 'stack');
  const error = outOfMemoryAt(thrown, 'step 3 of 9', [texts(4, 100), texts(4, 512)]);
  expect(error).toMatchObject({
    code: 'out_of_memory',
    message: 'There was no memory left in step 3 of 9, for micro-batches of 4 × 512 tokens.',
    hint: expect.stringContaining('gradient_checkpointing'),
    details: 'no memory for 4096 bytes\nstack',
  });
});

it('knows the words of libraries, and leaves other errors alone', () => {
  const images = classBatch({ pixel_values: { shape: [2, 3, 4, 4], data: new Float32Array(96) } }, new Int32Array(2));
  expect(outOfMemoryAt(new Error('std::bad_alloc'), 'step 1 of 2', [images])).toMatchObject({
    message: 'There was no memory left in step 1 of 2, for micro-batches of 2 × 3 × 4 × 4 values.',
  });
  const other = new Error('something else');
  expect(outOfMemoryAt(other, 'step 1 of 2', [images])).toBe(other);
});

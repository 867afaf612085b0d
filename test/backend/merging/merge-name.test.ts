import { expect, test } from 'vitest';
import { folderName } from '../../../src-main/backend/library/models/models.ts';
import { describeInputs } from '../../../src-main/backend/merging/handlers.ts';

test('the name of a merge has the parts that its adapters share once', () => {
  expect(describeInputs(['LoRA + CoTo · tickets · seed 2', 'LoRA + CoTo · tickets · seed 1'])).toBe(
    'LoRA + CoTo · tickets · seed 2 + seed 1',
  );
  expect(describeInputs(['LoRA · seed 1', 'DoRA · seed 1'])).toBe('LoRA · seed 1 + DoRA · seed 1');
  expect(describeInputs(['LoRA', 'LoRA · seed 1'])).toBe('LoRA + LoRA · seed 1');
  expect(describeInputs(['mine', 'mine'])).toBe('mine + mine');
  expect(describeInputs(['a', 'b', 'c', 'd', 'e'])).toBe('a and 4 more');
});

test('a model in a folder whose name tells nothing has the name of the folder around it', () => {
  expect(folderName('/home/me/my-bert/model')).toBe('my-bert');
  expect(folderName('/home/me/my-bert')).toBe('my-bert');
  expect(folderName('/model')).toBe('model');
});

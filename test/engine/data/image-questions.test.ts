import { describe, expect, test } from 'vitest';
import { describeDataset } from '../../../src-main/backend/library/datasets/describe-dataset.ts';
import { openDataset, openImages } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { goldenPath } from '../golden.ts';

const source = async (name: string, options: ParameterValues = {}) => ({
  ...(await detectReader(goldenPath('foreign-data', name))),
  options,
});

describe('images beside other columns', () => {
  test('with a fine and a coarse class are asked which one is learned', async () => {
    await expect(describeDataset(await source('two-labels.tar'))).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('several columns of classes: fine_label, coarse_label'),
      hint: 'Choose one: label=fine_label or label=coarse_label.',
    });
    expect((await describeDataset(await source('two-labels.tar', { label: 'coarse_label' }))).labels).toEqual([
      'flower',
    ]);
    // Datasets of older versions have the first one.
    expect((await openImages(await source('two-labels.tar'))).description.labels).toEqual(['rose']);
    await expect(openDataset(await source('two-labels.tar', { label: 'kind' }))).rejects.toThrow(
      'has no column "kind"',
    );
  });

  test('with captions alone, or with conversations, are rejected by name', async () => {
    await expect(openDataset(await source('captions.tar'))).rejects.toThrow('has images with texts (text)');
    await expect(openDataset(await source('talks.tar'))).rejects.toThrow('has images with conversations (messages)');
  });

  test('with classes and captions are learned by their classes only if that is chosen', async () => {
    await expect(describeDataset(await source('described.tar'))).rejects.toMatchObject({
      message: expect.stringContaining('images with texts (caption), which are not learned'),
      hint: 'To learn the classes alone, choose label=label.',
    });
    expect((await describeDataset(await source('described.tar', { label: 'label' }))).labels).toEqual(['field']);
  });
});

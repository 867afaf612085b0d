// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { ImageDuplicatesPanel } from '../../../../src-renderer/features/data/image-duplicates.tsx';
import { type DatasetRecord, datasetRecordSchema } from '../../../../src-shared/domain/data/dataset.ts';
import { backend } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const dataset = (duplicates?: DatasetRecord['description']['duplicates']): DatasetRecord =>
  datasetRecordSchema.parse({
    id: 'birds',
    name: 'Birds',
    bundled: false,
    licence: null,
    provenance: null,
    source: { reader: 'image-folder', path: '/birds' },
    description: {
      task: 'image-classification',
      labels: ['wren'],
      image: null,
      splits: [],
      problems: [],
      sizeBytes: 1,
      ...(duplicates ? { duplicates } : {}),
    },
    createdAt: 0,
  });

beforeEach(() => {
  backend.asked = [];
  backend.answers = { 'datasets.preview': () => [] };
});

test('duplicates have their counts, examples by their places, and the way out', async () => {
  const view = renderInWindow(
    <ImageDuplicatesPanel
      dataset={dataset({
        comparedImages: 60_000,
        withinTrain: 0,
        withinTest: 3,
        across: 2,
        nearComparedImages: 50_000,
        nearAcross: 1,
        pairs: [
          { kind: 'exact', one: { split: 'train', index: 4 }, other: { split: 'test', index: 0 } },
          { kind: 'near', one: { split: 'train', index: 7 }, other: { split: 'test', index: 9 } },
        ],
      })}
    />,
  );
  const rows = [...view.getByRole('table', { name: 'Duplicates' }).querySelectorAll('tr')].map(
    (row) => row.textContent,
  );
  expect(rows).toEqual([
    expect.stringMatching(/^2Train\/test leakageThe same pixels in both/),
    expect.stringMatching(/^1Near-duplicates across train and testThey look alike/),
    expect.stringMatching(/^3Duplicates in test/),
  ]);
  expect(view.getByText('Same pixels: train 5, test 1')).toBeTruthy();
  expect(view.getByText('Alike: train 8, test 10')).toBeTruthy();
  expect(view.getByText(/Remove the files that Problems names from one of the splits/)).toBeTruthy();
  await waitFor(() =>
    expect(backend.inputsOf('datasets.preview')).toEqual([
      { id: 'birds', split: 'train', indices: [4, 7] },
      { id: 'birds', split: 'test', indices: [0, 9] },
    ]),
  );
});

test('images that were not compared yet can be', async () => {
  const view = renderInWindow(<ImageDuplicatesPanel dataset={dataset()} />);
  fireEvent.click(view.getByRole('button', { name: 'Find duplicates' }));
  await waitFor(() => expect(backend.inputsOf('datasets.compareImages')).toEqual([{ id: 'birds' }]));
});

// @vitest-environment happy-dom
import { fireEvent, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { TextPanels } from '../../../../src-renderer/features/data/text-panels.tsx';
import { readingFacts } from '../../../../src-renderer/features/data/text-summary.ts';
import { datasetRecordSchema, noColumns } from '../../../../src-shared/domain/data/dataset.ts';
import { backend, catalog } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const similar = { labels: ['billing', 'Billing'], counts: [3, 1], isMerged: false };
const record = datasetRecordSchema.parse({
  id: 'dataset-1',
  name: 'tickets',
  bundled: false,
  licence: null,
  provenance: null,
  source: { reader: 'csv', path: '/data/tickets.csv', options: { steps: 'trim' } },
  createdAt: 1,
  description: {
    task: 'text',
    labels: ['Billing', 'billing'],
    image: null,
    text: {
      shape: 'columns',
      columnNames: ['text', 'label'],
      columns: { ...noColumns, text: 'text', label: 'label' },
      labelKind: 'classes',
      splitRule: 'by file',
      rowCount: 4,
      faultyRows: 0,
      accounting: {
        layout: null,
        columns: [],
        rows: { total: 4, train: 3, test: 1, repaired: [], leftOut: [] },
        labels: [similar],
        isWhole: true,
      },
      duplicates: {
        comparedRows: 4,
        withinTrain: 0,
        withinTest: 0,
        across: 1,
        nearComparedRows: 4,
        nearAcross: 1,
        pairs: [
          { kind: 'exact', train: null, test: 'row 4', text: 'my bill' },
          { kind: 'exact', train: 'row 7', test: null, text: 'my parcel' },
          { kind: 'near', train: 'row 1', test: 'row 5', text: 'my invoice' },
        ],
      },
    },
    splits: [],
    problems: [],
    sizeBytes: 10,
  },
});
const { text } = record.description;
if (text === null) throw new Error('the record has no text');

beforeEach(() => {
  backend.asked = [];
  backend.answers = { 'app.catalog': () => catalog, 'datasets.update': () => record };
});

const updates = () => backend.asked.filter(({ name }) => name === 'datasets.update').map(({ input }) => input);

test('rows in both splits are listed, and removed from train by steps of the dataset', async () => {
  const page = renderInWindow(<TextPanels dataset={record} text={text} />);
  const list = page.getByRole('list', { name: 'Rows in both splits' });
  expect(
    within(list)
      .getAllByRole('listitem')
      .map(({ textContent }) => textContent),
  ).toEqual([
    'Same text: train, test row 4: my bill',
    'Same text: train row 7, test: my parcel',
    'Nearly the same: train row 1, test row 5: my invoice',
  ]);
  fireEvent.click(page.getByRole('button', { name: 'Remove from train' }));
  await waitFor(() =>
    expect(updates()).toEqual([{ id: 'dataset-1', options: { steps: 'trim; drop-leaks; drop-near-leaks' } }]),
  );
});

test('columns that only the accounting knows to be used are not listed as unused', () => {
  const use = { filledRows: 4, sample: null, loses: null };
  const columns = [
    { ...use, name: 'split', use: 'used' as const, as: 'split' },
    { ...use, name: 'remark', use: 'unused' as const, as: 'short values' },
  ];
  const columnNames = ['text', 'label', 'split', 'remark'];
  const accounted = { ...text, columnNames, accounting: text.accounting && { ...text.accounting, columns } };
  expect(readingFacts(accounted)).toContainEqual({ label: 'Unused columns', value: 'remark' });
  const { accounting: _, ...older } = accounted;
  expect(readingFacts(older)).toContainEqual({ label: 'Unused columns', value: 'split, remark' });
});

test('labels that differ by their spelling are merged by a step of the dataset', async () => {
  const page = renderInWindow(<TextPanels dataset={record} text={text} />);
  fireEvent.click(page.getByRole('button', { name: 'Merge labels' }));
  await waitFor(() => expect(updates()).toEqual([{ id: 'dataset-1', options: { steps: 'trim; merge-labels' } }]));
});

test('a bundled dataset, or one without such labels and rows, has no buttons', () => {
  const bundled = renderInWindow(<TextPanels dataset={{ ...record, bundled: true }} text={text} />);
  expect(bundled.queryByRole('button', { name: 'Remove from train' })).toBeNull();
  expect(bundled.queryByRole('button', { name: 'Merge labels' })).toBeNull();
  bundled.unmount();
  const merged = {
    ...text,
    accounting: text.accounting && { ...text.accounting, labels: [{ ...similar, isMerged: true }] },
  };
  const clean = { ...merged, duplicates: { ...text.duplicates, across: 0, nearAcross: 0 } };
  const page = renderInWindow(<TextPanels dataset={record} text={clean} />);
  expect(page.queryByRole('button', { name: 'Remove from train' })).toBeNull();
  expect(page.queryByRole('button', { name: 'Merge labels' })).toBeNull();
});

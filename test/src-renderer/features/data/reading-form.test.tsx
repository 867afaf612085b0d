// @vitest-environment happy-dom
import { fireEvent, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { parseRoute } from '../../../../src-renderer/app/route-path.ts';
import { useRoute } from '../../../../src-renderer/app/routes.tsx';
import { ReadingForm } from '../../../../src-renderer/features/data/reading-form.tsx';
import { openReading, useReadings } from '../../../../src-renderer/features/data/reading-store.ts';
import { noColumns, textInspectionSchema } from '../../../../src-shared/domain/data/dataset.ts';
import { backend, catalog, dataset, textModel } from '../../fake-backend.ts';
import { fieldOf, renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const path = '/data/reviews.csv';
const inspection = textInspectionSchema.parse({
  columnNames: ['review', 'verdict'],
  columns: { ...noColumns, text: 'review', label: 'verdict' },
  isGuessed: true,
  split: { by: 'share', rule: 'a random fifth', column: null, values: [], testFile: null },
  misfit: null,
  rows: [{ kind: 'fault', where: 'row 6', message: 'empty' }],
  labelKind: 'classes',
  labels: ['bad', 'good'],
  rowsRead: 6,
  isWhole: true,
  problems: [],
});

const emptyExample = {
  split: 'train',
  textPair: null,
  label: null,
  choices: null,
  prompt: null,
  completion: null,
  messages: null,
} as const;

beforeEach(() => {
  backend.asked = [];
  backend.answers = {
    'app.catalog': () => catalog,
    'datasets.inspect': () => ({
      name: 'reviews',
      source: { reader: 'csv', path, options: {} },
      text: inspection,
    }),
  };
  openReading({ datasetId: null, path, reader: 'csv', name: 'reviews', kind: null, options: {} });
});

function Opened() {
  const [reading] = useReadings();
  return reading ? <ReadingForm reading={reading} /> : null;
}

test('columns that were detected say so; every option of the reader has a field, and one that is wrong is not asked about', async () => {
  const view = renderInWindow(<Opened />);
  await waitFor(() => expect(within(fieldOf(view, 'Text column').frame).getByText('detected')).toBeTruthy());
  for (const label of ['Pair column', 'Label column', 'Test share', 'Split seed', 'Separator'])
    expect(fieldOf(view, label).frame, label).toBeTruthy();
  const share = fieldOf(view, 'Test share');
  fireEvent.change(share.control, { target: { value: '0.5' } });
  await waitFor(() =>
    expect(backend.inputsOf('datasets.inspect')).toContainEqual({
      path,
      options: { test_fraction: 0.5, split_by: 'share' },
    }),
  );
  fireEvent.change(share.control, { target: { value: '5' } });
  expect(within(share.frame).getByRole('alert').textContent).toBe('Must be at most 1.');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(backend.inputsOf('datasets.inspect')).not.toContainEqual(
    expect.objectContaining({ options: expect.objectContaining({ test_fraction: 5 }) }),
  );
  expect(view.getByRole('button', { name: 'Add' })).toHaveProperty('disabled', true);
});

test('nothing is said to be missing before the file has been read once', async () => {
  delete backend.answers['datasets.inspect'];
  const view = renderInWindow(<Opened />);
  expect(await view.findByText('Reading the file…')).toBeTruthy();
  expect(view.queryByText(/Choose the column/)).toBe(null);
  expect(view.queryByText('Text column')).toBe(null);
});

test('before it is added, the rows are shown as a base model reads them, with the loss marked and tokens counted', async () => {
  const model = textModel('m', 'SmolLM2');
  const readable = { kind: 'example', example: { ...emptyExample, row: 'row 2', text: 'Fine' } } as const;
  backend.answers = {
    ...backend.answers,
    'datasets.inspect': () => ({
      name: 'reviews',
      source: { reader: 'csv', path, options: {} },
      text: { ...inspection, rows: [readable] },
    }),
    'models.list': () => [model],
    'datasets.inspectTokens': ({ place = 0 }) => ({
      rows: [
        { row: 'row 2', tokens: 7, counted: 3, problem: null },
        { row: 'row 3', tokens: 900, counted: 4, problem: null },
        { row: 'row 4', tokens: null, counted: 0, problem: 'The template refuses it.' },
      ],
      example: {
        text: `<|user|>Well ${place}`,
        written: 'template',
        counts: 'completion',
        tokens: [
          { id: 1, text: '<|user|>', counted: false },
          { id: 2, text: 'Well', counted: true },
        ],
        tokenCount: 7,
        countedCount: 3,
      },
      maxPositions: 2048,
    }),
  };
  const view = renderInWindow(<Opened />);
  await view.findByText('Text, in the chat template of SmolLM2');
  expect(view.getByText('7 tokens, 3 in the loss')).toBeTruthy();
  const shown = within(view.getByRole('list', { name: 'Tokens' })).getAllByRole('listitem');
  expect(shown.map((item) => item.hasAttribute('data-counted'))).toEqual([false, true]);
  expect(
    view.getByText(/The first 2 rows: median 900 · max 900 tokens\. 1 row would be truncated to 512 tokens/),
  ).toBeTruthy();
  expect(view.getByText(/The template refuses it\./)).toBeTruthy();
  fireEvent.click(view.getByRole('button', { name: 'Next row' }));
  await view.findByText('<|user|>Well 1');
  expect(backend.inputsOf('datasets.inspectTokens').at(-1)).toEqual({ path, options: {}, model: 'm', place: 1 });
});

test.each([
  ['#/data/reading/x', '#/data/d1'],
  ['#/train', '#/train'],
])('who is on %s when a file has been added is on %s then', async (address, after) => {
  const row = { kind: 'example', example: { ...emptyExample, row: 'row 2', text: 'Fine' } } as const;
  backend.answers['datasets.inspect'] = () => ({
    name: 'reviews',
    source: { reader: 'csv', path: '/data/reviews.csv', options: {} },
    text: { ...inspection, rows: [row] },
  });
  backend.answers['datasets.add'] = () => {
    window.location.hash = address;
    useRoute.setState(parseRoute(address), true);
    return dataset('d1', 'reviews');
  };
  const view = renderInWindow(<Opened />);
  const add = await view.findByRole('button', { name: 'Add' });
  await waitFor(() => expect(add).toHaveProperty('disabled', false));
  fireEvent.click(add);
  await waitFor(() => expect(useReadings.getState()).toEqual([]));
  await waitFor(() => expect(window.location.hash).toBe(after));
});

test('faulty rows that are too many to be skipped are not called skipped', async () => {
  const text = { ...inspection, faultyRows: 3, problems: [{ where: 'row 6', message: 'empty' }] };
  const source = { reader: 'csv', path, options: {} };
  backend.answers['datasets.inspect'] = () => ({ name: 'reviews', source, text });
  const view = renderInWindow(<Opened />);
  await waitFor(() => expect(view.getByText(/^too many rows to skip without asking;/)).toBeTruthy());
  expect(view.getByText(/^3 of the first 6 rows are faulty\./)).toBeTruthy();
  expect(view.queryByText(/these rows are skipped/)).toBeNull();
});

test('content without a role is a question that must be answered before the file is added', async () => {
  const account = (name: string, use: 'used' | 'question', as: string | null) => ({
    name,
    use,
    as,
    filledRows: 6,
    sample: use === 'used' ? null : 'It was a long way',
    loses: null,
  });
  const rows = { total: 6, train: 6, test: 0, repaired: [], leftOut: [] };
  const columns = [account('review', 'used', 'text'), account('reply', 'question', null)];
  backend.answers['datasets.inspect'] = ({ options }) => ({
    name: 'reviews',
    source: { reader: 'csv', path, options: {} },
    text: {
      ...inspection,
      rows: [{ kind: 'example', example: { ...emptyExample, row: 'row 1', text: 'Good', label: 'good' } }],
      accounting: {
        layout: null,
        columns: options?.['unused_columns'] === 'reply' ? columns.slice(0, 1) : columns,
        rows,
        labels: [],
        isWhole: true,
      },
    },
  });
  const view = renderInWindow(<Opened />);
  expect(await view.findByText('Choose the role of the column “reply”, or that it is not used.')).toBeTruthy();
  expect(view.getByRole('button', { name: 'Add' })).toHaveProperty('disabled', true);
  const table = within(view.getByRole('region', { name: 'Use of columns and rows' }));
  expect(table.getByText('column reply')).toBeTruthy();
  fireEvent.click(view.getByRole('combobox', { name: 'reply' }));
  fireEvent.click(await view.findByRole('option', { name: 'Not used' }));
  await waitFor(() => expect(view.getByRole('button', { name: 'Add' })).toHaveProperty('disabled', false));
  expect(backend.inputsOf('datasets.inspect')).toContainEqual({ path, options: { unused_columns: 'reply' } });
  expect(view.queryByText('Content without a role')).toBe(null);
});

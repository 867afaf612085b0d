// @vitest-environment happy-dom
import { fireEvent, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { blockersOf, focusField } from '../../../../src-renderer/features/train/blockers.ts';
import { resetForm, setField, useTrainForm } from '../../../../src-renderer/features/train/draft-store.ts';
import { ProblemPanel } from '../../../../src-renderer/features/train/problem-panel.tsx';
import { fieldLabels } from '../../../../src-renderer/features/train/run-fields.ts';
import { Steps } from '../../../../src-renderer/features/train/steps.tsx';
import { datasetRecordSchema } from '../../../../src-shared/domain/data/dataset.ts';
import { modelRecordSchema } from '../../../../src-shared/domain/models/model.ts';
import { backend, catalog } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const model = (id: string, bundled: boolean) =>
  modelRecordSchema.parse({
    id,
    name: id,
    path: `/${id}`,
    bundled,
    provenance: null,
    createdAt: 0,
    description: {
      family: 'llama',
      architecture: 'Llama',
      kind: 'causal-lm',
      parameterCount: 10,
      sizeBytes: 40,
      dtype: 'F32',
      layerCount: 2,
      hiddenSize: 4,
      labels: [],
      image: null,
      text: { vocabularySize: 10, maxPositions: 8 },
      linears: [],
      fingerprint: '',
    },
  });
const dataset = (id: string, bundled: boolean) =>
  datasetRecordSchema.parse({
    id,
    name: id,
    bundled,
    licence: null,
    provenance: null,
    source: { reader: 'idx', path: `/${id}` },
    description: {
      task: 'image-classification',
      labels: ['a', 'b'],
      image: null,
      splits: [{ name: 'train', exampleCount: 4, perLabel: [2, 2] }],
      problems: [],
      sizeBytes: 1,
    },
    createdAt: 0,
  });
const misfit = 'This model reads texts (causal-lm), but the dataset contains images.';

beforeEach(() => {
  resetForm();
  backend.answers = {
    'app.catalog': () => catalog,
    'models.fits': () => ({
      problem: null,
      datasets: [
        { id: 'pictures', reason: misfit },
        { id: 'bundled words', reason: null },
        { id: 'my words', reason: null },
      ],
    }),
  };
  setField('model', 'words');
});

const datasets = [dataset('pictures', false), dataset('bundled words', true), dataset('my words', false)];
const steps = () => (
  <Steps models={[model('words', true)]} datasets={datasets} variants={catalog.adapterVariants} problems={new Map()} />
);

test('data that the base cannot learn are grey with the reason, after those that fit, one’s own first', async () => {
  const view = renderInWindow(steps());
  fireEvent.click(view.getByRole('button', { name: /Data/ }));
  const list = await view.findByRole('list', { name: 'Choose a dataset' });
  await waitFor(() => expect(within(list).getByText(misfit)).toBeTruthy());
  const cards = within(list).getAllByRole('button');
  expect(
    cards.map((card) => [
      card.textContent?.match(/^(my words|bundled words|pictures)/)?.[0],
      card.hasAttribute('disabled'),
    ]),
  ).toEqual([
    ['my words', false],
    ['bundled words', false],
    ['pictures', true],
  ]);
  fireEvent.change(view.getByRole('textbox', { name: 'Filter datasets…' }), { target: { value: 'WORDS bundled' } });
  expect(within(list).getAllByRole('button')).toHaveLength(1);
  fireEvent.click(within(list).getByRole('button'));
  expect(useTrainForm.getState().draft['dataset']).toBe('bundled words');
});

test('a choice that no longer fits is said under its step', async () => {
  setField('dataset', 'pictures');
  const view = renderInWindow(steps());
  await waitFor(() => expect(view.getByRole('alert').textContent).toContain(misfit));
  expect(view.getByRole('button', { name: /Data/ }).getAttribute('aria-describedby')).toBe(view.getByRole('alert').id);
});

test('everything that keeps a run from starting is listed in the form’s order, and leads to its field', () => {
  const labels = fieldLabels(useTrainForm.getState().draft, catalog.adapterVariants);
  const blockers = blockersOf(
    new Map([
      ['learning_rate', 'Enter a number.'],
      ['adapter.r', 'Must be at least 1.'],
      ['dataset', misfit],
    ]),
    null,
    { text: '', problems: [{ line: 3, field: 'seed', message: 'Enter an integer.' }] },
    labels,
  );
  expect(blockers.map(({ label }) => label)).toEqual(['Data', 'Rank', 'Learning rate', 'YAML, line 3']);
  const view = renderInWindow(
    <>
      <div data-field="adapter.r">
        <input aria-label="Rank" />
      </div>
      <button type="button" data-field="dataset" />
      <ProblemPanel blockers={blockers} onCheckAgain={null} />
    </>,
  );
  fireEvent.click(view.getByRole('button', { name: 'Go to Rank' }));
  expect(document.activeElement).toBe(view.getByRole('textbox', { name: 'Rank' }));
  focusField('dataset');
  expect(document.activeElement?.getAttribute('data-field')).toBe('dataset');
  expect(blockersOf(new Map(), new Error('The backend quit.'), null, labels)).toEqual([
    { field: null, label: 'Run', message: 'The backend quit.' },
  ]);
});
